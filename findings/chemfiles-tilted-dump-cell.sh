#!/usr/bin/env bash
# chemfiles takes the bounding box of a tilted LAMMPS dump for its cell.
#
# Packages: chemfiles 0.10.4, ase 3.29.0, MDAnalysis 2.11.0, numpy 2.4.6
# Guess:    the cell of a dump with tilt factors is (lx, 0, 0), (xy, ly, 0), (xz, yz, lz), with lx
#           from the stated bounds less the tilts, as LAMMPS's manual defines its "BOX BOUNDS xy xz
#           yz" lines.
# Seen:     chemfiles uses the bounds as they stand. A cell of 12 Å with tilts of 2, 1.2 and 0.8 Å
#           comes out as 15.2 x 12.8 x 12 Å, 35 % too large a volume, and scaled coordinates are
#           multiplied by the wrong lengths: atoms are misplaced by ångströms. ASE and MDAnalysis
#           read the cell that was meant. Nothing is warned of.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  chemfiles==0.10.4 ase==3.29.0 MDAnalysis==2.11.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import ase
import ase.io
import chemfiles
import MDAnalysis
import numpy as np

warnings.simplefilter("ignore")
print("chemfiles", chemfiles.__version__, "- ase", ase.__version__, "- MDAnalysis", MDAnalysis.__version__)
cell = np.array([[12.0, 0, 0], [2.0, 12.0, 0], [1.2, 0.8, 12.0]])
scaled = np.array([[0.1, 0.2, 0.3], [0.5, 0.6, 0.7]])
# Bounds as LAMMPS writes them: the box around the tilted cell, origin at zero.
header = """ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS xy xz yz pp pp pp
0.0 15.2 2.0
0.0 12.8 1.2
0.0 12.0 0.8
ITEM: ATOMS id type {}
"""


def rows(positions):
    return "".join(f"{i + 1} 1 {x} {y} {z}\n" for i, (x, y, z) in enumerate(positions))


with open("real.lammpstrj", "w") as file:
    file.write(header.format("x y z") + rows(scaled @ cell))
with open("scaled.lammpstrj", "w") as file:
    file.write(header.format("xs ys zs") + rows(scaled))
print("guess: lengths and volume", np.linalg.norm(cell, axis=1).round(2), round(np.linalg.det(cell)))

with chemfiles.Trajectory("scaled.lammpstrj", "r", "LAMMPS") as trajectory:
    frame = trajectory.read()
    matrix = np.array(frame.cell.matrix).T
    error = np.abs(np.array(frame.positions) - scaled @ cell).max()
atoms = ase.io.read("scaled.lammpstrj", format="lammps-dump-text")
universe = MDAnalysis.Universe("real.lammpstrj", format="LAMMPSDUMP", topology_format="LAMMPSDUMP")
print("seen, chemfiles: lengths and volume", np.linalg.norm(matrix, axis=1).round(2), round(np.linalg.det(matrix)))
print("seen, chemfiles: scaled atoms misplaced by up to", round(float(error), 2), "A")
print("seen, ase:       volume", round(atoms.cell.volume), "- MDAnalysis: volume", round(universe.trajectory.ts.volume))
wrong = np.allclose(np.diag(matrix), [15.2, 12.8, 12.0]) and error > 1
right = np.allclose(atoms.cell.array, cell) and np.allclose(atoms.positions, scaled @ cell)
right = right and abs(universe.trajectory.ts.volume - 1728) < 0.01
print("as described" if wrong and right else "CHANGED")
sys.exit(0 if wrong and right else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

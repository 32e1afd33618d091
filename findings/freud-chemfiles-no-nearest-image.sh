#!/usr/bin/env bash
# In tilted cells the periodic distances of freud and chemfiles are not those to the nearest image.
#
# Packages: freud-analysis 3.4.0, chemfiles 0.10.4, MDAnalysis 2.11.0, ase 3.29.0, numpy 2.4.6
# Guess:    `Box.compute_all_distances` and `Frame.distance` give the distance to the nearest
#           periodic image, as MDAnalysis's `distance_array` and ASE's do, in every cell that LAMMPS
#           accepts (tilts up to half a length).
# Seen:     both round fractional coordinates, which finds the nearest image in upright cells only.
#           With tilts of 0.3 of a length a fifth of all distances are too long, by up to several
#           ångströms, and the two libraries are wrong in the same pairs. freud's own neighbour
#           queries, in the same box, find every pair within their radius.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  freud-analysis==3.4.0 chemfiles==0.10.4 MDAnalysis==2.11.0 ase==3.29.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import ase
import chemfiles
import freud
import MDAnalysis
import numpy as np
from ase.geometry import get_distances
from MDAnalysis.lib.distances import distance_array
from MDAnalysis.lib.mdamath import triclinic_box

warnings.simplefilter("ignore")
print("freud", freud.__version__, "- chemfiles", chemfiles.__version__, end=" - ")
print("MDAnalysis", MDAnalysis.__version__, "- ase", ase.__version__)
print("guess: all four agree with the nearest of 343 images")
rng = np.random.default_rng(1)
cell = np.array([[10, 0, 0], [3, 10, 0], [3, 3, 10.0]])
a, b = rng.random((60, 3)) @ cell, rng.random((60, 3)) @ cell
images = np.stack(np.meshgrid(*[range(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 3) @ cell
nearest = np.linalg.norm(b[None, :, None] - a[:, None, None] + images, axis=-1).min(-1)

box = freud.box.Box(10, 10, 10, 0.3, 0.3, 0.3)
frame = chemfiles.Frame()
frame.resize(120)
frame.positions[:] = np.vstack([a, b])
frame.cell = chemfiles.UnitCell(cell.T)
distances = {
    "freud": box.compute_all_distances(a, b),
    "chemfiles": np.array([[frame.distance(i, 60 + j) for j in range(60)] for i in range(60)]),
    "MDAnalysis": distance_array(a.astype("f4"), b.astype("f4"), box=triclinic_box(*cell)),
    "ase": get_distances(a, b, cell=cell, pbc=True)[1],
}
wrong = {name: found - nearest > 1e-3 for name, found in distances.items()}
for name, found in distances.items():
    print(f"seen, {name}: {wrong[name].mean():.0%} too long, by up to {(found - nearest).max():.2f} A")
radius = 4.2
query = freud.locality.AABBQuery(box, box.wrap(a)).query(box.wrap(b), {"r_max": radius}).toNeighborList()
print(f"seen, freud's query within {radius} A: {len(query)} pairs of {(nearest < radius).sum()}")
same = wrong["freud"].mean() > 0.1 and (wrong["freud"] == wrong["chemfiles"]).all()
same = same and not wrong["MDAnalysis"].any() and not wrong["ase"].any() and len(query) == (nearest < radius).sum()
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

#!/usr/bin/env bash
# A zarr array that is shortened and lengthened again shows values that were cut off.
#
# Packages: zarr 3.1.6, zarrs 0.2.3, numpy 2.4.6
# Guess:    what lies beyond the new end is gone after `resize`; growing again gives the fill value,
#           as a new array does.
# Seen:     only whole chunks beyond the end are removed. The rest of the chunk that the end cuts
#           keeps its old bytes and comes back: of ten numbers in chunks of four, cut to five,
#           numbers 5, 6 and 7 return and 8 and 9 do not. zarrs' codec pipeline does the same. A
#           store trimmed to its good rows and appended to later, where the append leaves a gap,
#           mixes rows of the discarded run into the new one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  zarr==3.1.6 zarrs==0.2.3 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from importlib.metadata import version

import numpy as np
import zarr

print(*(f"{name} {version(name)}" for name in ("zarr", "zarrs", "numpy")), sep=", ")
print("guess: after resize to 5 and back to 10, numbers 5 to 9 are the fill value -1")


def cut_and_grow(name, **layout):
    array = zarr.create_array(name, shape=(10,), dtype="f8", fill_value=-1, **layout)
    array[:] = np.arange(10.0)
    array.resize((5,))
    array.resize((10,))
    return array[:].astype(int).tolist()


seen = {"chunks of 4": cut_and_grow("a.zarr", chunks=(4,))}
seen["chunks of 1 in shards of 4"] = cut_and_grow("b.zarr", chunks=(1,), shards=(4,))
zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
seen["chunks of 4, zarrs"] = cut_and_grow("c.zarr", chunks=(4,))
for layout, values in seen.items():
    print(f"seen, {layout}: {values}")
same = all(values == [0, 1, 2, 3, 4, 5, 6, 7, -1, -1] for values in seen.values())
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

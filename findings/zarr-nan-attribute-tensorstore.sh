#!/usr/bin/env bash
# One attribute that is not a number makes a whole zarr array unreadable for tensorstore.
#
# Packages: zarr 3.1.6, tensorstore 0.1.86, xarray 2026.9.0, numpy 2.4.6
# Guess:    zarr refuses an attribute that JSON cannot hold, or encodes it (as it encodes a fill
#           value of NaN: "NaN", with quotes); the array itself stays readable for everybody.
# Seen:     zarr and xarray write the bare word NaN into zarr.json, without a warning, and read it
#           back. That file is no JSON any more: tensorstore refuses the array ("Invalid JSON"),
#           data and all. A fill value of NaN is fine. Fit results and tolerances kept as attributes
#           are NaN easily.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  zarr==3.1.6 tensorstore==0.1.86 xarray==2026.9.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import json
import sys
from importlib.metadata import version

import numpy as np
import tensorstore
import xarray as xr
import zarr

print(*(f"{name} {version(name)}" for name in ("zarr", "tensorstore", "xarray", "numpy")), sep=", ")
print("guess: an attribute NaN is refused or encoded, and tensorstore reads the array")


def read(path):
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}
    try:
        return tensorstore.open(spec).result().read().result().tolist()
    except ValueError as error:
        return "Invalid JSON" if "Invalid JSON" in str(error) else repr(error)


def is_json(path):
    def refuse(word):
        raise ValueError(word)

    try:
        json.load(open(path), parse_constant=refuse)
    except ValueError:
        return False
    return True


array = zarr.create_array("a.zarr", shape=(3,), dtype="f8", fill_value=np.nan)
array[:2] = 1.0
before = read("a.zarr")
array.attrs["slope"] = float("nan")
after = read("a.zarr")
back = zarr.open_array("a.zarr").attrs["slope"]
xr.Dataset({"v": ("run", np.ones(3), {"slope": np.nan})}).to_zarr("b.zarr", consolidated=False)
by_xarray = read("b.zarr/v")
print("seen, tensorstore with a fill value of NaN:", before)
print("seen, tensorstore with an attribute NaN:", after)
print("seen, the same written by xarray:", by_xarray)
print("seen, zarr reads the attribute back as", back, "- zarr.json is JSON:", is_json("a.zarr/zarr.json"))
same = before[:2] == [1.0, 1.0] and after == by_xarray == "Invalid JSON" and back != back
same = same and not is_json("a.zarr/zarr.json")
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

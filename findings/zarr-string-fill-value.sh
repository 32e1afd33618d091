#!/usr/bin/env bash
# xarray copies text with a `_FillValue` from netCDF to a zarr v3 store that it can't open again; `missing_value` works.
#
# Packages: xarray 2026.9.0, zarr 3.1.6, h5netcdf 1.8.2, h5py 3.16.0, numpy 2.4.6
# Guess:    `_FillValue` and `missing_value`, CF's two attributes for "nothing here", do the same for text as they do in
#           netCDF and zarr v2: such values are read as NaN in an array of objects.
# Seen:     text with `_FillValue` that was read from netCDF is written to zarr v3 without a word, and `open_zarr` of
#           that store raises ValueError ("Unsupported dtype <U5"), with `mask_and_scale=False` and with
#           `drop_variables` of that very variable too: one such variable closes the whole dataset. Zarr itself reads
#           all values. The same text as objects made in memory is refused by `to_zarr`, and a store that zarr wrote
#           with that attribute by `open_zarr`. netCDF, zarr v2, and `missing_value` in v3 work.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  xarray==2026.9.0 zarr==3.1.6 h5netcdf==1.8.2 h5py==3.16.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

import numpy as np
import xarray as xr
import zarr

warnings.simplefilter("ignore")
print(*(f"{name} {version(name)}" for name in ("xarray", "zarr", "h5netcdf", "numpy")), sep=", ")
print("guess: alpha, nan, beta each time")
TEXT = np.array(["alpha", "", "beta"], dtype=object)


def through_netcdf(dataset):
    dataset.to_netcdf("a.nc", engine="h5netcdf")
    return xr.open_dataset("a.nc", engine="h5netcdf").load()


def through_zarr(dataset, zarr_format):
    dataset.to_zarr("a.zarr", mode="w", consolidated=False, zarr_format=zarr_format)
    return xr.open_zarr("a.zarr", consolidated=False).load()


def by_zarr_itself(attribute):
    array = zarr.open_group("b.zarr", mode="w", zarr_format=3).create_array(
        "phase", shape=3, dtype="string", dimension_names=["run"], attributes={attribute: ""}
    )
    array[:] = TEXT
    return xr.open_zarr("b.zarr", consolidated=False).load()


seen = {}
for attribute in ("_FillValue", "missing_value"):
    made = xr.Dataset({"phase": ("run", TEXT, {attribute: ""})})
    for way, call in {
        "netCDF": lambda: through_netcdf(made),
        "zarr v2": lambda: through_zarr(made, 2),
        "zarr v3": lambda: through_zarr(made, 3),
        "netCDF to zarr v3": lambda: through_zarr(through_netcdf(made), 3),
        "zarr v3 written by zarr": lambda: by_zarr_itself(attribute),
    }.items():
        try:
            seen[attribute, way] = str(call().phase.values.tolist())
        except ValueError as error:
            seen[attribute, way] = f"ValueError: {error}"
        print(f"seen, {attribute}, {way}: {seen[attribute, way]}")
broken = {key for key, value in seen.items() if "Unsupported dtype" in value}
same = broken == {key for key in seen if key[0] == "_FillValue" and "v3" in key[1]} and all(
    value == "['alpha', nan, 'beta']" for key, value in seen.items() if key not in broken
)
made = xr.Dataset({"phase": ("run", TEXT, {"_FillValue": ""}), "volume": ("run", [1.0, 2.0, 3.0])})
through_netcdf(made).to_zarr("c.zarr", consolidated=False, zarr_format=3)
arrays = {name: array[:].tolist() for name, array in zarr.open_group("c.zarr").arrays()}
print("seen, the copy of netCDF, by zarr:", arrays)
same = same and arrays == {"phase": TEXT.tolist(), "volume": [1.0, 2.0, 3.0]}
for options in ({"drop_variables": ["phase"]}, {"mask_and_scale": False}):
    try:
        xr.open_zarr("c.zarr", consolidated=False, **options)
        same = False
    except ValueError as error:
        print(f"seen, the copy by xarray with {options}: ValueError: {error}")
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

#!/usr/bin/env bash
# Strings that xarray itself wrote to zarr break `where`, `reindex` and an outer `merge` when they
# are read back.
#
# Packages: xarray 2026.9.0, zarr 3.1.6, h5netcdf 1.8.2, h5py 3.16.0, numpy 2.4.6
# Guess:    a dataset read from its own store does what it did before it was written; absent strings
#           become NaN or "".
# Seen:     written as object or str, strings come back from a zarr v3 store as NumPy's StringDType.
#           `where`, `reindex` and `merge(join="outer")`, which need a value for what is absent,
#           then raise DTypePromotionError; `concat`, `sel` and `isin` work. One variable of labels
#           is enough to break `ds.where(...)` for a whole dataset. The same dataset through netCDF
#           works; `astype(object)` helps.
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

warnings.simplefilter("ignore")
print(*(f"{name} {version(name)}" for name in ("xarray", "zarr", "h5netcdf", "numpy")), sep=", ")
print("guess: a dataset read from its own zarr store does what it did before")

made = xr.Dataset(
    {"phase": ("run", np.array(["alpha", "beta"], dtype=object)), "volume": ("run", [1.0, 2.0])},
    coords={"run": [0, 1]},
)
made.to_zarr("a.zarr", consolidated=False)
made.to_netcdf("a.nc", engine="h5netcdf")
datasets = {
    "before": made,
    "from zarr": xr.open_zarr("a.zarr", consolidated=False).load(),
    "from netCDF": xr.open_dataset("a.nc", engine="h5netcdf").load(),
}
datasets["from zarr, as object"] = datasets["from zarr"].assign(
    phase=datasets["from zarr"].phase.astype(object)
)
extra = xr.Dataset({"enthalpy": ("run", [5.0])}, coords={"run": [2]})
calls = {
    "where": lambda ds: ds.where(ds.volume > 1.5),
    "reindex": lambda ds: ds.reindex(run=[0, 1, 2]),
    "merge": lambda ds: xr.merge([ds, extra], join="outer"),
    "concat": lambda ds: xr.concat([ds, ds], "run"),
}
seen = {}
for source, dataset in datasets.items():
    for name, call in calls.items():
        try:
            call(dataset)
            seen[source, name] = "works"
        except Exception as error:
            seen[source, name] = type(error).__name__
    print(f"seen, {source} ({dataset.phase.dtype}):", {name: seen[source, name] for name in calls})
broken = {key for key, value in seen.items() if value == "DTypePromotionError"}
others = {value for key, value in seen.items() if key not in broken}
same = broken == {("from zarr", name) for name in ("where", "reindex", "merge")} and others == {"works"}
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

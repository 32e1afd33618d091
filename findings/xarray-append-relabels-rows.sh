#!/usr/bin/env bash
# Appending to a zarr store relabels the rows that are there, and cuts floats to the store's
# integers.
#
# Packages: xarray 2026.9.0, zarr 3.1.6, numpy 2.4.6
# Guess:    `to_zarr(append_dim="run")` refuses a block whose temperatures differ from the store's,
#           as `concat` with `join="exact"` does, or keeps the store's; and it refuses 2.7 and NaN
#           for a variable of integers.
# Seen:     only lengths are compared. The block's temperatures replace the store's, without a word,
#           so that all old rows stand under temperatures at which they were not run; a block in
#           descending order turns the old rows round. 2.7 becomes 3 and NaN an arbitrary integer,
#           with a warning of "variable None" and no error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  xarray==2026.9.0 zarr==3.1.6 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

import numpy as np
import xarray as xr

print(*(f"{name} {version(name)}" for name in ("xarray", "zarr", "numpy")), sep=", ")
print("guess: other temperatures, and floats for integers, are refused")


def block(temperatures, volume, attempts):
    return xr.Dataset(
        {"volume": (("run", "T"), [volume]), "attempts": ("run", [attempts])},
        coords={"T": np.asarray(temperatures, float)},
    )


first = block([300, 400, 500], [1.0, 2.0, 3.0], 1)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    first.to_zarr("a.zarr", consolidated=False)
    block([310, 410, 510], [1.1, 2.1, 3.1], 2.7).to_zarr("a.zarr", append_dim="run", consolidated=False)
    block([500, 400, 300], [3.0, 2.0, 1.0], np.nan).to_zarr("a.zarr", append_dim="run", consolidated=False)
    messages = [str(w.message) for w in caught]
with xr.open_zarr("a.zarr", consolidated=False) as store:
    store.load()
at_300 = float(store.volume.isel(run=0).sel(T=300))
attempts = store.attempts.values.tolist()
print(f"written: volume of the first run at 300 K = {float(first.volume.sel(T=300)[0])}, attempts 1, 2.7, nan")
print(f"seen: volume of the first run at 300 K = {at_300}, T = {store['T'].values.tolist()}, attempts {attempts}")
print("seen, warnings:", [m for m in messages if "zarr" not in m.lower()])
same = at_300 == 3.0 and attempts[:2] == [1, 3] and isinstance(attempts[2], int)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

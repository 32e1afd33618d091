#!/usr/bin/env bash
# Installing numbagg beside flox changes the mean of float32 groups in xarray from 600.1 to 512.
#
# Packages: xarray 2026.9.0, flox 0.11.2, numbagg 0.9.6, numba 0.68.1, numpy 2.4.6, pandas 3.1.1
# Guess:    flox and numbagg only make groupby faster; the mean of equal float32 numbers is that
#           number to a few parts in 10^7, whatever is installed.
# Seen:     flox chooses numbagg as soon as that can be imported, and numbagg's group sums add
#           float32 numbers one after the other in float32. The mean of 2**25 samples of 600.1 K in
#           one group is 512 K, without a warning. With flox's other engines, with `use_flox=False`,
#           or on float64 the same call is right. `set_options(use_numbagg=False)` doesn't help: it
#           does not reach flox.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  xarray==2026.9.0 flox==0.11.2 numbagg==0.9.6 numba==0.68.1 numpy==2.4.6 pandas==3.1.1
cat > "$work/try.py" <<'PY'
import sys
from importlib.metadata import version

import numpy as np
import xarray as xr

print(*(f"{name} {version(name)}" for name in ("xarray", "flox", "numbagg", "numba", "numpy")), sep=", ")
print("guess: the mean of equal float32 samples is the sample, whatever is installed")


def group_mean(n, dtype="f4", engine=None, **options):
    temperature = xr.DataArray(
        np.full(n, 600.1, dtype), dims="time", coords={"branch": ("time", np.zeros(n, "i4"))}
    )
    chosen = {} if engine is None else {"engine": engine}
    with xr.set_options(**options):
        return float(temperature.groupby("branch").mean(**chosen).values[0])


n = 2**25
seen = {
    "as installed": group_mean(n),
    "use_numbagg=False": group_mean(n, use_numbagg=False),
    "engine='flox'": group_mean(n, engine="flox"),
    "use_flox=False": group_mean(n, use_flox=False),
    "float64": group_mean(n, dtype="f8"),
}
print("seen, mean of 2**25 samples of 600.1 in one group:")
for how, value in seen.items():
    print(f"  {how:18} {value:.4f}")
print(f"  (a million samples, as installed: {group_mean(10**6):.4f})")
wrong = seen["as installed"] == seen["use_numbagg=False"] == 512.0
right = all(abs(seen[how] - 600.1) < 1e-3 for how in ("engine='flox'", "use_flox=False", "float64"))
print("as described" if wrong and right else "CHANGED")
sys.exit(0 if wrong and right else 1)
PY
"$work/venv/bin/python" "$work/try.py"

#!/usr/bin/env bash
# SciPy breaks on plain NumPy arrays where the import of another array library is blocked.
#
# Packages: scipy 1.17.1, numpy 2.4.6
# Guess:    `sys.modules["torch"] = None` is Python's documented way of blocking an import; a library that only asks
#           whether its argument is a PyTorch tensor takes it for "not installed".
# Seen:     SciPy takes the entry for the imported module. With torch blocked `import scipy.stats` itself raises
#           AttributeError; with jax (or dask.array) blocked, zscore, pearsonr, bootstrap, logsumexp and block_diag do,
#           on NumPy arrays. With cupy, ndonnx or sparse blocked nothing happens. Tests that block an optional
#           dependency, and tools that do so to avoid a slow or broken one, stop unrelated code so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from importlib.metadata import version

CALLS = """
import sys
import numpy as np
if sys.argv[1] != "nothing":
    sys.modules[sys.argv[1]] = None
x = np.arange(1.0, 9.0)
try:
    import scipy.linalg, scipy.special, scipy.stats
except AttributeError as error:
    print("import scipy.stats:", error)
    sys.exit()
calls = {
    "block_diag": lambda: scipy.linalg.block_diag(np.eye(2)),
    "logsumexp": lambda: scipy.special.logsumexp(x),
    "zscore": lambda: scipy.stats.zscore(x),
    "pearsonr": lambda: scipy.stats.pearsonr(x, x**2),
    "bootstrap": lambda: scipy.stats.bootstrap((x,), np.mean, n_resamples=10),
    "skew": lambda: scipy.stats.skew(x),
    "toeplitz": lambda: scipy.linalg.toeplitz(x),
}
failed = []
for name, call in calls.items():
    try:
        call()
    except AttributeError as error:
        failed.append(f"{name}: {error}")
print("; ".join(failed) or "all work")
"""
ARRAY = "'NoneType' object has no attribute 'Array'"
TENSOR = "'NoneType' object has no attribute 'Tensor'"
SOME = "; ".join(f"{name}: {ARRAY}" for name in ("block_diag", "logsumexp", "zscore", "pearsonr", "bootstrap"))
expected = {
    "nothing": "all work",
    "torch": f"import scipy.stats: {TENSOR}",
    "jax": SOME,
    "dask.array": SOME,
    "cupy": "all work",
    "ndonnx": "all work",
    "sparse": "all work",
}
print(*(f"{name} {version(name)}" for name in ("scipy", "numpy")), sep=", ")
print("guess: all work, whatever is blocked")
seen = {}
for blocked in expected:
    command = [sys.executable, "-c", CALLS, blocked]
    seen[blocked] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    print(f"seen, {blocked} blocked: {seen[blocked]}")
same = seen == expected
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

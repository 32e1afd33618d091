#!/usr/bin/env bash
# A range of Celsius temperatures becomes a temperature in pint: ten degrees turn into 283 K.
#
# Packages: Pint 0.25.3, numpy 2.4.6
# Guess:    `np.ptp` of temperatures in degC has the unit delta_degC, like `np.std` and `np.diff`,
#           or is refused.
# Seen:     std, diff, var and gradient give delta_degC; ptp gives degC. The width of a hysteresis
#           between 20 and 30 degC is then "10 degC", and `.to("K")` makes it 283.15 K where `max -
#           min` and `std` convert rightly.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  Pint==0.25.3 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import pint

print("pint", pint.__version__, "- numpy", np.__version__)
print("guess: max - min and ptp are the same width, 10 K")
ureg = pint.UnitRegistry()
midpoints = ureg.Quantity(np.array([20.0, 30.0, 25.0]), "degC")
difference = (midpoints.max() - midpoints.min()).to("K")
width = np.ptp(midpoints)
step = np.abs(np.diff(midpoints)).max().to("K")
spread = np.std(midpoints)
print("seen: max - min =", difference, "; diff:", step, "; std in", spread.units)
print("seen: ptp =", width, "=", width.to("K"))
same = str(width.units) == "degree_Celsius" and abs(width.to("K").magnitude - 283.15) < 1e-9
same = same and difference.magnitude == step.magnitude == 10 and str(spread.units) == "delta_degree_Celsius"
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

#!/usr/bin/env bash
# A panel that joins a logarithmic axis with `sharey()` says "log", has its ticks and draws its points linearly.
#
# Packages: matplotlib 3.11.2, numpy 2.4.6
# Guess:    `b.sharey(a)` does what `add_subplot(sharey=a)` does: one scale, so that a value is at one height in both.
# Seen:     after `a.set_yscale("log")`, `b.sharey(a)` takes over limits, ticks and the name of the scale; the transform
#           stays linear: with limits of 1 to 1000, 10 is at 0.333 of the height of a and at 0.009 of b. The same for
#           `sharex`. Setting the scale afterwards, on either, or `add_subplot(sharey=a)` puts it right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  matplotlib==3.11.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

print("matplotlib", matplotlib.__version__)
print("guess: 10 is at a third of the height in both panels")


def height(axes, value, direction):
    """Where `value` is drawn, as a share of the panel."""
    point = axes.transData.transform((value, value))
    return round(float(axes.transAxes.inverted().transform(point)["xy".index(direction)]), 3)


def panels(direction, how):
    figure = plt.figure(figsize=(6, 3))
    first = figure.add_subplot(121)
    set_scale = f"set_{direction}scale"
    if how != "share(), then log":
        getattr(first, set_scale)("log")
    keywords = {f"share{direction}": first} if how == "add_subplot" else {}
    second = figure.add_subplot(122, **keywords)
    if how != "add_subplot":
        getattr(second, f"share{direction}")(first)
    if how == "share(), then log":
        getattr(first, set_scale)("log")
    if how == "log, share(), log":
        getattr(second, set_scale)("log")
    for axes in (first, second):
        axes.plot([1, 10, 100, 1000], [1, 10, 100, 1000])
    getattr(first, f"set_{direction}lim")(1, 1000)
    figure.canvas.draw()
    plt.close(figure)
    scale, limits = (getattr(second, f"get_{direction}{what}")() for what in ("scale", "lim"))
    return scale, tuple(map(float, limits)), height(first, 10, direction), height(second, 10, direction)


same = True
for direction in "yx":
    for how in ("log, share()", "add_subplot", "share(), then log", "log, share(), log"):
        scale, limits, first, second = panels(direction, how)
        print(f"seen, {direction}, {how}: {scale}, limits {limits}, 10 at {first} of the first, {second} of the second")
        expected = 0.009 if how == "log, share()" else 0.333
        same = same and (scale, limits, first, second) == ("log", (1.0, 1000.0), 0.333, expected)
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
cd "$work"
"$work/venv/bin/python" try.py

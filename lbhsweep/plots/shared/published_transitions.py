"""What is published of T_t, in figures whose vertical axis is T."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from lbhsweep.analysis.published import MEASURED, OTHER_POTENTIAL, SIMULATED
from lbhsweep.plots.shared.style import AMBER, GREY, PURPLE

_MARKERS = {MEASURED: ("*", PURPLE), SIMULATED: ("X", AMBER), OTHER_POTENTIAL: ("P", GREY)}
"""Marker and colour of single temperatures by kind."""


def draw_published(
    axes: Axes,
    analysis: xr.DataTree,
    *,
    width: float | None = None,
    kinds: Sequence[str] = tuple(_MARKERS),
) -> None:
    """Draw the published T_t at ambient pressure: ranges as boxes, single temperatures as markers.

    Parameters
    ----------
    axes : Axes
        Pressure, or heating rate if `width` is None, against T.
    analysis : DataTree
        One material's part; nothing is drawn without its group `published`.
    width : float, optional
        Half the width of boxes about pressure 0, GPa; without it lines and bands across.
    kinds : sequence of str
        Those to be drawn.
    """
    if "published" not in analysis.children:
        return
    published = analysis["published"].to_dataset()
    for i in range(published.sizes["statement"]):
        one = published.isel(statement=i)
        low, high = float(one["transition_low"]), float(one["transition_high"])
        if not np.isfinite(low) or str(one["kind"].item()) not in kinds:
            continue
        text = str(one["statement"].item())
        marker, colour = _MARKERS[str(one["kind"].item())]
        if low < high:
            box: dict[str, Any] = {"color": AMBER, "alpha": 0.35, "linewidth": 0, "label": text}
            if width is None:
                axes.axhspan(low, high, zorder=0, **box)
            else:
                axes.fill_betweenx((low, high), -width, width, **box)
        elif width is None:
            axes.axhline(low, color=colour, linewidth=1, linestyle="-.", label=text, zorder=0)
        else:
            axes.plot(
                [0.0], [low], marker=marker, color=colour, markersize=6.5, linestyle="none",
                markeredgecolor="0.3", markeredgewidth=0.4, label=text, zorder=6,
            )  # fmt: skip

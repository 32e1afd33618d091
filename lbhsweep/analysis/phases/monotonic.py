"""V and H of one phase at one pressure rise with temperature: where they don't, something is off.

(∂H/∂T)_P = C_P is positive in any stable phase, and the phases of this material expand on heating.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.arrays import FloatArray
from lbhsweep.quantities import stderr_name

SIGNIFICANT = 3.0
"""Standard errors by which a hotter hold must lie lower."""
_QUANTITIES = {"volume": ("V", "Å³"), "enthalpy": ("H", "kJ/mol")}
_NAMED = 6
"""Places that a sentence names before it only counts them."""


def find_falls(values: FloatArray, stderrs: FloatArray) -> list[tuple[int, int]]:
    """Find where a curve falls: pairs of points of which the later one lies lower.

    Each point is compared with the highest one before it, by `SIGNIFICANT` combined errors.

    Parameters
    ----------
    values, stderrs : (n,) array
        In the order of temperature; NaN where there is nothing, or no error.
    """
    found: list[tuple[int, int]] = []
    highest = -1
    for j in np.flatnonzero(np.isfinite(values) & np.isfinite(stderrs)).tolist():
        if highest >= 0:
            fall = values[highest] - values[j]
            if fall > SIGNIFICANT * np.hypot(stderrs[highest], stderrs[j]):
                found.append((highest, j))
        if highest < 0 or values[j] > values[highest]:
            highest = j
    return found


def describe_falls(phases: dict[str, xr.Dataset]) -> str:
    """Name the cells of one phase and pressure between which V or H falls with temperature.

    Parameters
    ----------
    phases : dict of Dataset
        By name, each with volume and enthalpy by (pressure, temperature).

    Returns
    -------
    str
        Empty where all rise.
    """
    places = []
    for phase, dataset in phases.items():
        t = dataset["temperature"].values
        for name, (symbol, unit) in _QUANTITIES.items():
            if name not in dataset:
                continue
            values, stderrs = dataset[name].values, dataset[stderr_name(name)].values
            for i, p in enumerate(dataset["pressure"].values):
                places += [
                    f"{symbol} of {phase} at {p:g} GPa from {values[i, k]:.1f} {unit} "
                    f"at {t[k]:g} K to {values[i, j]:.1f} at {t[j]:g} K"
                    for k, j in find_falls(values[i], stderrs[i])
                ]
    if not places:
        return ""
    more = len(places) - _NAMED
    named = places[:_NAMED] + ([f"{more} more places"] if more > 0 else [])
    return (
        f"falls on heating within one phase: {'; '.join(named)}: look at these holds before "
        "using the phase's lines"
    )

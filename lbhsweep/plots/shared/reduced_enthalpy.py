"""H(T) of ramps minus a straight line, so that the latent heat is visible."""

from __future__ import annotations

import numpy as np
import xarray as xr

_MARGIN_K = 30.0
"""Kept between the fitted points and the first transition."""


def reduce_enthalpy(dataset: xr.Dataset) -> tuple[xr.Dataset, float, float] | None:
    """Return loops with H − H₀ − c(T − T₀) as enthalpy, then c and T₀; None without two points.

    H rises by hundreds of kJ/mol over the range, but by about ten at the transition.  Without the
    line the loop would not be visible.

    Parameters
    ----------
    dataset : Dataset
        Group ``hysteresis`` of the analysis.

    Returns
    -------
    Dataset
        With H₀ the value of each pressure at its lowest temperatures, kJ/mol.
    float
        c in kJ/mol/K, the mean dH/dT of heating below the transitions; one for all pressures.
    float
        T₀ in K.
    """
    slope = _slope_below_transition(dataset)
    if not np.isfinite(slope):
        return None
    temperature = dataset["temperature"]
    t0 = float(temperature.min())
    reduced = dataset["enthalpy"] - slope * (temperature - t0)
    start = reduced.isel(temperature=slice(0, 3)).min(["temperature", "direction", "heating_rate"])
    return dataset.assign(enthalpy=reduced - start), slope, t0


def _slope_below_transition(dataset: xr.Dataset) -> float:
    """Fit one dH/dT to heating below all transitions, kJ/mol/K."""
    enthalpy, temperature = dataset["enthalpy"], dataset["temperature"]
    if "heating" in enthalpy["direction"]:
        enthalpy = enthalpy.sel(direction=["heating"])
    first = float(dataset["half_height_temperature"].min())
    below = enthalpy.where(temperature < first - _MARGIN_K) if np.isfinite(first) else enthalpy
    below = below - below.mean("temperature")
    t = (temperature - temperature.where(np.isfinite(below)).mean("temperature")).where(
        np.isfinite(below)
    )
    square = float((t**2).sum())
    return float((t * below).sum()) / square if square else float("nan")

"""Caveats of the numbers of a transition: what disagrees, and what not to quote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.arrays import FloatArray

SIGNIFICANT = 2.0
"""Standard errors beyond which two numbers disagree, or a number differs from zero."""

CURVATURE = 0.15
"""Share by which ΔV·dP/dT may be off because dT/dP is that of a straight line."""


BAROCALORIC_REASONS = ("reason", "maxwell_reason", "pressure_reason")
"""Texts of the barocaloric maps that are caveats of the whole material."""


def fit_errors(estimates: Sequence[Estimate]) -> FloatArray:
    """Return the errors of T_t for the fit of T_t(P), K; NaN leaves censored ones out."""
    return np.array([np.nan if e.censored else e.stderr for e in estimates])


def near_zero(slope: Estimate) -> bool:
    """Whether dT/dP is zero within its error, so that dP/dT is unbounded."""
    return slope.known and abs(slope.value) < SIGNIFICANT * slope.stderr


def slope_caveat(pressure: FloatArray, estimates: Sequence[Estimate], slope: Estimate) -> str:
    """Return the reason why dT/dP is absent, or its caveats."""
    bounds = [f"{p:g} GPa" for p, e in zip(pressure, estimates, strict=True) if e.censored]
    parts = [slope.reason] if slope.reason else []
    if bounds:
        parts.append(f"dT/dP without T_t at {', '.join(bounds)}: only a bound")
    if near_zero(slope):
        parts.append(
            f"dT/dP = {slope.value:.0f} ± {slope.stderr:.0f} K/GPa is within 2σ of zero: "
            "quote neither it nor ΔS_iso and ΔT_ad near T_t; ΔV·dP/dT is unbounded and not reported"
        )
    return "; ".join(parts)


def legs_caveats(
    pressure: FloatArray,
    calorimetric: tuple[FloatArray, FloatArray],
    clapeyron: tuple[FloatArray, FloatArray],
    closure: tuple[FloatArray, FloatArray],
) -> list[str]:
    """Note the pressures at which ΔH/T_t and ΔV·dP/dT disagree beyond two standard errors.

    They must also differ by `CURVATURE`, which a bent T_t(P) may bring without any error.

    Parameters
    ----------
    pressure : (p,) array
        GPa.
    calorimetric, clapeyron, closure : pairs of (p,) arrays
        Value and error of either leg and of their difference, J/kg/K; systematic errors included.
    """
    notes = []
    rows = zip(pressure, *calorimetric, *clapeyron, *closure, strict=True)
    for p, h, h_error, v, v_error, gap, gap_error in rows:
        apart = abs(gap) / gap_error if gap_error > 0 else 0.0
        notes.append(
            f"at {p:g} GPa ΔH/T_t = {h:.0f} ± {h_error:.0f} and ΔV·dP/dT = {v:.0f} ± {v_error:.0f} "
            f"J/kg/K disagree by {apart:.1f}σ: quote neither as the entropy of transition"
            if apart > SIGNIFICANT and abs(gap) > CURVATURE * abs(h)
            else ""
        )
    return notes


def published_caveats(transition: xr.Dataset) -> list[str]:
    """List where T_t contradicts what is published.

    Parameters
    ----------
    transition : Dataset
        One material's part of the group `transition`.
    """
    if "published_reason" not in transition:
        return []
    return _by_pressure(transition["pressure"].values, transition["published_reason"].values)


def _by_pressure(pressure: FloatArray, notes: Iterable[object]) -> list[str]:
    """Write each note once, with the pressures in GPa at which it holds."""
    places: dict[str, list[str]] = {}
    for p, note in zip(pressure, notes, strict=True):
        if str(note) not in ("", "nan"):
            places.setdefault(str(note), []).append(f"{p:g}")
    return [f"{', '.join(where)} GPa: {note}" for note, where in places.items()]


def caveats(analysis: xr.DataTree) -> list[str]:
    """List the caveats of every product that depends on the used T_t, each once.

    Parameters
    ----------
    analysis : DataTree
        One material's part; its groups `transition` and, if T_t is that of holds, `holds`.
    """
    if "transition" not in analysis.children:
        return []
    transition = analysis["transition"].to_dataset()
    route = str(transition["used_route"].item())
    notes = [str(transition["used_reason"].item())]
    if route:
        used = transition.sel(route=route)
        notes += _by_pressure(used["pressure"].values, used["reason"].values)
        notes.append(str(used["slope_reason"].item()))
    if route == "hold":
        notes += [str(analysis["holds"][name].item()) for name in ("flagged", "falling")]
    notes += [str(note) for note in transition["legs_reason"].values]
    if "barocaloric" in analysis.children:
        maps = analysis["barocaloric"].to_dataset()
        notes += [str(maps[name].item()) for name in BAROCALORIC_REASONS[1:] if name in maps]
    notes += _by_pressure(transition["pressure"].values, transition["phase_reason"].values)
    return list(dict.fromkeys(note for note in notes if note not in ("", "nan")))

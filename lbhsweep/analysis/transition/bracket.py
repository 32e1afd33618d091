"""T_t from holds of known phase: between where β orders and where α disorders."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import Phase, assign_by_order, assign_phases
from lbhsweep.analysis.phases.starts import initial_phases
from lbhsweep.analysis.runs import done
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.arrays import FloatArray, IntArray
from lbhsweep.document import Document
from lbhsweep.store.one_phase import ORDERED

ALPHA_LASTS = "α is metastable above T_t on heating: an upper bound of T_t"
BETA_LASTS = "β is metastable below T_t on cooling: a lower bound of T_t"
NO_END = "no hold limits T_t on the other side, so T_t has no error"
_ORDERED = (Phase.ALPHA, Phase.ALPHA_CAP)
_UNIFORM = float(np.sqrt(12.0))
"""Width over standard deviation of a uniform distribution."""


def bracket_holds(hold: xr.Dataset, sweep: Document | None) -> dict[float, Estimate]:
    """Bracket T_t at each pressure by one material's holds; empty without order parameters.

    Parameters
    ----------
    hold : Dataset
        From `join_starts`.
    sweep : Document or None
        The sweep's file.

    Returns
    -------
    dict
        By pressure.
    """
    phases = assign_phases(hold)
    if not phases.any():
        return {}
    order = ("pressure", "temperature", "replica")
    final = phases.transpose(*order).values.astype(np.int64)
    # A hold that changes half way has an order between both and an error as large.
    transforming = (final == Phase.UNDECIDED) & (
        hold["alpha_order"].transpose(*order).values < ORDERED
    )
    final = np.where(transforming & (done(hold).transpose(*order).values), Phase.MIXED, final)
    by_order = assign_by_order(hold)
    initial = initial_phases(hold, by_order, sweep)
    # β that ordered during the run is evidence; α that is still partly β has left α.
    ends = by_order.transpose(*order).values.astype(np.int64)
    final = np.where((initial == Phase.BETA) & (final == Phase.MIXED), ends, final)
    return bracket_transitions(hold["pressure"].values, hold["temperature"].values, initial, final)


def bracket_transitions(
    pressures: FloatArray, temperature: FloatArray, initial: IntArray, final: IntArray
) -> dict[float, Estimate]:
    """Bracket T_t at each pressure by holds that changed their phase.

    A hold that leaves α lies above T_t, one that turns from β into α below it: T_t is anywhere
    between the lowest of the former and the highest of the latter, an interval, and its standard
    error the width over √12.  Where both are one temperature the interval reaches to the next on
    either side.  Holds that keep a phase are no evidence, for it may be metastable.  With one end
    only T_t is a bound at that end, with the gap to the next hold that kept its phase over √12 for
    how well the end is known.  β that orders into α-b is no evidence of T_t of α.

    Parameters
    ----------
    pressures, temperature : (p,), (t,) array
        GPa and K, ascending.
    initial, final : (p, t, r) array of int
        Codes of `Phase` in which each hold began and ended; one that was transforming is mixed.

    Returns
    -------
    dict
        By pressure.
    """
    return {float(p): _bracket(temperature, initial[i], final[i]) for i, p in enumerate(pressures)}


def _bracket(temperature: FloatArray, initial: IntArray, final: IntArray) -> Estimate:
    from_alpha, from_beta = np.isin(initial, _ORDERED), initial == Phase.BETA
    left = np.isin(final, (Phase.BETA, Phase.MIXED))
    disordered = temperature[(from_alpha & left).any(axis=1)]
    kept_alpha = temperature[(from_alpha & np.isin(final, _ORDERED)).any(axis=1)]
    ordered = temperature[(from_beta & (final == Phase.ALPHA)).any(axis=1)]
    kept_beta = temperature[(from_beta & (final == Phase.BETA)).any(axis=1)]
    other = temperature[(from_beta & (final == Phase.ALPHA_CAP)).any(axis=1)]
    note = f"; β orders into α-b (Li over cage faces) up to {other.max():g} K" if other.size else ""
    if disordered.size and ordered.size:
        low, high = sorted((float(ordered.max()), float(disordered.min())))
        if low == high:
            low, high = _neighbours(temperature, low)
            note += f"; at {ordered.max():g} K both phases are left"
        return Estimate(
            (low + high) / 2,
            (high - low) / _UNIFORM if high > low else np.nan,
            note.removeprefix("; "),
            Bound.INTERVAL,
            limits=(low, high),
        )
    if disordered.size:
        upper = float(disordered.min())
        below = kept_alpha[kept_alpha < upper]
        gap = upper - float(below.max()) if below.size else np.nan
        note = note if below.size else f"; {NO_END}: all holds leave α{note}"
        return Estimate(
            upper, gap / _UNIFORM, ALPHA_LASTS + note, Bound.UPPER, True, (np.nan, upper)
        )
    if ordered.size:
        lower = float(ordered.max())
        above = kept_beta[kept_beta > lower]
        gap = float(above.min()) - lower if above.size else np.nan
        note = note if above.size else f"; {NO_END}: β orders in all holds{note}"
        return Estimate(
            lower, gap / _UNIFORM, BETA_LASTS + note, Bound.LOWER, True, (lower, np.nan)
        )
    return Estimate(reason=_unchanged(kept_alpha, kept_beta) + note)


def _neighbours(temperature: FloatArray, at: float) -> tuple[float, float]:
    """Return the next temperatures on either side, K; at the end of the range that end."""
    below, above = temperature[temperature < at], temperature[temperature > at]
    return (
        float(below.max()) if below.size else at,
        float(above.min()) if above.size else at,
    )


def _unchanged(kept_alpha: FloatArray, kept_beta: FloatArray) -> str:
    parts = []
    if kept_alpha.size:
        parts.append(f"α kept up to {kept_alpha.max():g} K (hold it hotter or longer)")
    if kept_beta.size:
        parts.append(f"β kept down to {kept_beta.min():g} K (hold it cooler or longer)")
    return "no hold changed its phase: " + "; ".join(parts) if parts else "no finished hold"

"""T_t from holds whose phases are told: between what α survives and what β survives."""

from __future__ import annotations

import numpy as np

from lbhsweep.analysis.phase_assignment import Phase
from lbhsweep.analysis.transitions import Estimate
from lbhsweep.analysis.variables import FloatArray, IntArray

ALPHA_LASTS = "α lasts too long when it is heated: an upper bound"
BETA_LASTS = "β lasts too long when it is cooled: a lower bound"
_ORDERED = (Phase.ALPHA, Phase.ALPHA_CAP)
_UNIFORM = float(np.sqrt(12.0))
"""Width over standard deviation of a uniform distribution."""


def bracket_transitions(
    pressures: FloatArray, temperature: FloatArray, begun: IntArray, ended: IntArray
) -> dict[float, Estimate]:
    """Bracket T_t at each pressure by holds that changed their phase.

    A hold that turns from α into β lies above T_t, one that turns from β into α below it. The
    lowest of the former and the highest of the latter, each put into the middle of the gap to the
    next hold that kept its phase, are the ends of the bracket; T_t is anywhere between them, its
    standard error the bracket's width over √12.  With one end only it is a bound, given with the
    gap over √12 and the reason.

    Parameters
    ----------
    pressures, temperature : (p,), (t,) array
        GPa and K, ascending.
    begun, ended : (p, t, r) array of int
        Codes of `Phase` in which each hold began and ended.

    Returns
    -------
    dict
        By pressure.
    """
    return {float(p): _bracket(temperature, begun[i], ended[i]) for i, p in enumerate(pressures)}


def _bracket(temperature: FloatArray, begun: IntArray, ended: IntArray) -> Estimate:
    from_alpha, is_alpha = np.isin(begun, _ORDERED), np.isin(ended, _ORDERED)
    from_beta, is_beta = begun == Phase.BETA, ended == Phase.BETA
    melted = temperature[(from_alpha & is_beta).any(axis=1)]
    kept_alpha = temperature[(from_alpha & is_alpha).any(axis=1)]
    ordered = temperature[(from_beta & is_alpha).any(axis=1)]
    kept_beta = temperature[(from_beta & is_beta).any(axis=1)]
    if not melted.size and not ordered.size:
        return Estimate(reason=_unchanged(kept_alpha, kept_beta))
    top = melted.min() if melted.size else np.nan
    foot = ordered.max() if ordered.size else np.nan
    upper = (kept_alpha[kept_alpha < top].max(initial=-np.inf), top)
    lower = (foot, kept_beta[kept_beta > foot].min(initial=np.inf))
    if melted.size and ordered.size:
        ends = np.concatenate([_finite(upper), _finite(lower)])
        middles = np.sort([_finite(upper).mean(), _finite(lower).mean()])
        width = max(float(np.ptp(middles)), float(np.ptp(ends)) / 2)
        return Estimate(float(middles.mean()), width / _UNIFORM)
    gap, reason = (upper, ALPHA_LASTS) if melted.size else (lower, BETA_LASTS)
    if not np.isfinite(gap).all():
        where = f"all that began as {'α' if melted.size else 'β'} changed"
        return Estimate(float(_finite(gap)[0]), reason=f"{reason}; {where}", bound=True)
    return Estimate(float(np.mean(gap)), float(np.ptp(gap)) / _UNIFORM, reason)


def _finite(gap: tuple[float, float]) -> FloatArray:
    values = np.array(gap)
    return np.asarray(values[np.isfinite(values)], dtype=np.float64)


def _unchanged(kept_alpha: FloatArray, kept_beta: FloatArray) -> str:
    parts = []
    if kept_alpha.size:
        parts.append(f"α kept up to {kept_alpha.max():g} K (hold it hotter or longer)")
    if kept_beta.size:
        parts.append(f"β kept down to {kept_beta.min():g} K (hold it cooler or longer)")
    return "no hold changed its phase: " + "; ".join(parts) if parts else "no finished hold"

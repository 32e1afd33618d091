"""T_t of two phases at every pressure: the zero of v(T), a bound of it, or an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from lbhsweep.analysis.equilibrium.evidence import Evidence
from lbhsweep.analysis.equilibrium.growth_law import LawFit, Speeds, fit_law, interval
from lbhsweep.analysis.equilibrium.scatter import pooled_diffusion, scatter_of
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.arrays import FloatArray
from lbhsweep.quantities.profile import ONE_SIGMA

Side = Literal[-1, 0, 1]
"""Which phase is stable above T_t: 1 the second, −1 the first, 0 unknown."""
SIGNIFICANT = 2.0
"""Standard errors by which dv/dT must differ from zero for a zero of v(T)."""
FEWEST_TEMPERATURES = 4
"""Temperatures without which a part of the range is not fitted by itself."""
UNLIKELY = 4.0
"""Loss of −2 ln L beyond which the other form of v(T) is no admissible alternative."""
CURVE_GAIN = 2.0
"""Gain of Akaike's criterion that a curve needs: a straight line is bent by chance in 5 %."""
_UNIFORM = float(np.sqrt(12.0))
"""Width over standard deviation of a uniform distribution."""


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """T_t at one pressure, and what it rests on.

    Attributes
    ----------
    transition : Estimate
        T_t, K: a value, an interval, a bound, or the reason why there is none; its limits are the
        68 % interval of a value.
    systematic : float
        By how much T_t depends on form and range of the fit, K; NaN unless it is a value.
    coefficient : Estimate
        dv/dT at T_t, Å/ps/K.
    energy : Estimate
        Activation energy of growth, eV, where the speeds show a curve.
    high : int
        Which phase is stable above T_t: 1 the second, −1 the first, 0 unknown.
    won : (2,) tuple of float
        Highest temperature at which the low phase won and lowest at which the high phase did, K;
        NaN where none did.
    n_measured, n_censored : int
        Runs with a speed, and with only a bound of it.
    """

    transition: Estimate = field(default_factory=Estimate)
    systematic: float = float("nan")
    coefficient: Estimate = field(default_factory=Estimate)
    energy: Estimate = field(default_factory=Estimate)
    high: Side = 0
    won: tuple[float, float] = (float("nan"), float("nan"))
    n_measured: int = 0
    n_censored: int = 0


@dataclass(frozen=True, slots=True)
class Equilibria:
    """T_t at every pressure, and the scatter that all of them share.

    Attributes
    ----------
    at : tuple of Equilibrium
        By pressure.
    diffusion : float
        σ² of a speed, which varies by σ²/τ, Å²/ps; NaN without any speed.
    between : float
        Standard deviation of speeds between runs beyond that, Å/ps; NaN where it is not known.
    """

    at: tuple[Equilibrium, ...]
    diffusion: float
    between: float


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """One form of v(T) at every pressure, with the scatter about it that is common to all."""

    speeds: Sequence[Speeds]
    fits: Sequence[LawFit | None]
    diffusion: float
    between: float
    n_dof: int

    @property
    def criterion(self) -> float:
        """Akaike's, over the pressures with a fit."""
        known = [one for one in self.fits if one is not None]
        return sum(2.0 * len(one.covariance) - 2.0 * one.log_likelihood for one in known)

    def same_places(self, other: _Fits) -> bool:
        """Whether both forms could be fitted at the same pressures."""
        return [one is None for one in self.fits] == [one is None for one in other.fits]

    @property
    def threshold(self) -> float:
        """Of −2 ln L at one standard error; Student's, for the scatter is an estimate."""
        return float(stdtrit(self.n_dof, ONE_SIGMA) ** 2) if self.n_dof else 1.0


def find_equilibria(evidence: Sequence[Evidence], high: Side) -> Equilibria:
    """Find T_t at every pressure.

    v(T) = c (T − T_t) exp(−(E/k)(1/T − 1/T_ref)) is fitted to the speeds by greatest likelihood,
    with E = 0 unless Akaike's criterion over all pressures clearly prefers a curve.  The form is
    that of Wilson (Philos. Mag. 50, 238, 1900) and Frenkel near T_t: a driving force linear in
    T − T_t, and a mobility that is thermally activated.  Variances of speeds are those of random
    walks, σ²/τ with one σ² of all pressures, and a variance between runs, both by their scatter.

    T_t is a value only if runs below it and runs above it say which phase grows.  If all say the
    same it is a bound, at the nearest of their temperatures.

    Parameters
    ----------
    evidence : sequence of Evidence
        By pressure.
    high : {1, -1, 0}
        The phase that is stable above T_t, where this is known beforehand.

    Returns
    -------
    Equilibria
    """
    kept = [one.select(one.measured) for one in evidence]
    joined = (np.concatenate([getattr(one, name) for one in kept])
              for name in ("variance", "time", "n_dof"))  # fmt: skip
    diffusion = pooled_diffusion(*joined)
    straight = _fit(evidence, diffusion, curved=False)
    curved = _fit(evidence, diffusion, curved=True, after=straight)
    chosen, other = straight, curved
    if straight.same_places(curved) and curved.criterion < straight.criterion - CURVE_GAIN:
        chosen, other = curved, straight
    return Equilibria(
        tuple(
            _equilibrium(one, diffusion, high, chosen, other, i) for i, one in enumerate(evidence)
        ),
        chosen.diffusion,
        chosen.between if chosen.n_dof else float("nan"),
    )


def _fit(
    evidence: Sequence[Evidence], diffusion: float, *, curved: bool, after: _Fits | None = None
) -> _Fits:
    """Fit one form at every pressure; the scatter is estimated about the fits, and these again."""
    scale, between, n_dof = 1.0, 0.0, 0
    speeds = [_speeds(one, diffusion, scale, between) for one in evidence]
    if after is not None:
        speeds = list(after.speeds)
    fits = [fit_law(one, curved=curved) for one in speeds]
    for _ in range(2):
        residuals, within, n_dof = [], [], 0
        for one, fit in zip(evidence, fits, strict=True):
            if fit is not None:
                known = one.select(one.measured)
                residuals.append(known.speed - fit.law(known.temperature))
                within.append(diffusion / known.time)
                n_dof += known.speed.size - len(fit.covariance)
        scale, between = scatter_of(residuals, within, n_dof)
        speeds = [_speeds(one, diffusion, scale, between) for one in evidence]
        fits = [fit_law(one, curved=curved) for one in speeds]
    return _Fits(speeds, fits, scale * diffusion, float(np.sqrt(between)), n_dof)


def _speeds(one: Evidence, diffusion: float, scale: float, between: float) -> Speeds:
    """Collect measured speeds and bounds of others, with their variances about v(T)."""
    measured, censored = one.select(one.measured), one.select(one.censored)
    time = np.concatenate([measured.time, censored.decision_time])
    return Speeds(
        temperature=np.concatenate([measured.temperature, censored.temperature]),
        speed=np.concatenate([measured.speed, censored.least_speed]),
        variance=scale * diffusion / time + between,
        side=np.concatenate([np.zeros(measured.speed.size, dtype=np.int64), censored.winner]),
    )


def _equilibrium(
    one: Evidence, diffusion: float, high: Side, chosen: _Fits, other: _Fits, number: int
) -> Equilibrium:
    fit, speeds = chosen.fits[number], chosen.speeds[number]
    first, second = one.grown(diffusion)
    above = high or _side_above(fit)
    counts = Equilibrium(
        high=above,
        won=_won(one, above),
        n_measured=int(one.measured.sum()),
        n_censored=int(one.censored.sum()),
    )
    if not (above and first.size and second.size):
        return replace(counts, transition=_one_sided(one, first, second, above))
    low, up = (first, second) if above > 0 else (second, first)
    wrong = fit is not None and fit.law.slope * above <= 0.0
    if fit is None or wrong or not _is_significant(fit):
        return replace(counts, transition=_between(low, up))
    lower, upper = interval(speeds, fit, chosen.threshold)
    if not (np.isfinite(lower) and np.isfinite(upper)):
        return replace(counts, transition=_between(low, up))
    t = fit.law.zero
    note = "" if one.temperature.min() <= t <= one.temperature.max() else (
        "T_t is extrapolated beyond the temperatures of the runs"
    )  # fmt: skip
    found = Estimate(t, 0.5 * (upper - lower), note, Bound.VALUE, limits=(lower, upper))
    scale = np.sqrt(chosen.threshold)
    coefficient, energy = _kinetics(fit, float(scale))
    return replace(
        counts,
        transition=found,
        systematic=_systematic(fit, speeds, other.fits[number]),
        coefficient=coefficient,
        energy=energy,
    )


def _side_above(fit: LawFit | None) -> Side:
    """Return which phase grows at higher temperatures, if the speeds show it."""
    if fit is None or not _is_significant(fit):
        return 0
    return 1 if fit.law.slope > 0.0 else -1


def _is_significant(fit: LawFit) -> bool:
    return abs(fit.law.slope) > SIGNIFICANT * float(np.sqrt(fit.covariance[1, 1]))


def _won(one: Evidence, above: Side) -> tuple[float, float]:
    """Return the highest temperature at which the low phase won, the lowest of the high one."""
    if not above:
        return float("nan"), float("nan")
    low, up = one.temperature[one.winner == -above], one.temperature[one.winner == above]
    return (
        float(low.max()) if low.size else float("nan"),
        float(up.min()) if up.size else float("nan"),
    )


def _one_sided(one: Evidence, first: FloatArray, second: FloatArray, above: Side) -> Estimate:
    """Return the bound where runs on one side of T_t only say which phase grows."""
    if not one.temperature.size:
        return Estimate(reason="no run is finished")
    if not (first.size or second.size):
        return Estimate(
            reason=f"none of {one.temperature.size} runs says which phase grows: let them produce "
            "longer, or add temperatures on either side"
        )
    if not above:
        return Estimate(reason="nothing says which phase is stable above T_t: add temperatures")
    low, up = (first, second) if above > 0 else (second, first)
    if up.size:
        at, phase, words, bound = float(up.min()), "high", ("down", "lower"), Bound.UPPER
    else:
        at, phase, words, bound = float(low.max()), "low", ("up", "higher"), Bound.LOWER
    reason = (
        f"the {phase} phase grows in all runs that say, {words[0]} to {at:g} K: "
        f"add {words[1]} temperatures"
    )
    return Estimate(at, float("nan"), reason, bound, True)


def _between(low: FloatArray, up: FloatArray) -> Estimate:
    """Return the interval between growth of the low phase and of the high one."""
    ends = sorted((float(low.max()), float(up.min())))
    note = (
        "the speeds give no v(T) with a zero: only between the temperatures at which either grows"
    )
    if low.max() >= up.min():
        note += ", which overlap"
    width = ends[1] - ends[0]
    return Estimate(
        sum(ends) / 2.0, width / _UNIFORM if width else float("nan"), note, Bound.INTERVAL,
        limits=(ends[0], ends[1]),
    )  # fmt: skip


def _kinetics(fit: LawFit, scale: float) -> tuple[Estimate, Estimate]:
    """Return dv/dT at T_t and the activation energy; errors to first order."""
    law = fit.law
    kinetic = float(law.kinetic(np.array([law.zero]))[0])
    errors = np.sqrt(np.diag(fit.covariance)) * scale
    coefficient = Estimate(law.slope * kinetic, float(errors[1]) * kinetic)
    if not fit.is_curved:
        return coefficient, Estimate(reason="the speeds are a straight line within their errors")
    return coefficient, Estimate(law.energy, float(errors[2]))


def _systematic(fit: LawFit, speeds: Speeds, other: LawFit | None) -> float:
    """Compute how far admissible alternatives of the fit are: √(d² − |σ² − σ₀²|), the largest.

    Of fits to some of the same points the variance of their distance d is the difference of their
    variances (Hausman, Econometrica 46, 1251 (1978)).  Alternatives are the other form, unless it
    is unlikely, and the same form through the half of the temperatures that is nearest to T_t.
    """
    t = fit.law.zero
    alternatives = [_nearest_half(speeds, t, curved=fit.is_curved)]
    if other is not None and 2.0 * (fit.log_likelihood - other.log_likelihood) < UNLIKELY:
        alternatives.append(other)
    found = [0.0]
    for one in alternatives:
        if one is not None and _is_significant(one):
            noise = abs(one.variance - fit.variance)
            found.append(float(np.sqrt(max((one.law.zero - t) ** 2 - noise, 0.0))))
    return max(found)


def _nearest_half(speeds: Speeds, t: float, *, curved: bool) -> LawFit | None:
    """Fit the half of the temperatures that is nearest to T_t."""
    every = np.unique(speeds.temperature)
    nearest = every[np.argsort(np.abs(every - t), kind="stable")][: max(-(-every.size // 2), 1)]
    if nearest.size < FEWEST_TEMPERATURES:
        return None
    return fit_law(speeds.select(np.isin(speeds.temperature, nearest)), curved=curved)

"""From mean-squared displacements to diffusion coefficients with errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.observables.statistics.errors_of_means import mean_error
from lbhsweep.quantities.lags import KEPT

LONGEST_SHARE = 0.1
"""Longest lag that is fitted, as a share of the production: longer ones add noise only."""
FEWEST_LAGS = 3
"""Lags that a line must pass through."""
OWN_NOISE = 0.1
"""Noise of each lag of its own, relative to the covariance of Brownian motion.  For ions that
vibrate by 1 Å² and diffuse by as much in 3 ps it cuts the slope's variance to a third.  It adds no
variance for ions that don't vibrate; 0.03 to 1 serve nearly as well."""
OCTAVE = KEPT // 2
"""Lags from one to its double, beyond the first few."""
SPAN = 4.0
"""Least ratio of the longest lag of a line to its shortest."""
CLEARLY = 2.5
"""Standard errors from 1 at which an exponent shows that an MSD is not linear."""
LARGEST_EXPONENT_ERROR = 0.1
"""Largest standard error of an exponent that shows an MSD to be linear."""

NoSlope = Literal["too_short", "not_linear"]


@dataclass(frozen=True, slots=True)
class Slope:
    """Slope of a mean-squared displacement where it is linear in time.

    Attributes
    ----------
    start, end : int
        Indices of the first and the last lag of the line.
    blocks : (n_blocks,) float64
        Å²/ps, the same line through each block of origins.
    systematic : float
        Å²/ps, what the choice of lags leaves open; `window_error`.
    exponent, exponent_error : float
        `growth_exponent` of these lags.
    shown : bool
        Whether the MSD shows itself linear there.  Otherwise noise hides whether it is, as with
        few hops, and the slope serves to count these only.
    """

    start: int
    end: int
    blocks: FloatArray
    systematic: float
    exponent: float
    exponent_error: float
    shown: bool = True

    @property
    def value(self) -> float:
        """Å²/ps."""
        return float(self.blocks.mean())

    @property
    def scatter(self) -> float:
        """Standard error in Å²/ps, from scatter and correlation of the blocks.

        Each block holds all ions, so correlations between ions are included.
        """
        return mean_error(self.blocks)

    @property
    def error(self) -> float:
        """Standard error in Å²/ps: of the blocks and of the choice of lags, added in squares."""
        return float(np.hypot(self.scatter, self.systematic))


def line_weights(lags: FloatArray) -> FloatArray:
    """Compute the weights (n_lags,) whose sum with an MSD is the slope of its best line.

    Generalised least squares of a line with an intercept (vibrations), with the covariance of
    the MSDs of Brownian motion over overlapping origins,

        Cov(τ, τ') ∝ τ² (τ' - τ/3),  τ ≤ τ',

    which follows from Var(x²) of Gaussian displacements by integrating the squared overlap of
    two stretches of time over their distance; discrete form in Bullerjahn, von Bülow and Hummer,
    J. Chem. Phys. 153, 024116 (2020), https://doi.org/10.1063/5.0008312.  Added is a noise of each
    lag of its own, `OWN_NOISE` τ³, from vibrations and from origins τ/8 to τ/4 apart.  The
    weights depend on the lags alone, so that the slope is a linear, unbiased function of the MSD.

    Parameters
    ----------
    lags : (n_lags,) float64
        ps, ascending.
    """
    shorter, longer = np.minimum.outer(lags, lags), np.maximum.outer(lags, lags)
    line = np.stack([np.ones_like(lags), lags], axis=1)
    covariance = shorter**2 * (longer - shorter / 3.0) + OWN_NOISE * np.diag(lags**3)
    solved = np.linalg.solve(covariance, line)
    return np.asarray(np.linalg.solve(line.T @ solved, solved.T)[1])


def growth_exponent(lags: FloatArray, blocks: FloatArray) -> tuple[float, float]:
    """Compute the log-log slope of an MSD less its constant part, and its standard error.

    Diffusion has β = 1.  Where ions go back more often than not, MSD - c grows as t^β with
    β < 1.  The constant c, vibrations about sites, is no sub-diffusion, so β is taken from
    slopes: d(MSD)/dt grows as t^(β-1), hence

        β = 1 + ln(s₂/s₁)/ln(t₂/t₁)

    with the slopes s₁, s₂ of the lines through the lags below and above their geometric middle.
    The times are those at which t^β has these slopes, to first order in β - 1.

    Parameters
    ----------
    lags : (n_lags,) float64
        ps, ascending.
    blocks : (n_lags, n_blocks) float64
        MSD in Å² by blocks of origins.

    Returns
    -------
    exponent, error : float
        NaN if there are fewer than `FEWEST_LAGS` lags on a side, or if the MSD doesn't grow.
    """
    middle = int(np.searchsorted(lags, np.sqrt(lags[0] * lags[-1]) * (1.0 - 1e-9)))
    if middle + 1 < FEWEST_LAGS or len(lags) - middle < FEWEST_LAGS:
        return float("nan"), float("nan")
    halves = slice(0, middle + 1), slice(middle, len(lags))
    weights = [line_weights(lags[half]) for half in halves]
    slopes = [w @ blocks[half] for w, half in zip(weights, halves, strict=True)]
    means = [float(slope.mean()) for slope in slopes]
    if min(means) <= 0.0:
        return float("nan"), float("nan")
    # The slope of t ln t - t is ln t.
    logs = [
        float(w @ (lags[half] * (np.log(lags[half]) - 1.0)))
        for w, half in zip(weights, halves, strict=True)
    ]
    apart = logs[1] - logs[0]
    change = (slopes[1] / means[1] - slopes[0] / means[0]) / apart
    return 1.0 + float(np.log(means[1] / means[0])) / apart, mean_error(change)


def window_error(
    lags: FloatArray, blocks: FloatArray, start: int, end: int, exponent_error: float
) -> float:
    """Compute the systematic error (Å²/ps) of a slope for the choice of its lags.

    Two parts add in squares.  One is the spread of the slopes of all shorter lines that share
    an end with it and span a factor of two, as far as the spread exceeds their noise.  The
    other is by how much the slope would differ half an octave further on if the exponent were
    off by its error, D σ_β ln √2.

    Parameters
    ----------
    lags, blocks
        See `growth_exponent`.
    start, end : int
        Indices of the line's first lag, and one past its last.
    exponent_error : float
    """
    chosen = line_weights(lags[start:end]) @ blocks[start:end]
    windows = [(first, end) for first in range(start + 1, end)]
    windows += [(start, last) for last in range(start + 1, end)]
    excess = [0.0]
    for first, last in windows:
        if last - first < FEWEST_LAGS or lags[last - 1] < 2.0 * lags[first] * (1.0 - 1e-9):
            continue
        change = line_weights(lags[first:last]) @ blocks[first:last] - chosen
        excess.append(float(change.mean()) ** 2 - mean_error(change) ** 2)
    spread = max(0.0, float(np.mean(excess)))
    left_open = float(chosen.mean()) * exponent_error * 0.5 * np.log(2.0)
    return float(np.hypot(np.sqrt(spread), left_open))


def diffusive_slope(lags: FloatArray, blocks: FloatArray, duration: float) -> Slope | NoSlope:
    """Find where an MSD is linear in time, and its slope there.

    Lines end at a tenth of the production and span two octaves at least.  They begin where the
    exponent of all lags from there on is 1 within its standard error (`growth_exponent`), and
    where no later beginning has one that differs from 1 by more than `CLEARLY` errors.  To be well
    beyond what is not linear, the line begins at twice that lag.  Linearity is not shown if the
    exponent is known to no better than `LARGEST_EXPONENT_ERROR` there: the run is too short.

    Measured on synthetic Brownian motion, hops, and hops of which six in ten go back, of 8 and 64
    ions for 60 to 1200 ps: the true slope lies within one standard error in 64 to 84 % of runs,
    and the mean is right within 0.3 errors.  3 to 12 % of long runs have no slope.  Runs of 15 ps
    never have one; the first lags that could pass for linear gave 1.4 times the slope for hops
    that go back.  Hops too rare to follow each other within these lags look linear whatever they
    remember.

    Parameters
    ----------
    lags : (n_lags,) float64
        ps.
    blocks : (n_lags, n_blocks) float64
        MSD in Å² by blocks of origins.
    duration : float
        ps of production.

    Returns
    -------
    Slope or {'too_short', 'not_linear'}
        The reason where there is none: fewer lags than two octaves below a tenth of the
        production; no lag from which the MSD is linear.
    """
    end = last_fitted(lags, duration)
    found = _first_linear(lags, blocks, end)
    if isinstance(found, str):
        return found
    last = int(np.searchsorted(lags, lags[end - 1] / SPAN * (1.0 + 1e-9), side="right")) - 1
    start = last if found is None else found + min(found + 1, OCTAVE)
    if start > last:
        return "too_short"
    exponent, error = growth_exponent(lags[start:end], blocks[start:end])
    line = line_weights(lags[start:end]) @ blocks[start:end]
    shown = (
        found is not None
        and abs(exponent - 1.0) <= CLEARLY * error
        and error <= LARGEST_EXPONENT_ERROR
    )
    systematic = window_error(lags, blocks, start, end, error)
    return Slope(start, end - 1, line, systematic, exponent, error, shown)


def collective_slope(
    lags: FloatArray, blocks: FloatArray, duration: float, tracer: Slope
) -> Slope | NoSlope:
    """Find the slope of the sum of all ions' displacements, given that of each ion's.

    One sum has the noise of one ion, which hides what is not linear.  So its line begins no
    earlier than the ions' own, and otherwise at the first lag from which it is linear.  Its
    exponent need not be sharp, and its systematic error is the ions' own, in proportion.

    Parameters
    ----------
    lags, blocks, duration
        See `diffusive_slope`.
    tracer : Slope
        Of the ions.
    """
    end = last_fitted(lags, duration)
    start = _first_linear(lags, blocks, end, tracer.start)
    if start is None:
        start = tracer.start
    if isinstance(start, str):
        return start
    exponent, error = growth_exponent(lags[start:end], blocks[start:end])
    line = line_weights(lags[start:end]) @ blocks[start:end]
    systematic = abs(float(line.mean())) * tracer.systematic / tracer.value
    return Slope(start, end - 1, line, systematic, exponent, error)


def last_fitted(lags: FloatArray, duration: float) -> int:
    """Return the number of lags up to a tenth of the production."""
    # Slightly beyond the tenth, because lags are products of rounded numbers.
    limit = LONGEST_SHARE * duration * (1.0 + 1e-9)
    return int(np.searchsorted(lags, limit, side="right"))


def _exponents(
    lags: FloatArray, blocks: FloatArray, first: int, end: int
) -> list[tuple[float, float]]:
    """Compute the exponents of all windows from a first lag on that span enough."""
    return [
        growth_exponent(lags[k:end], blocks[k:end])
        for k in range(first, end)
        if lags[end - 1] >= SPAN * lags[k] * (1.0 - 1e-9)
    ]


def _first_linear(
    lags: FloatArray, blocks: FloatArray, end: int, not_before: int = 0
) -> int | NoSlope | None:
    """Return the first lag from which an MSD is linear, or None where noise hides that."""
    exponents = np.array(_exponents(lags, blocks, not_before, end)).reshape(-1, 2)
    if len(exponents) == 0:
        return "too_short"
    known = np.isfinite(exponents).all(axis=1) & (exponents[:, 1] > 0.0)
    apart = np.full(len(exponents), np.nan)
    np.divide(np.abs(exponents[:, 0] - 1.0), exponents[:, 1], out=apart, where=known)
    for k in range(len(apart)):
        if apart[k] <= 1.0 and not (apart[k + 1 :] > CLEARLY).any():
            return not_before + k
    return "not_linear" if (apart > CLEARLY).any() else None


def msd_error(
    lags: FloatArray, blocks: FloatArray, fourth: FloatArray, n_particles: int, duration: float
) -> FloatArray:
    """Compute the standard error (n_lags,) of an MSD in Å².

    The larger of the scatter of its blocks, which are all alike at long lags, and the error for
    independent increments,

        Var = [4/9 MSD² + (⟨r⁴⟩ - 5/3 MSD²)] τ / (n (T - τ)),

    the first term for Gaussian displacements (see `line_weights`), the second for what rare
    hops add: cumulants of independent increments grow in proportion to time.  The production T
    is long against the lag τ here; at T/2 the error is 15 % too large.

    Parameters
    ----------
    lags, blocks, duration
        See `diffusive_slope`; blocks without origins are NaN.
    fourth : (n_lags,) float64
        ⟨r⁴⟩ in Å⁴.
    n_particles : int
        Particles averaged over.
    """
    msd = np.nanmean(blocks, axis=1)
    rare = np.maximum(fourth - 5.0 / 3.0 * msd**2, 0.0)
    variance = (4.0 / 9.0 * msd**2 + rare) * lags / (n_particles * (duration - lags))
    scatter = np.array([mean_error(row[np.isfinite(row)]) for row in blocks])
    return np.asarray(np.fmax(np.sqrt(variance), scatter))

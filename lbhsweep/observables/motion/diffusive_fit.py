"""From mean-squared displacements to diffusion coefficients with errors."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Slope:
    """Slope of a mean-squared displacement where it is linear in time.

    Attributes
    ----------
    start : int
        Index of the first lag of the line.
    blocks : (n_blocks,) float64
        Å²/ps, the same line through each block of origins.
    """

    start: int
    blocks: FloatArray

    @property
    def value(self) -> float:
        """Å²/ps."""
        return float(self.blocks.mean())

    @property
    def error(self) -> float:
        """Standard error in Å²/ps, from scatter and correlation of the blocks.

        Each block holds all ions, so correlations between ions are included.
        """
        return mean_error(self.blocks)


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


def slope_from(start: int, lags: FloatArray, blocks: FloatArray, duration: float) -> Slope | None:
    """Fit a line from one lag to a tenth of the production; None if too few lags are left.

    Parameters
    ----------
    start : int
        Index of the first lag.
    lags : (n_lags,) float64
        ps.
    blocks : (n_lags, n_blocks) float64
        MSD in Å² by blocks of origins.
    duration : float
        ps of production.
    """
    # Slightly beyond the tenth, because lags are products of rounded numbers.
    end = int(np.searchsorted(lags, LONGEST_SHARE * duration * (1.0 + 1e-9), side="right"))
    if end - start < FEWEST_LAGS:
        return None
    return Slope(start, line_weights(lags[start:end]) @ blocks[start:end])


def diffusive_slope(
    lags: FloatArray, blocks: FloatArray, duration: float, *, not_before: int = 0
) -> Slope | None:
    """Find where an MSD has become linear, and its slope there.

    A lag passes if the slope from there on equals the slope from twice the lag on, within one
    standard error of their difference.  The line then begins at twice that lag.  Measured on
    synthetic Brownian motion and hops with vibrations, the true slope lies within one standard
    error in 61 to 75 % of runs, and the mean is right within 0.1 standard errors.  A relaxation
    over a fiftieth of the production leaves the slope one standard error too high; half of such
    runs have no slope.

    Parameters
    ----------
    lags, blocks, duration
        See `slope_from`.
    not_before : int
        Index of the first lag at which the line may begin.

    Returns
    -------
    Slope or None
        None if the MSD is not linear anywhere: the run is too short.
    """
    for first in range(len(lags)):
        double = first + min(first + 1, OCTAVE)
        here, later = (slope_from(k, lags, blocks, duration) for k in (first, double))
        if here is None or later is None:
            return None
        change = here.blocks - later.blocks
        if abs(change.mean()) <= mean_error(change):
            return slope_from(max(double, not_before), lags, blocks, duration)
    return None


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
        See `slope_from`; blocks without origins are NaN.
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

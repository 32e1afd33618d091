"""How speeds scatter about v(T): the random walk of interfaces, and what differs from run to run.

The error that a run itself shows has one to seven degrees of freedom.  All runs of a material
are put together instead: their own scatter gives the diffusion σ² of the interfaces.  How their
speeds scatter about v(T) then says whether σ²/τ is too much, for the noise of positions is in it,
or too little, for runs differ by more than random walks do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from lbhsweep.arrays import FloatArray

LEAST_SCALE = 0.1
"""Least φ: no speed is known exactly."""
FEWEST_DOF = 5
"""Degrees of freedom without which speeds that scatter little may do so by chance."""


def pooled_diffusion(variance: FloatArray, time: FloatArray, n_dof: FloatArray) -> float:
    """Average the diffusion σ² of interfaces over runs, Å²/ps, by degrees of freedom.

    Parameters
    ----------
    variance : (n,) array
        Of each run's speed by its own scatter, Å²/ps².
    time : (n,) array
        Over which it was taken, ps.
    n_dof : (n,) array
        Degrees of freedom of the variance.
    """
    known = np.isfinite(variance) & (n_dof > 0)
    if not known.any():
        return float("nan")
    return float((n_dof * variance * time)[known].sum() / n_dof[known].sum())


def scatter_of(
    residuals: Sequence[FloatArray], within: Sequence[FloatArray], n_dof: int
) -> tuple[float, float]:
    """Estimate the scatter of speeds about v(T), whose variance is φσ²/τ + s².

    Where speeds scatter more than by σ²/τ, φ is 1 and s² such that Σ r²/(σ²/τ + s²) is its
    expectation, the degrees of freedom (R. C. Paule and J. Mandel, J. Res. Natl. Bur. Stand. 87,
    377 (1982)).  Where they scatter less, s² is 0 and φ such that Σ r²/(φσ²/τ) is.

    Parameters
    ----------
    residuals : sequence of (n,) array
        Speeds less v(T), by pressure, Å/ps.
    within : sequence of (n,) array
        σ²/τ, Å²/ps².
    n_dof : int
        Runs less parameters; with fewer than `FEWEST_DOF` φ is never below 1.

    Returns
    -------
    scale, between : float
        φ, and s² in Å²/ps².
    """
    if n_dof < 1:
        return 1.0, 0.0
    square, known = np.concatenate(residuals) ** 2, np.concatenate(within)

    def excess(between: float) -> float:
        return float((square / (between + known)).sum() - n_dof)

    least = excess(0.0)
    if least <= 0.0:
        return (max(1.0 + least / n_dof, LEAST_SCALE) if n_dof >= FEWEST_DOF else 1.0), 0.0
    return 1.0, float(brentq(excess, 0.0, float(square.sum())))

"""Linear least squares weighted by known errors.

Two problems of the analysis are not solved here, for each is thousands of small fits at once in
closed form.  Steps on a grid of (T_c, w) have a ridge for empty sides (`transition.step_grid`).
Slopes in moving windows have equal weights (`caloric.heat_capacity`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from lbhsweep.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LinearFit:
    """Parameters p that minimise χ² = Σᵢ (yᵢ − Σₖ Aᵢₖ pₖ)²/σᵢ².

    Attributes
    ----------
    parameters : (p,) array
        Best estimate.
    covariance : (p, p) array
        (Aᵀ W A)⁻¹ with W = diag(1/σ²): that of known variances, not scaled by the scatter of the
        residuals.  Where errors aren't trusted, the caller multiplies it by a factor of its own,
        such as `scatter_factor`.
    residuals : (n,) array
        (yᵢ − Σₖ Aᵢₖ pₖ)/σᵢ.
    estimator : (p, n) array
        (Aᵀ W A)⁻¹ Aᵀ W, whose product with any values at the same points is their fit.
    """

    parameters: FloatArray
    covariance: FloatArray
    residuals: FloatArray
    estimator: FloatArray

    @property
    def n_dof(self) -> int:
        """Degrees of freedom, n − p."""
        return self.residuals.size - self.parameters.size

    @property
    def chi_squared(self) -> float:
        """Σ of the squared residuals."""
        return float(self.residuals @ self.residuals)

    @property
    def reduced_chi_squared(self) -> float:
        """χ²/(n − p); NaN without degrees of freedom."""
        return self.chi_squared / self.n_dof if self.n_dof else float("nan")

    @property
    def probability(self) -> float:
        """Probability of this χ² or a larger one; 1 without degrees of freedom."""
        return float(chdtrc(self.n_dof, self.chi_squared)) if self.n_dof else 1.0

    @property
    def scatter_factor(self) -> float:
        """max(1, χ²/(n − p)): by how much variances grow where points scatter beyond errors.

        It never makes errors smaller than the known ones, and is 1 without degrees of freedom.
        """
        return max(1.0, self.reduced_chi_squared) if self.n_dof else 1.0


def fit_linear(design: FloatArray, values: FloatArray, stderrs: FloatArray) -> LinearFit:
    """Fit values that are linear in their parameters, weighted by 1/σ².

    The rows of design and values are divided by σ and solved by singular values; columns of very
    different size should be scaled by the caller.

    Parameters
    ----------
    design : (n, p) array
        A: what each parameter is multiplied by at each point.
    values, stderrs : (n,) array
        y and σ; ones in place of σ weigh all points alike.

    Returns
    -------
    LinearFit
    """
    weighted = design / stderrs[:, None]
    target = values / stderrs
    solution, *_ = np.linalg.lstsq(weighted, target, rcond=None)
    parameters = np.asarray(solution, dtype=np.float64)
    # Of the design, not of AᵀA, whose singular values are the squares: with a point that is
    # known a million times better than the others they fall below the cutoff.
    inverse = np.asarray(np.linalg.pinv(weighted), dtype=np.float64)
    covariance = inverse @ inverse.T
    estimator = inverse / stderrs
    return LinearFit(parameters, covariance, target - weighted @ parameters, estimator)


def fit_line(x: FloatArray, values: FloatArray, stderrs: FloatArray) -> LinearFit:
    """Fit y = p₀ + p₁ x; see `fit_linear`."""
    return fit_linear(np.stack([np.ones_like(x), x], axis=1), values, stderrs)

"""χ² of logistic steps on a grid of (T_c, w): the linear parameters solved for at each.

y(T) = Σ aᵢ qᵢ(T) + Σ bⱼ gⱼ(T)/(1 + exp(−(T − T_c)/w)), in which neither q nor g depends on T_c or
w.  All sums over temperatures are thus products of one matrix of logistic functions with a few
vectors.  That matrix is the same for all runs with the same temperatures.  One fit for each
(T_c, w) by `fit_linear` would be a thousand solutions a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import expit

from lbhsweep.arrays import FloatArray

NARROWEST = 30.0
"""Pitch of the data over the narrowest step that is tried."""
_SLOPE_K = 100.0
_RIDGE = 1e-10
"""Keeps equations solvable where one side of the step is nearly empty; its error is then large."""
_KEPT = 8
"""Temperature grids whose logistic functions are kept."""
Lines = tuple[FloatArray, FloatArray]
"""(slope, intercept) of the low- and of the high-temperature phase."""


@dataclass(frozen=True, slots=True)
class StepGrid:
    """All (T_c, w) that were tried, one after another.

    Attributes
    ----------
    centres, widths, chi2, height, height_variance : (m,) array
        `height` is the distance of both lines at T_c.
    best_residuals : (n,) array
        Residuals over errors of the best of them.
    """

    centres: FloatArray
    widths: FloatArray
    chi2: FloatArray
    height: FloatArray
    height_variance: FloatArray
    best_residuals: FloatArray


def first_trials(t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Choose the T_c and w that are tried first."""
    gap = float(np.median(np.diff(t)))
    widths = np.geomspace(gap / NARROWEST, float(np.ptp(t)) / 8, 12)
    return np.linspace(t[1], t[-2], 120), widths


def scan(
    t: FloatArray,
    y: FloatArray,
    sigma: FloatArray,
    centres: FloatArray,
    widths: FloatArray,
    lines: Lines | None = None,
) -> StepGrid:
    """Solve on the product of centres and widths; see `solve`."""
    c, w = np.meshgrid(centres, widths, indexing="ij")
    logistic = _cached_logistic_functions(t.tobytes(), centres.tobytes(), widths.tobytes())
    return _solve(t, y, sigma, c.ravel(), w.ravel(), logistic, lines)


def solve(
    t: FloatArray, y: FloatArray, sigma: FloatArray, centres: FloatArray, widths: FloatArray
) -> StepGrid:
    """Solve for the linear parameters at each (T_c, w).

    Parameters
    ----------
    t, y, sigma : (n,) array
        Points and their errors.
    centres, widths : (m,) array
        T_c and w, K.
    """
    return _solve(t, y, sigma, centres, widths, _logistic_functions(t, centres, widths), None)


def zoom(
    t: FloatArray,
    y: FloatArray,
    sigma: FloatArray,
    grid: StepGrid,
    scale: float,
    lines: Lines | None = None,
) -> StepGrid:
    """Solve once more on a finer grid where `grid` is likely; `scale` multiplies variances."""
    likely = grid.chi2 - grid.chi2.min() < 16 * scale
    centres, widths = np.unique(grid.centres), np.unique(grid.widths)
    pitch, ratio = centres[1] - centres[0], widths[1] / widths[0]
    c, w = grid.centres[likely], grid.widths[likely]
    fine_centres = np.linspace(c.min() - pitch, c.max() + pitch, 100)
    fine_widths = np.geomspace(
        max(w.min() / ratio, widths[0]), min(w.max() * ratio, widths[-1]), 12
    )
    c, w = (each.ravel() for each in np.meshgrid(fine_centres, fine_widths, indexing="ij"))
    return _solve(t, y, sigma, c, w, _logistic_functions(t, c, w), lines)


def _logistic_functions(t: FloatArray, centres: FloatArray, widths: FloatArray) -> FloatArray:
    """Compute the logistic functions, (m, n)."""
    return np.asarray(expit((t - centres[:, None]) / widths[:, None]))


@lru_cache(maxsize=_KEPT)
def _cached_logistic_functions(t: bytes, centres: bytes, widths: bytes) -> FloatArray:
    c, w = np.meshgrid(np.frombuffer(centres), np.frombuffer(widths), indexing="ij")
    return _logistic_functions(np.frombuffer(t), c.ravel(), w.ravel())


def _solve(
    t: FloatArray,
    y: FloatArray,
    sigma: FloatArray,
    centres: FloatArray,
    widths: FloatArray,
    logistic: FloatArray,
    lines: Lines | None,
) -> StepGrid:
    """Eliminate what does not depend on (T_c, w), and solve for what is left of the step."""
    x = (t - t.mean()) / _SLOPE_K
    if lines is None:
        base, steps, target = np.stack([np.ones_like(x), x]), np.stack([np.ones_like(x), x]), y
        # The height at T_c, of both parameters of the step.
        at = np.stack([np.ones_like(centres), (centres - t.mean()) / _SLOPE_K])
    else:
        apart = lines[1] - lines[0]
        base, steps = np.ones((1, t.size)), np.polyval(apart, t)[None]
        target = y - np.polyval(lines[0], t)
        at = np.polyval(apart, centres)[None]
    known = np.linalg.qr((base / sigma).T)[0].T
    left = target / sigma - known.T @ (known @ (target / sigma))
    projected = known / sigma
    # Sums over temperatures of logistic·g·q, logistic·g·y and logistic²·g·g, all (m,).
    columns = [projected * g for g in steps] + [(left / sigma)[None] * steps]
    first = logistic @ np.concatenate(columns).T
    pairs = [(i, j) for i in range(len(steps)) for j in range(i + 1)]
    second = (logistic * logistic) @ np.stack([steps[i] * steps[j] / sigma**2 for i, j in pairs]).T
    k = len(base)
    mixed = [first[:, i * k : (i + 1) * k] for i in range(len(steps))]
    right = [first[:, len(steps) * k + i] for i in range(len(steps))]
    normal = {
        (i, j): second[:, n] - (mixed[i] * mixed[j]).sum(axis=1) for n, (i, j) in enumerate(pairs)
    }
    ridge = _RIDGE * sum(second[:, n] for n, (i, j) in enumerate(pairs) if i == j)
    if len(steps) == 1:
        inverse = {(0, 0): 1 / (normal[0, 0] + ridge)}
    else:
        a, b, d = normal[0, 0] + ridge, normal[1, 0], normal[1, 1] + ridge
        determinant = np.maximum(a * d - b * b, ridge * ridge)
        inverse = {(0, 0): d / determinant, (1, 0): -b / determinant, (1, 1): a / determinant}

    def product(i: int, j: int) -> FloatArray:
        return np.asarray(inverse[max(i, j), min(i, j)])

    span = range(len(steps))
    solution = [sum(product(i, j) * right[j] for j in span) for i in span]
    chi2 = float(left @ left) - sum(solution[i] * right[i] for i in span)
    height = sum(at[i] * solution[i] for i in span)
    variance = sum(at[i] * at[j] * product(i, j) for i in span for j in span)
    best = int(np.argmin(chi2))
    step = sum(logistic[best] * steps[i] * solution[i][best] for i in span) / sigma
    residuals = left - (step - known.T @ (known @ step))
    return StepGrid(
        centres, widths, np.maximum(chi2, 0.0), np.asarray(height), np.asarray(variance), residuals
    )

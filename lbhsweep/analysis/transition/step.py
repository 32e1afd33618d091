"""A smooth step between two straight lines: how a transition is found in one run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.least_squares import fit_linear
from lbhsweep.analysis.statistics import smooth_errors, variance_inflation
from lbhsweep.analysis.transition.step_grid import Lines, StepGrid, first_trials, scan, solve, zoom
from lbhsweep.arrays import BoolArray, FloatArray

MINIMUM_POINTS = 7
MINIMUM_SIDE = 3
"""Points that must lie wholly on each side of the step for it to count as complete."""
MINIMUM_IMPROVEMENT = 25.0
"""Fall of χ² (in units of the noise) against a parabola without step, to count as seen."""
MINIMUM_SIGMA = 4.0
"""Height of the step over its standard error, to count as seen."""
MINIMUM_RELATIVE = 0.01
"""Height of the step over the value below it, to count as seen."""
SIDE = 4.0
"""Widths w from the centre beyond which less than 2 % of the other phase is left."""
SHARP = 1000.0
"""The same for steps known to be sharp: anywhere within a gap is then equally likely."""
NEGLIGIBLE = 1e-6
"""Weight over the largest below which a (T_c, w) is not kept for other quantities."""
ON_LINE = 0.25
"""Share of the step's height by which the ends of a run may lie off the other replicas' phases."""
_SLOPE_K = 100.0


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was seen.

    Attributes
    ----------
    centre, centre_stderr : float
        Half-height temperature, K.
    width, width_stderr : float
        w of the logistic function, K; 10 % to 90 % takes 4.4 w.
    height, height_stderr : float
        Distance of the two lines at the centre, in the unit of the values.
    centres, widths, weights : (m,) array
        The grid of (T_c, w) and its posterior probabilities, with which other quantities of the
        same run are read.
    """

    centre: float
    centre_stderr: float
    width: float
    width_stderr: float
    height: float
    height_stderr: float
    centres: FloatArray
    widths: FloatArray
    weights: FloatArray

    def sides(self, temperature: FloatArray) -> tuple[BoolArray, BoolArray]:
        """Select the temperatures wholly below and wholly above the step."""
        reach = SIDE * self.width + self.centre_stderr
        return temperature < self.centre - reach, temperature > self.centre + reach


@dataclass(frozen=True, slots=True)
class NoStep:
    """No step that counts, and why.

    Attributes
    ----------
    reason : str
        In words.
    incomplete : Step or None
        A step that is there but not complete within the range: its place is not to be trusted,
        but the points in it belong to no phase.
    """

    reason: str
    incomplete: Step | None = None


def fit_step(
    temperature: FloatArray, values: FloatArray, stderrs: FloatArray, *, sharp: bool = False
) -> Step | NoStep:
    """Find the step of one run: two straight lines joined by a logistic function.

    y(T) = a + b(T − T_c) + [Δ + c(T − T_c)] / (1 + exp(−(T − T_c)/w)), so that y at T_c is half
    way between the lines.  (T_c, w) run over a grid with flat priors in T_c and log w, the four
    linear parameters are solved for at each.  Means and variances are taken over the posterior
    exp(−χ²/2s²), s² = `variance_inflation` of the best fit.  Where the step falls into a gap of the
    data the posterior is flat over the gap, and the error is that of the gap.

    A step counts as seen when χ² falls by more than 25 s² against a parabola without step, when
    its height exceeds four standard errors and 1 % of the value, and when three points lie
    wholly on each side.

    Parameters
    ----------
    temperature, values, stderrs : (n,) array
        The run's points in ascending temperature, K; NaN values are left out.
    sharp : bool
        Whether the step is known to be sharper than the pitch, as in equilibrium; then only its
        place is sought.
    """
    valid = np.isfinite(values)
    t, y = temperature[valid], values[valid]
    if t.size < MINIMUM_POINTS:
        return NoStep(f"{t.size} points, a step needs {MINIMUM_POINTS}")
    errors = smooth_errors(stderrs[valid])
    sigma = np.ones_like(t) if errors is None else errors
    centres, widths = first_trials(t)
    if sharp:
        widths = np.array([1.0, 1.1]) * float(np.median(np.diff(t))) / SHARP
    grid = scan(t, y, sigma, centres, widths)
    run = np.zeros(t.size, dtype=np.int64)
    scale = variance_inflation(grid.best_residuals, run, 6, errors_known=errors is not None)
    fine = zoom(t, y, sigma, grid, scale)
    step = _moments(fine, scale)
    improvement = (_parabola_chi2(t, y, sigma) - float(fine.chi2.min())) / scale
    if improvement < MINIMUM_IMPROVEMENT:
        return NoStep(f"{_no_transition(t)}: no step beyond the noise")
    return _why_not_counted(step, t, y) or step


def fit_step_between(
    temperature: FloatArray, values: FloatArray, stderrs: FloatArray, lines: Lines
) -> Step | NoStep:
    """Find the step of a run between two phases that are known from other replicas.

    y(T) = a + L(T) + k [H(T) − L(T)] / (1 + exp(−(T − T_c)/w)) with the lines L, H given: a
    gradual transition looks like a parabola only as long as the phases' lines are free.  Grid,
    posterior and criteria are those of `fit_step` without the parabola; in its place both ends
    must lie on the lines, within a quarter of their distance.

    Parameters
    ----------
    temperature, values, stderrs : (n,) array
        The run's points in ascending temperature, K; NaN values are left out.
    lines : pair of (2,) arrays
        Coefficients (slope, intercept) of L and H against T.
    """
    valid = np.isfinite(values)
    t, y = temperature[valid], values[valid]
    if t.size < MINIMUM_POINTS:
        return NoStep(f"{t.size} points, a step needs {MINIMUM_POINTS}")
    errors = smooth_errors(stderrs[valid])
    sigma = np.ones_like(t) if errors is None else errors
    centres, widths = first_trials(t)
    grid = scan(t, y, sigma, centres, widths, lines)
    run = np.zeros(t.size, dtype=np.int64)
    scale = variance_inflation(grid.best_residuals, run, 4, errors_known=errors is not None)
    step = _moments(zoom(t, y, sigma, grid, scale, lines), scale)
    refused = _why_not_counted(step, t, y)
    if refused:
        return refused
    for side, line in zip(step.sides(t), lines, strict=True):
        if abs(float(np.mean(y[side] - np.polyval(line, t[side])))) > ON_LINE * abs(step.height):
            return NoStep(f"{_no_transition(t)}: its ends are not the phases of the other replicas")
    return step


def read_step(
    step: Step, temperature: FloatArray, values: FloatArray, stderrs: FloatArray
) -> tuple[float, float]:
    """Read the height of another quantity's step at the (T_c, w) of `step`.

    Enthalpy is too noisy to find the transition in; its height is averaged over the posterior
    of the volume's step.

    Returns
    -------
    height, stderr : float
        NaN with fewer than five points.
    """
    valid = np.isfinite(values)
    t, y = temperature[valid], values[valid]
    if t.size < 5:
        return float("nan"), float("nan")
    errors = smooth_errors(stderrs[valid])
    sigma = np.ones_like(t) if errors is None else errors
    grid = solve(t, y, sigma, step.centres, step.widths)
    run = np.zeros(t.size, dtype=np.int64)
    scale = variance_inflation(grid.best_residuals, run, 4, errors_known=errors is not None)
    mean = float(step.weights @ grid.height)
    variance = step.weights @ (grid.height_variance * scale + (grid.height - mean) ** 2)
    return mean, float(np.sqrt(variance))


def _moments(grid: StepGrid, scale: float) -> Step:
    weights = np.exp(-(grid.chi2 - grid.chi2.min()) / (2 * scale))
    weights /= weights.sum()

    def mean_and_error(x: FloatArray, variance: FloatArray | float) -> tuple[float, float]:
        mean = float(weights @ x)
        return mean, float(np.sqrt(weights @ (variance + (x - mean) ** 2)))

    centre = mean_and_error(grid.centres, 0.0)
    width = mean_and_error(grid.widths, 0.0)
    height = mean_and_error(grid.height, grid.height_variance * scale)
    kept = weights > NEGLIGIBLE * weights.max()
    return Step(
        *centre,
        *width,
        *height,
        grid.centres[kept],
        grid.widths[kept],
        weights[kept] / weights[kept].sum(),
    )


def _parabola_chi2(t: FloatArray, y: FloatArray, sigma: FloatArray) -> float:
    x = (t - t.mean()) / _SLOPE_K
    return fit_linear(np.stack([np.ones_like(x), x, x**2], axis=-1), y, sigma).chi_squared


def _no_transition(t: FloatArray) -> str:
    return f"no transition seen between {t[0]:g} and {t[-1]:g} K"


def _why_not_counted(step: Step, t: FloatArray, y: FloatArray) -> NoStep | None:
    """Return why a step is not complete or too small, or None when it is neither."""
    below, above = step.sides(t)
    if min(below.sum(), above.sum()) < MINIMUM_SIDE:
        side = "low" if below.sum() < above.sum() else "high"
        reason = (
            f"a step near {step.centre:.0f} K is not complete between {t[0]:g} and {t[-1]:g} K: "
            f"fewer than {MINIMUM_SIDE} points on its {side} side"
        )
        return NoStep(reason, incomplete=step)
    if abs(step.height) < MINIMUM_SIGMA * step.height_stderr:
        return NoStep(f"{_no_transition(t)}: no step beyond the noise")
    relative = abs(step.height) / abs(float(np.median(y)))
    if relative < MINIMUM_RELATIVE:
        return NoStep(f"{_no_transition(t)}: largest step {100 * relative:.2g} % of the value")
    return None

"""The grid of steps against plain least squares at every (T_c, w)."""

import numpy as np
import pytest

from lbhsweep.analysis.transition.step_grid import first_trials, scan, solve, zoom

T = np.arange(306.25, 700.0, 12.5)
LINES = (np.array([0.03, 231.5]), np.array([0.04, 245.0]))


def made_up(seed):
    generator = np.random.default_rng(seed)
    share = 1 / (1 + np.exp(-(T - 500.0) / 8.0))
    sigma = generator.uniform(0.3, 1.0, T.size)
    return 245 + 0.03 * (T - 450) + 18 * share + sigma * generator.normal(size=T.size), sigma


def plain(y, sigma, centre, width, lines):
    """χ², height at the centre and its variance by `lstsq`."""
    share = 1 / (1 + np.exp(np.clip(-(T - centre) / width, -700, 700)))
    if lines is None:
        x = (T - centre) / 100
        design = np.stack([np.ones_like(x), share, x, share * x], axis=1) / sigma[:, None]
        target, unit = y / sigma, 1.0
    else:
        apart = lines[1] - lines[0]
        design = np.stack([np.ones_like(T), share * np.polyval(apart, T)], axis=1) / sigma[:, None]
        target, unit = (y - np.polyval(lines[0], T)) / sigma, np.polyval(apart, centre)
    solution, *_ = np.linalg.lstsq(design, target, rcond=None)
    residuals = target - design @ solution
    variance = np.linalg.inv(design.T @ design)[1, 1]
    return residuals @ residuals, unit * solution[1], unit**2 * variance, residuals


@pytest.mark.parametrize("lines", [None, LINES])
@pytest.mark.parametrize("seed", range(3))
def test_every_point_is_the_least_squares_solution(seed, lines):
    y, sigma = made_up(seed)
    centres, widths = np.linspace(360.0, 640.0, 15), np.array([2.0, 8.0, 30.0])
    grid = scan(T, y, sigma, centres, widths, lines)
    found = np.stack([grid.chi2, grid.height, grid.height_variance], axis=1)
    expected = [plain(y, sigma, c, w, lines)[:3] for c in centres for w in widths]
    np.testing.assert_allclose(found, expected, rtol=2e-5)
    best = int(grid.chi2.argmin())
    residuals = plain(y, sigma, grid.centres[best], grid.widths[best], lines)[3]
    np.testing.assert_allclose(grid.best_residuals, residuals, atol=1e-4)


def test_runs_with_other_temperatures_do_not_share_anything():
    y, sigma = made_up(0)
    centres, widths = first_trials(T)
    first = scan(T, y, sigma, centres, widths)
    scan(T + 5.0, y, sigma, centres, widths)
    again = scan(T + 5.0, y, sigma, centres + 5.0, widths)
    np.testing.assert_allclose(first.chi2, again.chi2, rtol=1e-6)
    alone = solve(T, y, sigma, first.centres, first.widths)
    np.testing.assert_array_equal(first.chi2, alone.chi2)


def test_zoom_finds_a_better_place_within_what_is_likely():
    y, sigma = made_up(1)
    coarse = scan(T, y, sigma, *first_trials(T))
    fine = zoom(T, y, sigma, coarse, 1.0)
    assert fine.chi2.min() <= coarse.chi2.min() + 1e-9
    likely = coarse.centres[coarse.chi2 - coarse.chi2.min() < 16]
    pitch = (T[-2] - T[1]) / 119
    assert fine.centres.min() == pytest.approx(likely.min() - pitch)
    assert fine.centres.max() == pytest.approx(likely.max() + pitch)

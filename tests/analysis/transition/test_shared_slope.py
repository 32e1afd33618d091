import numpy as np
import pytest

from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import LOW, PhaseLines
from lbhsweep.analysis.transition.polynomial import fit_polynomial, slope
from lbhsweep.analysis.transition.shared_slope import share_heat_capacity
from lbhsweep.analysis.transition.two_phase import draw_two_phase

T = np.arange(300.0, 500.0, 12.5)
P = (0.0, 0.2, 0.4)


def model_and_lines(slopes, seed=0, noise=1.0, bend=0.0):
    generator = np.random.default_rng(seed)
    lines = []
    for i, c in enumerate(slopes):
        values = -900 + 100 * i + c * (T - 400) + bend * (T - 400) ** 2
        values = values + noise * generator.normal(size=T.size)
        line = fit_polynomial(T, values, np.full(T.size, noise), np.zeros(T.size, dtype=np.int64))
        assert line is not None
        lines.append({LOW: PhaseLines(line, line)})
    return draw_two_phase(P, [Estimate()] * 3, lines), lines


def test_equal_slopes_become_one_with_a_smaller_error():
    model, lines = model_and_lines((0.63, 0.63, 0.63))
    shared = share_heat_capacity(model, lines)
    own, common = (slope(m.enthalpy[LOW], 400.0) for m in (model, shared))
    assert np.ptp(common, axis=1).max() < 1e-12
    assert common[1:, 0].std() == pytest.approx(own[1:, 0].std() / np.sqrt(3), rel=0.2)
    # In the middle of its data every line stays where it is.
    middle = shared.enthalpy[LOW][0] - model.enthalpy[LOW][0]
    x = (T.mean() - 500) / 100
    np.testing.assert_allclose(middle[:, 0] + middle[:, 1] * x, 0, atol=1e-9)


def test_common_slope_covers_the_truth():
    deviations = []
    for seed in range(150):
        shared = share_heat_capacity(*model_and_lines((0.63, 0.63, 0.63), seed))
        common = slope(shared.enthalpy[LOW], 400.0)[:, 0]
        deviations.append((common[0] - 0.63) / common[1:].std())
    assert 0.55 < np.mean(np.abs(deviations) < 1) < 0.82
    assert np.mean(np.abs(deviations) < 2) > 0.9


@pytest.mark.parametrize(
    ("slopes", "bend"), [((0.60, 0.63, 0.66), 0.0), ((0.63, 0.63, 0.63), 1e-3)]
)
def test_lines_that_contradict_each_other_or_the_volume_are_left_alone(slopes, bend):
    # Volumes here are the same numbers: curved, they ask for another C_P at each pressure.
    model, lines = model_and_lines(slopes, noise=0.1, bend=bend)
    np.testing.assert_array_equal(
        share_heat_capacity(model, lines).enthalpy[LOW], model.enthalpy[LOW]
    )

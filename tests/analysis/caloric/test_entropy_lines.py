"""Entropies against the made-up material, whose free energy gives them independently."""

import numpy as np
import pytest
from made_up_material import PER_KG, Material

from lbhsweep.analysis.caloric.barocaloric import analyze_entropy
from lbhsweep.analysis.caloric.entropy_lines import entropy_lines
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW, PhaseLines
from lbhsweep.analysis.transition.polynomial import fit_polynomial, slope
from lbhsweep.analysis.transition.two_phase import draw_two_phase, interpolate
from lbhsweep.units import GPA

PRESSURES = (0.0, 0.1, 0.2, 0.3, 0.4)
MATERIAL = Material()
T0 = 300.0


def exact_line(values, t):
    line = fit_polynomial(t, values, np.full(t.size, 1e-6), np.zeros(t.size, dtype=np.int64))
    assert line is not None
    return line


def exact_model(pressures=PRESSURES, with_high=True):
    lines, transition = [], []
    for p in pressures:
        t_t = MATERIAL.transition(p)
        here = {}
        for name, phase, t in (
            (LOW, MATERIAL.low, np.linspace(T0, t_t, 20)),
            (HIGH, MATERIAL.high, np.linspace(t_t, 800.0, 20)),
        ):
            volume = exact_line(phase.volume(t, p), t)
            here[name] = PhaseLines(volume, exact_line(phase.enthalpy(t, p), t))
        if not with_high:
            del here[HIGH]
        lines.append(here)
        transition.append(Estimate(t_t, 0.0) if with_high else Estimate())
    return draw_two_phase(pressures, transition, lines)


@pytest.fixture(scope="module")
def lines():
    return entropy_lines(exact_model(), T0)


def test_entropy_is_that_of_the_free_energy(lines):
    t = np.linspace(310.0, 790.0, 97)
    reference = float(MATERIAL.low.entropy(T0, 0.0))
    for i, p in enumerate(PRESSURES):
        expected = MATERIAL.entropy(t, p) - reference
        np.testing.assert_allclose(lines(t)[0, i], expected, atol=2e-6)


def test_maxwell_relation_holds_in_the_high_phase_too(lines):
    """Only the low phase enters the integral over P; the other must follow from T_t and ΔH."""
    model, p = lines.model, np.array(PRESSURES)
    s = lines.phase(HIGH, np.array([750.0]))[0, :, 0]
    by_pressure = np.gradient(s, p)[1:-1]
    expansion = slope(model.volume[HIGH][0], 750.0)[1:-1]
    np.testing.assert_allclose(by_pressure, -GPA * expansion, rtol=2e-3)


def test_inverse_undoes_the_entropy_and_stays_at_the_jump(lines):
    t = np.linspace(310.0, 790.0, 41)
    np.testing.assert_allclose(
        lines.invert(lines(t)), np.broadcast_to(t, lines(t).shape), atol=1e-6
    )
    t_t = lines.model.transition[:, :, None]
    low, high = lines.phase(LOW, t_t), lines.phase(HIGH, t_t)
    np.testing.assert_allclose(lines.invert((low + high) / 2), t_t, atol=1e-6)


def test_maps_agree_with_bisection_on_the_material():
    model = exact_model()
    t = np.arange(310.0, 700.0, 10.0)
    entropy, maps = analyze_entropy(model, t, 1e6 / PER_KG)
    for p in PRESSURES[1:]:
        here = maps.sel(final_pressure=p, method="nearest")
        warming = [MATERIAL.adiabatic(x, 0.0, p) for x in t]
        np.testing.assert_allclose(here["adiabatic_temperature_change"], warming, atol=0.01)
        np.testing.assert_allclose(
            here["isothermal_entropy_change"], MATERIAL.isothermal(t, 0.0, p), atol=0.02
        )
    assert float(entropy["reference_temperature"]) == T0
    assert maps.sizes["final_pressure"] == 41


def test_maps_between_pressures_follow_the_boundary():
    t = np.arange(310.0, 700.0, 10.0)
    _, maps = analyze_entropy(exact_model((0.0, 0.2, 0.4)), t, 1e6 / PER_KG)
    here = maps.sel(final_pressure=0.1, method="nearest")
    assert int(here["interpolated"]) == 1
    far = np.abs(t - MATERIAL.transition(0.1)) > 3
    np.testing.assert_allclose(
        here["isothermal_entropy_change"].values[far],
        MATERIAL.isothermal(t, 0.0, 0.1)[far],
        atol=3.0,
    )


def test_signs_compression_orders_and_heats():
    _, maps = analyze_entropy(exact_model(), np.arange(310.0, 700.0, 10.0), 1e6 / PER_KG)
    compressed = maps.isel(final_pressure=slice(1, None))
    assert float(compressed["isothermal_entropy_change"].max()) < 0
    assert float(compressed["adiabatic_temperature_change"].min()) > 0


def test_low_phase_alone_still_has_an_entropy():
    model = exact_model((0.0, 0.4), with_high=False)
    assert model.usable.all()
    assert not model.complete.any()
    t = np.array([350.0, 400.0])
    found = entropy_lines(model, T0)(t)[0, 1]
    expected = MATERIAL.low.entropy(t, 0.4) - MATERIAL.low.entropy(T0, 0.0)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_nothing_is_extrapolated_in_pressure():
    dense = interpolate(exact_model((0.0, 0.2)), np.array([0.1, 0.2, 0.3]))
    np.testing.assert_array_equal(np.isfinite(dense.transition[0]), [True, True, False])
    np.testing.assert_array_equal(dense.simulated, [False, True, False])


def test_extrapolation_says_how_far_lines_reach():
    t = np.array([290.0, 350.0, 850.0])
    entropy, _ = analyze_entropy(exact_model((0.0, 0.2)), t, 1e6 / PER_KG)
    np.testing.assert_allclose(entropy["extrapolation"].values[0], [10.0, 0.0, 50.0], atol=1e-6)

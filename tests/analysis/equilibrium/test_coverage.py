"""T_t of random walks with a known zero of the drift: how often it lies within its error."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.equilibrium.walks import T_T, activated, straight, walk

from lbhsweep.analysis.equilibrium.transition import find_equilibria
from lbhsweep.analysis.transition.bounds import Bound

WIDE, NARROW = np.arange(480.0, 721.0, 20.0), np.arange(475.0, 600.0, 20.0)
CASES = {
    "two replicas": {"temperature": WIDE, "replicas": 2},
    "one replica": {"temperature": WIDE, "replicas": 1},
    "few temperatures": {"temperature": NARROW, "replicas": 2},
    "runs differ": {"temperature": WIDE, "replicas": 2, "between": 0.15},
    "slower when hot": {"temperature": WIDE, "replicas": 2, "law": activated(-0.2)},
    "faster when hot": {"temperature": WIDE, "replicas": 2, "law": activated(0.2)},
    "never ended": {"temperature": WIDE, "replicas": 2, "edge": 1e9, "full": 1e9},
    "ended early": {"temperature": WIDE, "replicas": 2, "edge": 5.0, "full": 7.0},
}
SWEEPS, PRESSURES = 70, 3


def sweeps(seed, n=SWEEPS, *, temperature, replicas, law=straight, **options):
    """Yield the runs of each synthetic sweep, by pressure; T_t is the same at all."""
    rng = np.random.default_rng(seed)
    at = np.repeat(temperature, replicas)
    for _ in range(n):
        yield [walk(rng, at, law, **options) for _ in range(PRESSURES)]


def without_censored(runs):
    return [one.select(one.measured) for one in runs]


def values(found):
    return [one for each in found for one in each.at if one.transition.kind == Bound.VALUE]


@pytest.mark.parametrize("case", CASES)
def test_the_true_temperature_lies_within_one_error_as_often_as_it_should(case):
    seed = sorted(CASES).index(case)
    known = values(find_equilibria(runs, 1) for runs in sweeps(seed, **CASES[case]))
    assert len(known) > 0.95 * SWEEPS * PRESSURES
    inside = np.mean([one.transition.limits[0] < T_T < one.transition.limits[1] for one in known])
    assert 0.60 < inside < 0.76
    t = np.array([one.transition.value for one in known])
    error = np.median([one.transition.stderr for one in known])
    assert abs(t.mean() - T_T) < 0.2 * error
    assert np.std(t) == pytest.approx(error, rel=0.3)


def test_runs_too_fast_to_be_followed_bias_nothing_whether_used_or_left_out():
    options = CASES["two replicas"] | {"edge": 6.0, "full": 8.0}
    every = list(sweeps(11, 50, **options))
    assert np.mean([one.censored.sum() for runs in every for one in runs]) > 5.0
    used = values(find_equilibria(runs, 1) for runs in every)
    left_out = values(find_equilibria(without_censored(runs), 1) for runs in every)
    for known in (used, left_out):
        t = np.array([one.transition.value for one in known])
        error = np.median([one.transition.stderr for one in known])
        assert abs(t.mean() - T_T) < 0.2 * error


def test_weighting_speeds_by_their_own_errors_would_not_do():
    """Errors that are estimated from a few parts of a path make intervals that are too short."""
    inside = []
    for runs in sweeps(12, 60, **CASES["one replica"]):
        for one in runs:
            known = one.select(one.measured)
            weight = 1.0 / known.variance
            design = np.stack([np.ones_like(weight), known.temperature - T_T], axis=1)
            covariance = np.linalg.inv((design.T * weight) @ design)
            at, slope = covariance @ ((design.T * weight) @ known.speed)
            inside.append(abs(at / slope) < np.sqrt(covariance[0, 0]) / abs(slope))
    assert np.mean(inside) < 0.58


def test_an_activation_energy_is_found_where_there_is_one():
    known = values(find_equilibria(runs, 1) for runs in sweeps(13, 20, **CASES["faster when hot"]))
    energies = np.array([one.energy.value for one in known])
    assert np.isfinite(energies).all()
    error = np.median([one.energy.stderr for one in known])
    assert abs(energies.mean() - 0.2) < error
    assert np.std(energies) == pytest.approx(error, rel=0.3)


def test_runs_that_differ_are_seen_to_differ():
    found = [find_equilibria(runs, 1) for runs in sweeps(14, 20, **CASES["runs differ"])]
    assert np.mean([one.between for one in found]) == pytest.approx(0.15, rel=0.2)
    alike = [find_equilibria(runs, 1) for runs in sweeps(15, 20, **CASES["two replicas"])]
    assert np.mean([one.between for one in alike]) < 0.05
    assert np.mean([one.diffusion for one in alike]) == pytest.approx(0.5, rel=0.15)


def test_the_second_phase_may_be_the_low_one():
    (runs,) = sweeps(16, 1, **CASES["two replicas"])
    turned = [
        replace(one, speed=-one.speed, winner=-one.winner) for one in runs
    ]  # fmt: skip
    for there, back in zip(
        find_equilibria(runs, 1).at, find_equilibria(turned, -1).at, strict=True
    ):
        assert back.transition.value == pytest.approx(there.transition.value, abs=1e-6)
        assert back.transition.stderr == pytest.approx(there.transition.stderr, rel=1e-4)
        assert back.coefficient.value == pytest.approx(-there.coefficient.value)
        assert back.won == there.won

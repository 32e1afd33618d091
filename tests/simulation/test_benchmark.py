"""The slope of an energy and its error, and what a measurement must leave alone."""

import time

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.engine.compile_clock import compile_clock
from lbhsweep.simulation.benchmark import (
    bench_grid,
    breakdown,
    fit_slope,
    nve_drift,
    prepare,
    time_steps,
)

sizes = st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3)


@given(slope=sizes, offset=sizes, n=st.integers(4, 200), step=st.floats(1e-3, 10))
def test_a_straight_line_is_found_exactly(slope, offset, n, step):
    times = step * np.arange(n)
    found, error = fit_slope(times, offset + slope * times)
    rounding = 1e-12 * (abs(offset) + abs(slope) * times[-1]) / step
    assert found == pytest.approx(slope, abs=rounding, rel=1e-9)
    assert error <= rounding + 1e-9 * abs(slope)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.95])
def test_the_error_is_the_scatter_of_slopes_whatever_the_memory(memory):
    random = np.random.default_rng(7)
    n = 4000
    noise = random.standard_normal((200, n))
    for k in range(1, n):
        noise[:, k] += memory * noise[:, k - 1]
    fits = np.array([fit_slope(np.arange(n, dtype=float), series) for series in noise])
    scatter = fits[:, 0].std()
    assert 0.75 * scatter < np.median(fits[:, 1]) < 1.35 * scatter


@pytest.fixture(scope="module")
def prepared():
    return prepare(bench_grid(supercell=1, temperature="300 K", cutoff="4.5 Å"), 5)


def test_nothing_is_compiled_while_steps_are_timed(prepared):
    with compile_clock() as seconds:
        time_steps(prepared, 20)
    assert seconds() == 0


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_the_clock_sees_what_is_compiled():
    @numba.njit
    def twice(x):
        return 2 * x

    with compile_clock() as seconds:
        started = time.perf_counter()
        assert twice(1.5) == 3
        assert 0 < seconds() <= time.perf_counter() - started
        so_far = seconds()
        twice(2.5)
        assert seconds() == so_far


def test_parts_but_waiting_add_up_to_processor_time(prepared):
    timing = time_steps(prepared, 50)
    parts = breakdown(prepared, timing)
    assert parts["integration"] >= 0
    expected = min(np.median(timing.seconds), np.median(timing.cpu_seconds))
    assert sum(parts.values()) - parts["waiting"] == pytest.approx(expected)


def test_measuring_the_drift_leaves_the_run_where_it_stands(prepared):
    before = prepared.integrator.state.to_arrays()
    drift = nve_drift(prepared, 20)
    assert drift.length_ps == pytest.approx(0.04)
    after = prepared.integrator.state.to_arrays()
    assert all(np.array_equal(before[name], after[name]) for name in before)

"""Cost: outer steps exactly, core time in proportion."""

import dataclasses

import pytest

from lbhsweep.document import parse_document
from lbhsweep.sweep import expand_grid
from lbhsweep.sweep.cost import estimated_core_seconds, n_atoms
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.schedule import schedule_of


def first_point(text, **options):
    return expand_grid(sweep_from(parse_document(text, "sweep.yaml")), **options).points[0]


HOLD = """\
name: t
axes: {pressure: 0 GPa, temperature: 300 K}
protocol: {hold: {equilibrate: 200 ps, produce: 1 ns}}
dynamics: {timestep: 0.5 fs, nonbonded_timestep: 2 fs}
"""
RAMP = """\
name: t
axes: {pressure: 0 GPa, heating_rate: 20 K/ps, n_vacancies: 4}
protocol: {ramp: {temperature: 300 K .. 700 K, equilibrate: 2 ps}}
system: {supercell: [2, 2, 3]}
"""


def test_outer_steps_of_protocols():
    assert schedule_of(first_point(HOLD)).n_steps == 1_200_000 // 2
    assert schedule_of(first_point(RAMP)).n_steps == (2_000 + 20_000) // 2


def test_atoms_less_vacancies():
    assert n_atoms(first_point(HOLD)) == 832
    assert n_atoms(first_point(RAMP)) == 12 * 104 - 4


def test_core_time_follows_the_throughput():
    point = first_point(HOLD)
    day_ns = 1.2
    assert estimated_core_seconds(point, ns_per_day=day_ns) == pytest.approx(86_400)
    assert estimated_core_seconds(point, ns_per_day=2 * day_ns) == pytest.approx(43_200)


def test_core_time_grows_with_atoms_and_outer_steps():
    point = first_point(HOLD)
    larger = dataclasses.replace(
        point, system=dataclasses.replace(point.system, supercell=(4, 2, 2))
    )
    finer = dataclasses.replace(
        point, dynamics=dataclasses.replace(point.dynamics, nonbonded_every=2)
    )
    # Measured on a quiet core (docs/engine.md): 1664 atoms take 1.83 times as long as 832.
    assert estimated_core_seconds(larger) == pytest.approx(
        1.83 * estimated_core_seconds(point), rel=0.02
    )
    assert estimated_core_seconds(finer) == pytest.approx(2 * estimated_core_seconds(point))


def test_rehearsals_cost_next_to_nothing():
    assert 0 < estimated_core_seconds(first_point(HOLD, rehearsal=True)) < 1

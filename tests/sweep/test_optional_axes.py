"""Axes that only some sweeps have: cutoff, start, frozen; and given vacancies."""

import pytest

from lbhsweep.document import parse_document
from lbhsweep.errors import SpecError
from lbhsweep.sweep import expand_grid
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.vacancies import tetrahedral_sites

TEXT = """\
name: t
axes: {{pressure: 0 GPa, temperature: [300 K, 400 K], {axes}}}
protocol: {{hold: {{produce: 10 ps}}}}
{more}
"""


def grid_of(axes="", more=""):
    return expand_grid(sweep_from(parse_document(TEXT.format(axes=axes, more=more), "s.yaml")))


def complaints(axes="", more=""):
    with pytest.raises(SpecError) as caught:
        grid_of(axes, more)
    return [problem.message for problem in caught.value.problems]


def test_without_them_they_are_no_dimensions():
    assert set(grid_of().coordinates) == {
        "potential",
        "n_vacancies",
        "pressure",
        "temperature",
        "replica",
    }


def test_each_is_a_dimension_of_the_grid_and_a_property_of_the_points():
    grid = grid_of("cutoff: [9 Å, 8 Å], start: [beta, alpha], frozen: [none, Li]")
    assert tuple(grid.coordinates) == (
        *("potential", "cutoff", "n_vacancies", "frozen", "start"),
        *("pressure", "temperature", "replica"),
    )
    assert len(grid.points) == 2 * 2 * 2 * 2
    found = {(p.model.cutoff_A, p.system.phase, p.system.frozen) for p in grid.points}
    assert len(found) == 8
    for point in grid.points:
        assert {dim: point.coordinates[dim] for dim in grid.coordinates}.keys() == set(
            grid.coordinates
        )


def test_rules_may_name_them():
    axes = "start: [alpha, beta]"
    grid = grid_of(axes, "exclude: {start: beta, temperature: 300 K}")
    assert len(grid.points) == 3
    (message,) = complaints("", "exclude: {start: beta}")
    assert message == "is no axis of this sweep; give axes.start too"


@pytest.mark.parametrize(
    ("axes", "more", "wanted"),
    [
        ("start: [alpha, beta]", "system: {start: alpha}", "is given by axes.start too"),
        ("cutoff: [8 Å, 9 Å]", "model: {cutoff: 9 Å}", "is given by axes.cutoff too"),
        ("frozen: [none, Li]", "system: {frozen: Li}", "is given by axes.frozen too"),
        ("cutoff: [8 Å, 12 Å]", "", "12 Å does not fit the box"),
        ("cutoff: [8 Å, 40 Å]", "system: {supercell: 1}", "at most 20 Å"),
        ("start: auto", "", "wanted 'alpha', 'alpha_cap' or 'beta'"),
    ],
)
def test_contradictions_are_refused(axes, more, wanted):
    (message,) = complaints(axes, more)
    assert wanted in message


SITES = (
    "system: {vacancy_sites: [[[0.25, 0.25, 0.25], [1.75, 0.25, 0.25]], "
    "[[0.75, 0.75, 0.75], [0.25, 0.25, 0.25]]]}"
)


def test_given_vacancies_are_taken_from_the_beginning_of_a_replicas_list():
    points = grid_of("n_vacancies: [0, 1, 2], replica: 2", SITES).points
    for point in points:
        assert len(point.system.vacancy_sites) == point.system.n_vacancies
    ones = {p.replica: p.system.vacancy_sites for p in points if p.system.n_vacancies == 1}
    assert ones == {0: ((0.25, 0.25, 0.25),), 1: ((0.75, 0.75, 0.75),)}


@pytest.mark.parametrize(
    ("axes", "more", "wanted"),
    [
        ("n_vacancies: 0", SITES, "give axes.n_vacancies too"),
        ("n_vacancies: 1, replica: 3", SITES, "got sites for 2 replicas, wanted them for 3"),
        ("n_vacancies: 3, replica: 1", SITES, "got 2 sites, wanted 3"),
        ("n_vacancies: 1", SITES.replace("1.75", "2.25"), "[2.25, 0.25, 0.25] is no tetrahedral"),
        ("n_vacancies: 1", SITES.replace("1.75", "0.25"), "a site of replica 0 is given twice"),
        ("n_vacancies: 1", "system: {vacancy_sites: 3}", "wanted for each replica a list of sites"),
        (
            "n_vacancies: 1",
            "system: {vacancy_sites: [[[0.25, 0.25]]]}",
            "got a site [0.25, 0.25], wanted three numbers, [[[0.25",
        ),
    ],
)
def test_impossible_vacancies_are_refused(axes, more, wanted):
    assert wanted in complaints(axes, more)[0]


def test_there_are_eight_tetrahedral_sites_in_a_cell():
    assert len(tetrahedral_sites((1, 1, 1))) == 8
    assert len(tetrahedral_sites((2, 3, 1))) == 48


def test_ramps_measure_what_they_can_and_refuse_the_rest():
    text = """\
name: t
axes: {pressure: 0 GPa, heating_rate: 5 K/ps}
protocol: {ramp: {temperature: 300 K .. 700 K}}
"""
    grid = expand_grid(sweep_from(parse_document(text, "s.yaml")))
    assert grid.points[0].observables == ("sites", "thermo")
    assert len(grid_of().points[0].observables) == 8
    with pytest.raises(SpecError, match="diffusion is not measured in ramps"):
        sweep_from(parse_document(text + "observables: [thermo, diffusion]\n", "s.yaml"))

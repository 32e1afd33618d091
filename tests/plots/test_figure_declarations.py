"""Declarations of figures: each module is registered, and all that they name exists."""

import importlib
import pkgutil
from functools import cache

import pytest
import xarray as xr
from made_up_coexistence import make_coexistence
from made_up_material import Experiment, make_hold, make_ramp, with_spectra
from made_up_observables import make_observables
from made_up_transport import make_moving

from lbhsweep.analysis import analyze_results
from lbhsweep.plots import (
    COMPARISONS,
    FIGURES,
    caloric,
    equilibrium,
    phases,
    structure,
    transition,
    transport,
)
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing
from lbhsweep.quantities import CATALOGUE

ROOMS = (transition, equilibrium, phases, caloric, transport, structure)
DECLARED = FIGURES | COMPARISONS
PROTOCOLS = ("hold", "ramp", "coexist")
SMALL = Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=2, t_min=400.0, bin_K=40.0)


@cache
def known_variables():
    """Names by tree and group: the catalogue's, and those of analyses with every group."""
    results = {
        group: {one.name for one in CATALOGUE.values() if group in one.groups}
        for group in ("hold", "ramp", "coexist")
    }
    moving = xr.DataTree.from_dict({"/hold": with_spectra(make_moving(SMALL))})
    ramps = xr.DataTree.from_dict({"/ramp": make_ramp(SMALL)})
    analysis = {}
    for tree in (moving, ramps, make_observables(groups=("hold", "ramp")), make_coexistence()):
        for node in analyze_results(tree).subtree:
            found = {str(name) for name in node.variables}
            analysis[node.path.strip("/")] = found | analysis.get(node.path.strip("/"), set())
    return {"results": results, "analysis": analysis}


def modules(room):
    return [one.name for one in pkgutil.iter_modules(room.__path__)]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_module_of_a_room_declares_a_figure_of_its_name_and_is_registered(room):
    assert len(room.FIGURES) == len(modules(room))
    for name in modules(room):
        figure = importlib.import_module(f"{room.__name__}.{name}").FIGURE
        assert figure.name == name
        assert figure in room.FIGURES
        assert DECLARED[name] is figure


def test_names_and_ranks_are_unique_and_topics_are_known():
    every = [figure for room in ROOMS for figure in room.FIGURES]
    assert len(DECLARED) == len(every)
    assert len({figure.rank for figure in every}) == len(every)
    assert [figure.rank for figure in FIGURES.values()] == sorted(f.rank for f in FIGURES.values())
    assert {figure.topic for figure in every} == set(Topic)
    assert all(figure.caption.endswith(".") for figure in every)


@pytest.mark.parametrize("name", DECLARED)
def test_every_variable_that_a_declaration_names_exists(name):
    known = known_variables()
    anywhere = set().union(*(names for tree in known.values() for names in tree.values()))
    assert set(DECLARED[name].variables) <= anywhere


@pytest.mark.parametrize("name", DECLARED)
def test_what_a_figure_needs_can_exist(name):
    for need in DECLARED[name].needs:
        groups = known_variables()[need.tree]
        assert set(need.groups) <= set(groups)
        assert all(set(need.variables) <= groups[group] for group in need.groups)


def test_a_need_is_met_by_a_group_with_all_of_its_variables():
    tree = xr.DataTree.from_dict({"/a/b": xr.Dataset({"x": 1.0})})
    empty = xr.DataTree()
    assert Needs("results", "a/b", "why", ("x",)).is_met(tree, empty)
    assert Needs("analysis", "a/b", "why", ("x",)).is_met(empty, tree)
    assert Needs("results", "c", "why", ("x",), or_group="a/b").is_met(tree, empty)
    assert not Needs("results", "a/b", "why", ("x", "y")).is_met(tree, empty)
    assert not Needs("results", "b", "why").is_met(tree, empty)
    assert not Needs("analysis", "a/b", "why").is_met(tree, empty)


def test_the_first_need_that_is_not_met_is_the_reason_and_nothing_is_drawn():
    def draw(results, analysis):
        raise AssertionError

    needs = (Needs("results", "hold", "first"), Needs("results", "ramp", "second"))
    figure = FigureDeclaration("name", draw, 1, Topic.STRUCTURE, "A caption.", needs=needs)
    assert figure.make(xr.DataTree(), xr.DataTree()) == Nothing("first")
    results = xr.DataTree.from_dict({"/hold": xr.Dataset()})
    assert figure.make(results, xr.DataTree()) == Nothing("second")


@cache
def trees_of(present):
    if present == "coexist":
        return make_coexistence(), analyze_results(make_coexistence())
    make = {"hold": make_hold, "ramp": make_ramp}[present]
    tree = xr.DataTree.from_dict({f"/{present}": make(SMALL)})
    return tree, analyze_results(tree)


@pytest.mark.parametrize(("name", "present"), [(n, p) for n in DECLARED for p in PROTOCOLS])
def test_every_figure_makes_do_with_what_it_declares(name, present):
    """Results of one protocol only: whatever passes the declared needs can be drawn."""
    figure = DECLARED[name]
    ((_, results, products),) = each_material(*trees_of(present), figure.over)
    made = figure.make(results, products)
    unmet = [need for need in figure.needs if not need.is_met(results, products)]
    assert isinstance(made, Nothing) or not unmet
    if unmet:
        assert made == Nothing(unmet[0].reason)

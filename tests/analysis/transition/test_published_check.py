"""What is published of T_t, and numbers that contradict it."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_results

from lbhsweep.analysis import analyze_results, summarize
from lbhsweep.analysis.published import (
    FORMULA_MASS,
    MEASURED,
    OTHER_POTENTIAL,
    SIMULATED,
    TRANSITIONS,
    transitions_of,
)
from lbhsweep.analysis.transition.bounds import Bound
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.published_check import published_caveats

HEATING = "heating at zero rate"


def check(estimate, statements=TRANSITIONS, pressure=0.0):
    (note,) = published_caveats([pressure], [{HEATING: estimate}], statements)
    return note


def test_an_upper_bound_below_what_is_alpha_elsewhere_is_named_even_within_its_error():
    note = check(Estimate(447.0, 12.0, bound=Bound.UPPER), TRANSITIONS[:1])
    assert note == (
        "T_t ≤ 447 ± 12 K (heating at zero rate) lies 3 K (0.25σ, within its error) below what is "
        "published: 450 K is α, 500 K is β, simulated (Sci. Rep. 2021, suppl. fig. 1)"
    )
    beyond = check(Estimate(400.0, 12.0, bound=Bound.UPPER), TRANSITIONS[:1])
    assert "lies 50 K (4.2σ) below" in beyond
    assert "within" not in beyond


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(520.0, 5.0, bound=Bound.LOWER), "T_t ≥ 520 ± 5 K"),
        (Estimate(520.0, 5.0), "T_t = 520 ± 5 K"),
        (
            Estimate(520.0, np.nan, bound=Bound.LOWER),
            "T_t ≥ 520 K (heating at zero rate) lies 20 K",
        ),
        # The error of a bound by holds is a gap, not how well the bound is known.
        (Estimate(520.0, 60.0, "", Bound.LOWER, True, (520.0, np.nan)), "T_t ≥ 520 K ("),
    ],
)
def test_numbers_on_the_wrong_side_are_named(estimate, words):
    note = check(estimate, TRANSITIONS[:1])
    assert note.startswith(words)
    assert "above what is published" in note


@pytest.mark.parametrize(
    "estimate",
    [
        Estimate(700.0, 5.0, bound=Bound.UPPER),
        Estimate(300.0, 5.0, bound=Bound.LOWER),
        Estimate(475.0, 5.0),
        Estimate(509.0, 5.0),
        Estimate(600.0, 5.0, bound=Bound.EITHER),
        Estimate(reason="none"),
    ],
)
def test_numbers_that_contradict_nothing_are_not_named(estimate):
    assert check(estimate, TRANSITIONS[:1]) == ""


def test_only_ambient_pressure_and_no_other_potential_are_compared():
    below = Estimate(400.0, 1.0, bound=Bound.UPPER)
    assert check(below, pressure=0.4) == ""
    note = check(below)
    assert "628 K, measured (Paskevicius et al. 2013)" in note
    assert "Maltsev" not in note


def test_statements_are_of_one_compound_and_one_force_field():
    def kinds(*of):
        return {one.kind for one in transitions_of(*of)}

    assert kinds("lbh-2021-fullk", 0, "none", np.nan) == {MEASURED, SIMULATED, OTHER_POTENTIAL}
    assert kinds("mine", 0, "none", FORMULA_MASS) == {MEASURED, OTHER_POTENTIAL}
    assert kinds("mine", 0, "none", 149.97) == set()
    assert kinds("mine", 0, "none", np.nan) == set()
    assert kinds("lbh-2021", 2, "none", FORMULA_MASS) == set()
    assert kinds("lbh-2021", 0, "Li", FORMULA_MASS) == set()


def test_every_statement_has_a_source():
    for one in TRANSITIONS:
        assert "doi:10." in one.source.full
        assert one.source.short in one.label
        assert one.low <= one.high


def test_analysis_and_summary_list_what_is_published_and_where_they_differ():
    name = np.array(["lbh-2021"], dtype=object)
    ramp = make_results(Experiment(rates=(20.0,), frozen_cooling=True))["ramp"].to_dataset()
    tree = xr.DataTree.from_dict({"/ramp": ramp.assign_coords(potential=name)})
    analysis = analyze_results(tree)
    published = analysis["published"].to_dataset().isel(potential=0, n_vacancies=0)
    assert list(published["statement"].values) == [one.label for one in TRANSITIONS]
    (material,) = summarize(analysis)["materials"]
    assert [one["lower_K"] for one in material["published"]] == [450.0, 628.0, 675.0]
    assert all("doi" in one["source"] for one in material["published"])
    (note,) = material["contradicts_published"]
    assert note.startswith("0 GPa: T_t ≤ 5")
    assert "(heating)" in note
    assert "below what is published: 628 K, measured" in note


def test_materials_without_statements_have_no_group():
    ramp = make_results(Experiment(rates=(20.0,), pressures=(0.0,)))["ramp"].to_dataset()
    ramp = ramp.assign_coords(n_vacancies=[2])
    analysis = analyze_results(xr.DataTree.from_dict({"/ramp": ramp}))
    assert "published" not in analysis.children
    (material,) = summarize(analysis)["materials"]
    assert material["published"] == material["contradicts_published"] == []


def test_a_rehearsal_contradicts_nothing():
    experiment = Experiment(rates=(20.0,), pressures=(0.0,))
    for rehearsal in (True, False):
        (material,) = summarize(analyze_results(make_results(experiment, rehearsal=rehearsal)))[
            "materials"
        ]
        assert bool(material["contradicts_published"]) == (not rehearsal)

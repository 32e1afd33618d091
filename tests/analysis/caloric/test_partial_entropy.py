"""Partial entropies, of cells whose entropies are chosen."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_hold, make_hold_from_both, with_spectra

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.caloric.partial_entropy import KINDS, PARTS, analyze_partial_entropies

T = np.array([400.0, 500.0])
ENTROPY = {"none": (1000.0, 1210.0), "Li": (700.0, 840.0), "anions": (250.0, 295.0)}
"""S of α and of β by what is frozen."""
ERROR = 4.0


def combined(phases=("alpha", "beta"), frozen=("none", "Li", "anions"), seed=None, only=(), t=T):
    """Combined holds as `combine_group` gives them; quantum entropies are half the classical."""
    generator = np.random.default_rng(seed)
    dims = ("frozen", "phase", "pressure", "temperature")
    shape = (len(frozen), len(phases), 1, t.size)
    variables = {}
    for kind in KINDS:
        for number, part in enumerate(PARTS):
            share = (1.0, 0.4, 0.1, 0.3, 0.2)[number] * (1.0 if kind == "classical" else 0.5)
            values = np.empty(shape)
            for i, name in enumerate(frozen):
                for j, phase in enumerate(phases):
                    values[i, j] = share * ENTROPY[name][phase == "beta"]
            if seed is not None:
                values += generator.normal(0, ERROR, shape)
            name = f"vibrational_entropy_{kind}" + ("" if part == "all" else f"_{part}")
            variables[name] = (dims, values)
            variables[f"{name}_stderr"] = (dims, np.full(shape, ERROR))
    replicas = np.full(shape, 3, dtype=np.int32)
    variables["n_replicas"] = (dims, replicas)
    coords = {
        "frozen": np.array(frozen, dtype=object),
        "phase": np.array(phases, dtype=object),
        "pressure": [0.0],
        "temperature": t,
    }
    dataset = xr.Dataset(variables, coords=coords)
    return dataset[[*only]] if only else dataset


def test_difference_of_the_phases_by_part():
    found = analyze_partial_entropies(combined())
    at = found.isel(pressure=0, temperature=0).sel(frozen="none")
    np.testing.assert_allclose(
        at["entropy_change_classical"].sel(part=list(PARTS)),
        210 * np.array([1, 0.4, 0.1, 0.3, 0.2]),
    )
    np.testing.assert_allclose(at["entropy_change_quantum"].sel(part="all"), 105.0)
    np.testing.assert_allclose(at["entropy_change_classical_stderr"], ERROR * np.sqrt(2))
    assert float(at["entropy_classical"].sel(phase="beta", part="all")) == 1210.0
    assert str(at["reason"].item()) == ""


def test_parts_by_freezing_and_the_interplay_add_up():
    at = analyze_partial_entropies(combined()).isel(pressure=0, temperature=1)
    part = at["frozen_part_classical"]
    # Δ(none) 210, Δ(Li frozen) 140, Δ(anions frozen) 45.
    np.testing.assert_allclose(part.sel(sublattice=["Li", "anions", "interplay"]), [70, 165, -25])
    whole = at["entropy_change_classical"].sel(frozen="none", part="all")
    assert float(part.sum()) == pytest.approx(float(whole))
    error = at["frozen_part_classical_stderr"].sel(sublattice=["Li", "anions", "interplay"])
    np.testing.assert_allclose(error, ERROR * np.array([2, 2, np.sqrt(6)]))


def test_errors_cover_the_parts_at_the_right_rate():
    found = analyze_partial_entropies(combined(seed=0, t=np.arange(300.0, 700.0)))
    part = found["frozen_part_classical"].transpose(..., "sublattice")
    error = found["frozen_part_classical_stderr"].transpose(..., "sublattice")
    size = np.abs((part - [70, 165, -25]) / error).values
    assert size.size == 1200
    assert 0.63 < (size < 1).mean() < 0.73


def test_a_missing_sublattice_leaves_its_part_out():
    at = analyze_partial_entropies(combined(frozen=("none", "Li"))).isel(pressure=0, temperature=0)
    part = at["frozen_part_classical"]
    assert float(part.sel(sublattice="Li")) == pytest.approx(70.0)
    assert np.isnan(part.sel(sublattice=["anions", "interplay"])).all()


def test_one_phase_only_says_which_lacks():
    found = analyze_partial_entropies(combined(phases=("alpha",)))
    assert np.isnan(found["entropy_change_classical"]).all()
    assert set(found["reason"].values.ravel()) == {"no settled hold in β has spectra here"}
    assert np.isfinite(found["entropy_classical"].sel(phase="alpha")).all()


def test_the_alpha_b_phase_is_named():
    found = analyze_partial_entropies(combined(phases=("alpha_cap", "beta")))
    assert "α-b (Li over cage faces)" in str(found["note"].item())
    assert np.isfinite(found["entropy_change_classical"]).all()


def test_phases_that_are_not_told_apart_are_not_compared():
    hold = with_spectra(make_hold(Experiment()))
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": hold}))
    found = analysis["partial_entropy"].to_dataset()
    assert np.isnan(found["entropy_change_classical"]).all()
    assert "no order parameters" in str(found["note"].item())


def test_results_with_both_phases_at_one_temperature_are_compared():
    hold = with_spectra(make_hold_from_both(Experiment()))
    found = analyze_results(xr.DataTree.from_dict({"/hold": hold}))["partial_entropy"].to_dataset()
    change = found["entropy_change_classical"].sel(part="all")
    error = found["entropy_change_classical_stderr"].sel(part="all")
    both = np.isfinite(change.values)
    assert both.any()
    assert not both.all()
    # Made up alike in both phases.
    assert np.abs(change.values[both] / error.values[both]).max() < 5
    assert "frozen_part_classical" not in found


def test_freezing_goes_across_what_tells_materials_apart():
    hold = with_spectra(make_hold_from_both(Experiment()))
    names = np.array(["none", "Li", "anions"], dtype=object)
    frozen = xr.concat([hold] * 3, dim=xr.DataArray(names, dims="frozen", name="frozen"))
    analysis = analyze_results(xr.DataTree.from_dict({"/hold": frozen}))
    found = analysis["partial_entropy"].to_dataset()
    part = found["frozen_part_quantum"]
    assert part.sizes["sublattice"] == 3
    lithium = part.sel(sublattice="Li").values
    assert np.isfinite(lithium).any()
    np.testing.assert_allclose(lithium[np.isfinite(lithium)], 0.0)


@pytest.mark.parametrize("present", [True, False])
def test_without_spectra_or_holds_there_is_nothing(present):
    assert analyze_partial_entropies(combined(only=("n_replicas",)) if present else None) is None

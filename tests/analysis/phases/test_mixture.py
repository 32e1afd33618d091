"""Holds that are no single phase: found by what each stores, and left out of a phase's lines."""

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, Material, make_hold_from_both

from lbhsweep.analysis import analyze_results, summarize
from lbhsweep.analysis.groups import join_starts
from lbhsweep.analysis.phases.assignment import Phase, assign_phases, mixed_reasons, with_phases
from lbhsweep.analysis.transition.bracket import bracket_holds
from lbhsweep.store.one_phase import two_levels

DIMS = ("potential", "pressure", "temperature", "replica")
T = 300.0 + 25.0 * np.arange(10)
N_TIMES = 100


def order_of_alpha(t):
    """Librations of an ordered crystal grow in proportion to T."""
    return 1.0 - 0.15 * t / 300.0


def holds(share, seed=0, phase_b=False):
    """Holds in α of which a share is β, by temperature; two materials at two pressures."""
    generator = np.random.default_rng(seed)
    shape = (2, 2, T.size, 1)
    part = np.broadcast_to(np.asarray(share, dtype=float)[:, None], shape)
    pressure = np.array([0.0, 0.4])[:, None, None]
    t = T[:, None]
    alpha = 240.0 + 0.05 * (t - 300.0) + 1e-4 * (t - 300.0) ** 2 - 12.0 * pressure
    lithium = 0.34
    if phase_b:
        alpha, lithium = alpha + 12.0, 0.22
    volume = alpha + 18.0 * part + 0.1 * generator.normal(size=shape)
    order = order_of_alpha(t) * (1 - part) + 0.1 * part + 0.01 * generator.normal(size=shape)
    variables = {
        "volume": volume,
        "volume_stderr": np.full(shape, 0.1),
        "alpha_order": order,
        "alpha_order_stderr": np.full(shape, 0.01),
        "alpha_lithium": np.full(shape, lithium),
        "alpha_lithium_stderr": np.full(shape, 0.001),
    }
    coords = {
        "potential": np.array(["a", "b"], dtype=object),
        "pressure": [0.0, 0.4],
        "temperature": T,
        "replica": [0],
    }
    series = volume[..., None] + generator.normal(size=(*shape, N_TIMES))
    return xr.Dataset(
        {name: (DIMS, value) for name, value in variables.items()}
        | {"volume_series": ((*DIMS, "time"), series)},
        coords,
    )


def codes(dataset):
    return assign_phases(dataset).isel(potential=0, pressure=1, replica=0).values


@pytest.mark.parametrize("phase_b", [False, True])
def test_pure_holds_keep_their_phase_up_to_high_temperature_where_order_is_low(phase_b):
    expected = Phase.ALPHA_CAP if phase_b else Phase.ALPHA
    for seed in range(5):
        dataset = holds(np.zeros(T.size), seed, phase_b)
        assert (assign_phases(dataset) == expected).all()
        assert (mixed_reasons(dataset) == "").all()


@pytest.mark.parametrize("share", [0.2, 0.25, 0.3])
def test_a_hold_that_is_partly_beta_is_mixed_although_its_order_is_above_one_half(share):
    part = np.where(T >= 475.0, share, 0.0)
    dataset = holds(part)
    assert float(dataset["alpha_order"].min()) > 0.5
    found = codes(dataset)
    np.testing.assert_array_equal(found == Phase.MIXED, part > 0)
    reason = mixed_reasons(dataset).isel(potential=0, pressure=1, replica=0).values
    assert all("where α has" in text or "above the line" in text for text in reason[part > 0])


def test_both_ordered_phases_side_by_side_are_not_taken_for_mixtures():
    dataset = xr.concat([holds(np.zeros(T.size)), holds(np.zeros(T.size), 1, True)], "replica")
    found = assign_phases(dataset.assign_coords(replica=[0, 1]))
    assert (found.sel(replica=0) == Phase.ALPHA).all()
    assert (found.sel(replica=1) == Phase.ALPHA_CAP).all()


@pytest.mark.parametrize("when", [0.1, 0.5, 0.9])
def test_a_hold_whose_volume_changes_during_the_run_is_mixed(when):
    dataset = holds(np.zeros(T.size))
    later = np.arange(N_TIMES) >= when * N_TIMES
    series = dataset["volume_series"].copy()
    series[0, 1, 4, 0, :] += 18.0 * later
    found = codes(dataset.assign(volume_series=series))
    assert found[4] == Phase.MIXED
    assert (np.delete(found, 4) == Phase.ALPHA).all()


def test_a_hold_whose_order_changes_during_the_run_is_mixed():
    dataset = holds(np.zeros(T.size))
    order, error = dataset["alpha_order"].copy(), dataset["alpha_order_stderr"].copy()
    order[0, 1, 4], error[0, 1, 4] = 0.65, 0.2
    changed = dataset.assign(alpha_order=order, alpha_order_stderr=error)
    assert codes(changed)[4] == Phase.MIXED
    assert "order changed during the run" in str(mixed_reasons(changed).values[0, 1, 4, 0])


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_fluctuations_of_a_small_cell_are_no_change(correlation):
    """104 atoms: 1.6 % of the volume, also when they last."""
    generator = np.random.default_rng(0)
    changed = 0
    for _ in range(300):
        noise = generator.normal(size=N_TIMES)
        for i in range(1, N_TIMES):
            noise[i] = correlation * noise[i - 1] + np.sqrt(1 - correlation**2) * noise[i]
        changed += two_levels(260.0 + 4.0 * noise) is not None
    assert changed < 0.03 * 300
    assert two_levels(np.array([250.0, 270.0])) is None


def test_materials_and_dimensions_in_any_order_have_the_same_phases():
    part = np.where(T >= 475.0, 0.3, 0.0)
    dataset = holds(part)
    expected = assign_phases(dataset)
    turned = dataset.transpose("temperature", "replica", "pressure", "potential", "time")
    xr.testing.assert_equal(assign_phases(turned).transpose(*DIMS), expected)
    alone = dataset.isel(potential=[1])
    np.testing.assert_array_equal(assign_phases(alone), expected.isel(potential=[1]))


def test_a_part_of_the_data_keeps_the_phases_of_the_whole():
    part = np.where(T >= 475.0, 0.2, 0.0)
    hot = {"temperature": slice(-1, None)}
    dataset = holds(part)
    assert (assign_phases(dataset.isel(hot)) == Phase.ALPHA).all()  # nothing to compare with
    assert (assign_phases(with_phases(dataset).isel(hot)) == Phase.MIXED).all()


def test_results_without_a_course_of_the_volume_are_still_judged_by_order_and_volume():
    dataset = holds(np.where(T >= 475.0, 0.3, 0.0)).drop_vars("volume_series")
    np.testing.assert_array_equal(codes(dataset) == Phase.MIXED, T >= 475.0)
    assert (codes(dataset.drop_vars("volume_stderr"))[T >= 475.0] == Phase.MIXED).all()


def half_transformed():
    """Holds of which the two hottest in α are a third β, with volumes and enthalpies of that."""
    experiment = Experiment(volume_noise=0.2, enthalpy_noise=0.3)
    hold = make_hold_from_both(experiment, overheating=60.0)
    material, exact = Material(), hold.copy(deep=True)
    cells = []
    for i, p in enumerate(experiment.pressures):
        t = hold["temperature"].values
        hottest = np.flatnonzero(t <= material.transition(p) + 60.0)[-2:]
        for j in hottest:
            at = {"start": 0, "pressure": i, "temperature": j}
            high, low = material.high, material.low
            for name in ("volume", "enthalpy"):
                step = getattr(high, name)(t[j], p) - getattr(low, name)(t[j], p)
                hold[name][at] = hold[name][at] + step / 3
            hold["alpha_order"][at] = 0.55
            cells.append((p, t[j]))
    return hold, exact, cells


def test_half_transformed_holds_stay_out_of_a_phase_and_are_reported():
    hold, exact, cells = half_transformed()
    found, without = (
        analyze_results(xr.DataTree.from_dict({"/hold": data})) for data in (hold, exact)
    )
    one = {"potential": 0, "n_vacancies": 0}
    for p, t in cells:
        at = found["holds"].to_dataset().isel(one).sel(pressure=p, temperature=t)
        assert np.isnan(at["volume"].sel(phase="alpha"))
        assert int(at["n_done"].sel(phase="mixed")) == 3
        assert "Å³ above the line of colder holds" in str(at["mixed_reason"].values)
    transition = found["transition"].to_dataset().isel(one)
    at = transition["transition_temperature"].sel(route="hold").values
    exact_step = [
        Material().high.volume(t, p) - Material().low.volume(t, p)
        for t, p in zip(at, transition["pressure"].values, strict=True)
    ]
    np.testing.assert_allclose(transition["volume_step"], exact_step, atol=0.3)
    (material,) = summarize(found)["materials"]
    (note,) = (note for note in material["flagged"] if "of no single phase" in note)
    p, t = cells[0]
    assert note.startswith(f"{3 * len(cells)} of ")
    assert f"{p:g} GPa {t:g} K (volume " in note
    (clean,) = summarize(without)["materials"]
    assert not any("of no single phase" in note for note in clean["flagged"])


def test_beta_that_ordered_during_the_run_still_limits_the_transition():
    hold = make_hold_from_both(Experiment(replicas=1))
    material = hold.isel(potential=0, n_vacancies=0)
    before = bracket_holds(join_starts(material), None)
    # Most of the run in α, and the volume in two levels.
    dims = material["volume"].dims
    built_in_beta = (material["start"] == "beta").broadcast_like(material["volume"])
    late = (built_in_beta & (material["alpha_order"] > 0.5)).transpose(*dims).values
    order = material["alpha_order"].where(~xr.DataArray(late, dims=dims), 0.6)
    step = 18.0 * late[..., None] * (np.arange(N_TIMES) < 30)
    series = material["volume"].values[..., None] + step
    changed = material.assign(alpha_order=order, volume_series=((*dims, "time"), series))
    joined = join_starts(changed)
    assert int((assign_phases(joined) == Phase.MIXED).sum()) >= late.sum() > 0
    assert bracket_holds(joined, None) == before

"""The run id: blind to how the file is written, sensitive to every bit of physics."""

import dataclasses
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.physics.forcefield import PARAMETERS
from lbhsweep.sweep import canonical_json, expand_grid, load_sweep, point_from_json, run_id
from lbhsweep.sweep.point import (
    DynamicsPoint,
    HoldPoint,
    ModelPoint,
    RampPoint,
    RunPoint,
    SystemPoint,
    TrajectoryPoint,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**6)
systems = st.builds(
    SystemPoint,
    crystal=st.text(),
    phase=st.sampled_from(["alpha", "beta"]),
    supercell=st.tuples(counts, counts, counts),
    n_vacancies=counts,
    charge_compensation=st.sampled_from(["anions", "cations", "background"]),
    frozen=st.sampled_from(["none", "Li", "anions"]),
)
models = st.builds(
    ModelPoint,
    potential=st.text(),
    potential_digest=st.text(),
    cutoff_A=numbers,
    shift=st.booleans(),
    accuracy=st.sampled_from(["production", "high"]),
)
dynamics = st.builds(
    DynamicsPoint,
    ensemble=st.sampled_from(["npt", "nvt", "nve"]),
    timestep_fs=numbers,
    nonbonded_every=counts,
    thermostat_time_ps=numbers,
    barostat_time_ps=numbers,
    sample_every=counts,
    barostat=st.sampled_from(["isotropic", "orthorhombic", "triclinic"]),
)
holds = st.builds(HoldPoint, temperature_K=numbers, equilibrate_ps=numbers, produce_ps=numbers)
ramps = st.builds(
    RampPoint,
    temperature_min_K=numbers,
    temperature_max_K=numbers,
    bin_K=numbers,
    heating_rate_K_per_ps=numbers,
    direction=st.sampled_from(["heating", "cooling"]),
    equilibrate_ps=numbers,
)
trajectories = st.builds(TrajectoryPoint, every=counts, velocities=st.booleans())
points = st.builds(
    RunPoint,
    system=systems,
    model=models,
    dynamics=dynamics,
    protocol=holds | ramps,
    pressure_GPa=numbers,
    replica=counts,
    observables=st.lists(st.text(), max_size=3).map(tuple),
    trajectory=trajectories,
    rehearsal=st.booleans(),
)

POINT = RunPoint(
    system=SystemPoint(
        crystal="Li2B12H12",
        phase="alpha",
        supercell=(2, 2, 2),
        n_vacancies=0,
        charge_compensation="anions",
    ),
    model=ModelPoint(
        potential="lbh-2021",
        potential_digest="0" * 64,
        cutoff_A=9.0,
        shift=False,
        accuracy="production",
    ),
    dynamics=DynamicsPoint(
        ensemble="npt",
        timestep_fs=0.5,
        nonbonded_every=4,
        thermostat_time_ps=0.1,
        barostat_time_ps=1.0,
        sample_every=10,
    ),
    protocol=HoldPoint(temperature_K=300.0, equilibrate_ps=200.0, produce_ps=1000.0),
    pressure_GPa=0.4,
    replica=0,
    observables=("thermo",),
)


@given(points)
def test_point_comes_back_from_its_json(point):
    text = canonical_json(point)
    assert point_from_json(text) == point
    assert canonical_json(point_from_json(text)) == text


@given(points)
def test_json_is_canonical(point):
    text = canonical_json(point)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


@given(points, points)
def test_different_points_have_different_ids(one, other):
    assert (one == other) == (run_id(one) == run_id(other))


def test_ids_outlive_this_version():
    """Folders of finished runs are found by these names: they may only change with the physics."""
    assert run_id(POINT) == "d0e58594caf1c4be3ec8c5934d2192bb38010af7e41a98d419458d510b5db374"


def test_whole_numbers_and_negative_zero_are_the_same_physics():
    same = dataclasses.replace(
        POINT,
        model=dataclasses.replace(POINT.model, cutoff_A=9),
        pressure_GPa=0,
        protocol=dataclasses.replace(POINT.protocol, temperature_K=300),
    )
    assert run_id(same) == run_id(dataclasses.replace(POINT, pressure_GPa=-0.0))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(dataclasses.replace(POINT, pressure_GPa=number))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"protocol":{"melt":{}}}', "3"])
def test_text_that_is_no_point_is_refused(text):
    with pytest.raises(ValueError, match=r"not the JSON of a run point|Expecting value"):
        point_from_json(text)


SWEEP = """\
name: a sweep
system: {supercell: 2}
model: {cutoff: 9 Å}
axes: {pressure: [0 GPa, 0.4 GPa], temperature: [300 K, 350 K], n_vacancies: [0, 2], replica: 2}
protocol: {hold: {equilibrate: 200 ps, produce: 1 ns}}
dynamics: {timestep: 0.5 fs, nonbonded_timestep: 2 fs}
"""


def ids(folder, text):
    path = folder / "sweep.yaml"
    path.write_text(text)
    return {run_id(point) for point in expand_grid(load_sweep(path)).points}


COSMETIC = [
    ("name: a sweep", "# a comment\nname: another name\ndescription: with a description"),
    ("produce: 1 ns", "produce: 1000 ps"),
    ("produce: 1 ns", "produce: 1e6 fs"),
    ("0.4 GPa", "400 MPa"),
    ("0.4 GPa", "4 kbar"),
    ("[0 GPa, 0.4 GPa]", "0 GPa .. 0.4 GPa step 0.4 GPa"),
    ("[0 GPa, 0.4 GPa]", "[0.40 GPa, -0 Pa]"),
    ("9 Å", "0.9 nm"),
    ("9 Å", "9.00 angstrom"),
    ("supercell: 2", "supercell: [2, 2, 2]"),
    ("replica: 2", "replica: [1, 0]"),
    ("timestep: 0.5 fs, nonbonded_timestep: 2 fs", "timestep: 0.0005 ps"),
    ("n_vacancies: [0, 2], replica: 2", "replica: 2, n_vacancies: [2, 0]"),
    ("system: {supercell: 2}", "system: {supercell: 2, start: alpha}"),
    ("system: {supercell: 2}", "system: {supercell: 2, frozen: none}"),
    ("timestep: 0.5 fs", "timestep: 0.5 fs, barostat: isotropic"),
    ("model: {cutoff: 9 Å}\n", ""),
]


@pytest.mark.parametrize(("old", "new"), COSMETIC)
def test_cosmetic_edits_change_no_id(tmp_path, old, new):
    assert old in SWEEP
    assert ids(tmp_path, SWEEP.replace(old, new)) == ids(tmp_path, SWEEP)


PHYSICAL = [
    ("supercell: 2", "supercell: [2, 2, 3]"),
    ("supercell: 2", "supercell: 2, start: beta"),
    ("9 Å", "8.9 Å"),
    ("cutoff: 9 Å", "cutoff: 9 Å, shift: true"),
    ("cutoff: 9 Å", "cutoff: 9 Å, accuracy: high"),
    ("timestep: 0.5 fs", "timestep: 1 fs"),
    ("nonbonded_timestep: 2 fs", "nonbonded_timestep: 1 fs, sample_every: 10 fs"),
    ("timestep: 0.5 fs", "timestep: 0.5 fs, thermostat_time: 0.2 ps"),
    ("timestep: 0.5 fs", "timestep: 0.5 fs, barostat_time: 2 ps"),
    ("timestep: 0.5 fs", "timestep: 0.5 fs, barostat: orthorhombic"),
    ("timestep: 0.5 fs", "timestep: 0.5 fs, barostat: triclinic"),
    ("supercell: 2", "supercell: 2, frozen: Li"),
    ("supercell: 2", "supercell: 2, frozen: anions"),
    ("timestep: 0.5 fs", "timestep: 0.5 fs, sample_every: 20 fs"),
    ("equilibrate: 200 ps", "equilibrate: 201 ps"),
    ("produce: 1 ns", "produce: 1.1 ns"),
    ("replica: 2", "replica: 2, potential: lbh-2021-stiff"),
    ("name: a sweep", "name: a sweep\ntrajectory: {every: 1 ps}"),
]


def test_every_way_of_keeping_frames_has_its_own_ids(tmp_path):
    kept = ("{every: 1 ps}", "{every: 2 ps}", "{every: 1 ps, velocities: true}")
    found = [ids(tmp_path, f"{SWEEP}trajectory: {one}\n") for one in kept]
    assert len(set().union(*found)) == 3 * len(found[0])
    same = "{every: 1000 fs, velocities: false}"
    assert ids(tmp_path, f"{SWEEP}trajectory: {same}\n") == found[0]


@pytest.mark.parametrize(("old", "new"), PHYSICAL)
def test_other_physics_changes_every_id(tmp_path, old, new):
    assert old in SWEEP
    assert ids(tmp_path, SWEEP.replace(old, new)).isdisjoint(ids(tmp_path, SWEEP))


def test_each_ensemble_has_its_own_ids(tmp_path):
    sweep = SWEEP.replace("[0 GPa, 0.4 GPa]", "0 GPa")
    edits = (f"timestep: 0.5 fs, ensemble: {name}" for name in ("npt", "nvt", "nve"))
    npt, nvt, nve = (ids(tmp_path, sweep.replace("timestep: 0.5 fs", edit)) for edit in edits)
    assert npt == ids(tmp_path, sweep)
    assert len(npt | nvt | nve) == 3 * len(npt)


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.4 GPa", "0.4 GPa, 1 GPa"), ("350 K", "350 K, 400 K"), ("replica: 2", "replica: 5")],
)
def test_more_points_keep_the_ids_of_the_old(tmp_path, old, new):
    assert ids(tmp_path, SWEEP) < ids(tmp_path, SWEEP.replace(old, new))


def test_compensation_matters_only_where_there_is_charge_to_compensate(tmp_path):
    before = ids(tmp_path, SWEEP)
    edited = SWEEP.replace("supercell: 2", "supercell: 2, charge_compensation: cations")
    assert len(before & ids(tmp_path, edited)) == len(before) // 2


def test_edited_parameter_file_changes_only_its_own_runs(tmp_path):
    mine = tmp_path / "mine.yaml"
    text = re.sub("name: .*", "name: mine", (PARAMETERS / "lbh-2021.yaml").read_text(), count=1)
    sweep = SWEEP.replace("replica: 2", "potential: [lbh-2021, mine.yaml]")
    mine.write_text(text)
    before = ids(tmp_path, sweep)
    mine.write_text("# a comment\n" + text)
    assert ids(tmp_path, sweep) == before
    mine.write_text(text.replace("exclusion_depth: 3", "exclusion_depth: 2"))
    assert len(before & ids(tmp_path, sweep)) == len(before) // 2

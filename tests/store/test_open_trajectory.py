"""A run's frames are found by so much of its id as is needed, or by its place in the results."""

import dataclasses

import numpy as np
import pytest
from store.store_samples import hold_layout, made_folder
from store.trajectory_samples import layout_of, write

import lbhsweep.interop.explore  # noqa: F401 - the accessor
from lbhsweep.errors import FolderError, RunNotFoundError, SchemaError, StoreError, UnitError
from lbhsweep.store import trajectory_writer
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.store.trajectory import (
    open_trajectory,
    run_at,
    trajectory_ids,
    written_frames,
)

FIRST, SECOND, OTHER = "ab" + 62 * "0", "ab" + 61 * "0" + "1", "cd" + 62 * "0"


@pytest.fixture
def sweep(tmp_path):
    sweep = SweepFolder(tmp_path / "out")
    sweep.create()
    for name in (FIRST, SECOND, OTHER):
        write(sweep.trajectory_path(name), layout_of(run_id=name))
    return sweep


@pytest.mark.parametrize("asked", ["c", "cd0", OTHER, " CD00 "])
def test_the_beginning_of_an_id_is_enough(sweep, asked):
    with open_trajectory(sweep.path, asked) as found:
        assert found.attrs["run_id"] == OTHER
    assert trajectory_ids(sweep) == [FIRST, SECOND, OTHER]


def test_what_does_not_name_one_run_is_refused(sweep):
    with pytest.raises(
        RunNotFoundError, match=r"2 runs have ids that begin with 'ab'.*more digits"
    ):
        open_trajectory(sweep.path, "ab")
    with pytest.raises(RunNotFoundError, match=r"no run .* begins with 'ff'; 'lbhsweep trajectory"):
        open_trajectory(sweep.path, "ff")
    for odd in ("", "../x", "heating"):
        with pytest.raises(RunNotFoundError, match="beginning of a run id"):
            open_trajectory(sweep.path, odd)
    with pytest.raises(FolderError, match="no sweep here"):
        open_trajectory(sweep.path / "none", "ab")


@pytest.mark.parametrize("done", [True, False])
def test_a_run_without_frames_says_how_to_get_some(sweep, done):
    name = "ef" * 32
    if done:
        sweep.record_path(name).parent.mkdir()
        sweep.record_path(name).touch()
    else:
        sweep.run_folder(name).mkdir(parents=True)
    with pytest.raises(RunNotFoundError, match=r"efefefefefef has no trajectory.*every: 1 ps"):
        open_trajectory(sweep.path, "ef")


def test_a_damaged_trajectory_is_an_error(sweep):
    (sweep.trajectory_path(OTHER) / "zarr.json").write_text("{")
    with pytest.raises(StoreError, match="can't read the trajectory"):
        open_trajectory(sweep.path, OTHER)


def test_a_trajectory_of_a_newer_version_is_refused(sweep, monkeypatch):
    monkeypatch.setattr(trajectory_writer, "TRAJECTORY_SCHEMA", 99)
    write(sweep.trajectory_path(OTHER), layout_of(run_id=OTHER))
    with pytest.raises(SchemaError, match="got a trajectory of schema 99, wanted at most 1"):
        open_trajectory(sweep.path, OTHER)


@pytest.mark.parametrize("n_written", [0, 1, 7, 10])
def test_written_frames(sweep, n_written):
    write(sweep.trajectory_path(OTHER), layout_of(run_id=OTHER), n_frames=n_written)
    with open_trajectory(sweep.path, OTHER) as found:
        kept = written_frames(found).load()
        assert kept.sizes["time"] == n_written
        assert np.isfinite(kept["positions"]).all()


@pytest.fixture
def results(tmp_path):
    """Results of holds at two pressures and temperatures with two potentials, one not planned."""
    layout = hold_layout()
    layout = dataclasses.replace(layout, planned=layout.planned[:-1])
    Collector(made_folder(tmp_path), layout).finalize()
    return tmp_path, dict(layout.planned)


def test_runs_are_found_by_their_place_in_the_results(results):
    folder, planned = results
    assert len(planned) == 7
    for name, at in planned.items():
        assert run_at(folder, **at) == name
        # Dimensions with one value may be left out, and rounding doesn't matter.
        del at["replica"], at["n_vacancies"]
        assert run_at(folder, **at | {"pressure": at["pressure"] * (1 + 1e-14)}) == name


@pytest.mark.parametrize(
    "at",
    [
        {"pressure": "200 MPa", "temperature": "400 K"},
        {"pressure": "0.2 GPa", "temperature": 400.0},
        {"pressure": "2 kbar", "temperature": 400},
        {"pressure": 0.2, "temperature": 400, "replica": "0"},
    ],
)
def test_places_are_texts_with_units_too_as_in_the_accessor(results, at):
    folder, planned = results
    wanted = {"potential": "lbh-2021", "n_vacancies": 0, "pressure": 0.2, "temperature": 400.0}
    (name,) = (one for one, known in planned.items() if known == wanted | {"replica": 0})
    assert run_at(folder, potential="lbh-2021", **at) == name
    hold = open_results(folder)["hold"].to_dataset()
    assert str(hold.lbh.at(potential="lbh-2021", **at).run_id.values) == name


@pytest.mark.parametrize("at", [{"pressure": "300 MPa"}, {"pressure": "much"}, {"pressure": "2 K"},
                                {"replica": "first"}, {"replica": None}])  # fmt: skip
def test_places_that_are_none_are_refused_alike(results, at):
    folder, _ = results
    said = set()
    for ask in (run_at, lambda _, **at: open_results(folder)["hold"].to_dataset().lbh.at(**at)):
        with pytest.raises((RunNotFoundError, UnitError)) as caught:
            ask(folder, **at)
        said.add(str(caught.value))
    assert len(said) == 1


def test_places_that_name_no_run_are_refused(results):
    folder, _ = results
    at = {"potential": "lbh-2021", "pressure": 0.2, "temperature": 400.0}
    with pytest.raises(RunNotFoundError, match=r"no pressure 0\.3, wanted one of 0, 0\.2 GPa"):
        run_at(folder, **at | {"pressure": 0.3})
    with pytest.raises(
        RunNotFoundError, match="cutoff is no dimension of this sweep, wanted potent"
    ):
        run_at(folder, **at, cutoff=9.0)
    with pytest.raises(RunNotFoundError, match=r"2 planned runs .*; give temperature too"):
        run_at(folder, potential="lbh-2021", pressure=0.2)
    with pytest.raises(RunNotFoundError, match="0 planned runs"):
        run_at(folder, potential="lbh-2021-fullk", pressure=0.2, temperature=500.0)
    with pytest.raises(StoreError, match="no results here"):
        run_at(folder / "none", **at)

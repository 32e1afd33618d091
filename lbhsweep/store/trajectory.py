"""Finding and opening the trajectories of a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import xarray as xr

from lbhsweep.errors import FolderError, RunNotFoundError, SchemaError, StoreError
from lbhsweep.store.coordinates import place_of
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.store.texts import with_plain_texts
from lbhsweep.store.trajectory_writer import TRAJECTORY_SCHEMA

MOST_NAMED = 5
_HEX = frozenset("0123456789abcdef")
_SCHEDULER = "threads"

Lazy = TypeVar("Lazy", xr.DataArray, xr.Dataset)


def open_trajectory(folder: str | Path, run: str) -> xr.Dataset:
    """Open the frames of a run; also works while the run is under way.

    The same as ``xarray.open_zarr(".../trajectories/ab/abcd….zarr")``, with messages.

    Parameters
    ----------
    folder : str or Path
        A sweep's folder.
    run : str
        The run's id, or the beginning of it if no other run's id begins so.

    Returns
    -------
    xarray.Dataset
        ``positions`` (time, atom, xyz) float32 in Å, unwrapped, ``cell`` (time, vector, xyz)
        in Å, ``velocities`` (time, atom, xyz) float32 in Å/ps if the sweep asks for them; with the
        coordinates time in ps from the start of production, the baths' ``temperature`` in K,
        ``symbol``, ``molecule`` (0 for single ions), ``mass`` in g/mol and ``charge`` in e.
        NaN in frames that aren't written yet (`written_frames` leaves them out); all frames of
        a done run are there.

    Raises
    ------
    RunNotFoundError
        If no run matches, several do, or the one that matches has no frames.
    FolderError
        If there is no sweep.
    StoreError
        If the trajectory can't be read.
    SchemaError
        If a newer lbhsweep wrote it.
    """
    sweep = SweepFolder(Path(folder))
    path = sweep.trajectory_path(find_run(sweep, run))
    try:
        dataset = with_plain_texts(xr.open_zarr(path))
        found = int(dataset.attrs["trajectory_schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path}: can't read the trajectory: {error}; delete it together with the run's file "
            f"in {sweep.records} and give the 'lbhsweep run' command again"
        ) from error
    if found > TRAJECTORY_SCHEMA:
        raise SchemaError(
            f"{path}: got a trajectory of schema {found}, wanted at most {TRAJECTORY_SCHEMA}; "
            "read it with a newer lbhsweep"
        )
    return dataset


def written_frames(trajectory: xr.Dataset) -> xr.Dataset:
    """Select the frames that are written: of a run under way, or up to a failure.

    Raises
    ------
    StoreError
        If frames are missing before others that are there.
    """
    # The cell is written last, and chunks are written in their order.
    missing = np.isnan(compute(trajectory["cell"]).values[:, 0, 0])
    n_written = int(missing.argmax()) if missing.any() else len(missing)
    if not missing[n_written:].all():
        raise hole_in(trajectory, n_written)
    return trajectory.isel(time=slice(0, n_written))


def compute(part: Lazy) -> Lazy:
    """Read a part of a trajectory into memory, by threads of this process.

    Without a scheduler's name Dask would send the work to whatever client is the default: it may
    be dead, or its workers may not see the files.

    Parameters
    ----------
    part : xarray.DataArray or xarray.Dataset
        Of what `open_trajectory` returns; not changed.

    Returns
    -------
    xarray.DataArray or xarray.Dataset
        The same, in memory.
    """
    return part.compute(scheduler=_SCHEDULER)


def hole_in(trajectory: xr.Dataset, frame: int) -> StoreError:
    """Build the error that a frame is missing before others that are there."""
    run = str(trajectory.attrs.get("run_id", ""))
    return StoreError(
        f"trajectory of run {run[:12]}: frame {frame} is missing before others that are there, "
        "files were removed; take the part before it, or delete the trajectory together with the "
        "run's file in records/ and give the 'lbhsweep run' command again"
    )


def trajectory_ids(sweep: SweepFolder) -> list[str]:
    """List the runs that have frames, by run id."""
    return sorted(path.stem for path in sweep.trajectories.glob("*/*.zarr"))


def find_run(sweep: SweepFolder, run: str) -> str:
    """Find the run with frames whose id begins with `run`.

    Raises
    ------
    RunNotFoundError
        If none does, or several.
    FolderError
        If there is no sweep.
    """
    run = run.strip().lower()
    if not sweep.path.is_dir():
        raise FolderError(
            f"{sweep.path}: no sweep here, wanted the folder given to 'lbhsweep run --output'"
        )
    if not run or not set(run) <= _HEX:
        raise RunNotFoundError(
            f"got run {run!r}, wanted the beginning of a run id, which has digits and the letters "
            f"a to f; {_listing(sweep)}"
        )
    matching = [name for name in trajectory_ids(sweep) if name.startswith(run)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        shown = ", ".join(name[: len(run) + 8] for name in matching[:MOST_NAMED])
        raise RunNotFoundError(
            f"{len(matching)} runs have ids that begin with {run!r}, such as {shown}; "
            "give more digits"
        )
    without = next((name for name in _known_runs(sweep) if name.startswith(run)), None)
    if without is None:
        raise RunNotFoundError(
            f"no run in {sweep.path} has an id that begins with {run!r}; {_listing(sweep)}"
        )
    raise RunNotFoundError(
        f"run {without[:12]} has no trajectory: its sweep file asked for none, or it was deleted; "
        "write for example 'trajectory: {every: 1 ps}' into the file, or delete the run's file in "
        f"{sweep.records}, and give the 'lbhsweep run' command again"
    )


def run_at(folder: str | Path, **coordinates: str | float) -> str:
    """Return the id of the run at some coordinates of the results.

    Parameters
    ----------
    folder : str or Path
        A sweep's folder, with results.
    **coordinates
        Values by dimension, such as ``pressure="300 MPa", replica=0``: numbers in the coordinate's
        own unit, or texts; dimensions with one value only may be left out.

    Raises
    ------
    RunNotFoundError
        If no planned run has these coordinates, or several have.
    UnitError
        If a text has a wrong unit.
    StoreError
        If there are no results.
    """
    with open_results(folder) as tree:
        (group,) = tree.children.values()
        runs = group.to_dataset()["run_id"].load()
    for dim, wanted in coordinates.items():
        if dim not in runs.dims:
            raise RunNotFoundError(
                f"{dim} is no dimension of this sweep, wanted {', '.join(map(str, runs.dims))}"
            )
        runs = runs.isel({dim: [place_of(runs[dim], wanted)]})
    names = [str(name) for name in runs.values.ravel() if name]
    if len(names) != 1:
        several = [str(dim) for dim in runs.dims if runs.sizes[dim] > 1]
        raise RunNotFoundError(
            f"{len(names)} planned runs have these coordinates, wanted one"
            + (f"; give {', '.join(several)} too" if names else "")
        )
    return names[0]


def _known_runs(sweep: SweepFolder) -> Iterator[str]:
    yield from sweep.finished()
    yield from (path.name for path in sweep.runs.glob("*/*"))


def _listing(sweep: SweepFolder) -> str:
    return f"'lbhsweep trajectory {sweep.path}' lists those that have frames"

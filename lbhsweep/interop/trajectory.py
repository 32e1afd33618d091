"""A stored trajectory frame by frame, for other programs: some frames only, wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.arrays import FloatArray
from lbhsweep.store.trajectory import compute, hole_in, open_trajectory, run_at, written_frames

__all__ = ["Frame", "frames", "open_trajectory", "run_at", "wrapped", "written_frames"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame.

    Attributes
    ----------
    time : float
        ps from the start of production.
    temperature : float
        K, of the thermostat.
    cell : (3, 3) float64
        Å, rows are lattice vectors.
    positions : (n_atoms, 3) float64
        Å.
    velocities : (n_atoms, 3) float64 or None
        Å/ps, None if they were not kept.
    """

    time: float
    temperature: float
    cell: FloatArray
    positions: FloatArray
    velocities: FloatArray | None


def frames(trajectory: xr.Dataset, *, every: int = 1, wrap: bool = False) -> Iterator[Frame]:
    """Yield the frames that are written, reading each chunk once.

    Parameters
    ----------
    trajectory : xarray.Dataset
        From `open_trajectory`, whole or a part of it.
    every : int
        Take every n-th frame, from the first.
    wrap : bool
        Whether to wrap ions into the cell (see `wrapped`).

    Yields
    ------
    Frame

    Raises
    ------
    ValueError
        If `every` is no positive number.
    StoreError
        If a frame is missing before others that are there.
    """
    if every < 1:
        raise ValueError(f"every is {every}, wanted at least 1")
    written = written_frames(trajectory)
    stored = written["positions"].encoding.get("chunks") or (len(written["time"]),)
    block = every * max(1, int(stored[0]) // every)
    molecule = compute(written["molecule"]).values
    for start in range(0, len(written["time"]), block):
        part = compute(written.isel(time=slice(start, start + block, every)))
        velocities = part["velocities"].values if "velocities" in part else None
        for k in range(len(part["time"])):
            cell = part["cell"].values[k].astype(np.float64)
            positions = part["positions"].values[k].astype(np.float64)
            if np.isnan(positions).any():
                raise hole_in(written, start + k * every)
            yield Frame(
                time=float(part["time"].values[k]),
                temperature=float(part["temperature"].values[k]),
                cell=cell,
                positions=wrapped(positions, cell, molecule) if wrap else positions,
                velocities=None if velocities is None else velocities[k].astype(np.float64),
            )


def wrapped(
    positions: FloatArray, cell: FloatArray, molecule: npt.NDArray[np.integer]
) -> FloatArray:
    """Wrap single ions, and the centres of anions, into the cell; anions stay whole.

    Parameters
    ----------
    positions : (n_atoms, 3) float64
        Å, with the anions whole.
    cell : (3, 3) float64
        Å, rows are lattice vectors.
    molecule : (n_atoms,) int
        0 for single ions, otherwise the anion's number.

    Returns
    -------
    (n_atoms, 3) float64
        Å.
    """
    # Each single ion is a group of its own.
    single = molecule == 0
    group = np.where(single, molecule.max(initial=0) + 1 + np.arange(len(molecule)), molecule)
    _, group = np.unique(group, return_inverse=True)
    size = np.bincount(group)
    centres = np.stack([np.bincount(group, weights=x) / size for x in positions.T], axis=1)
    return np.asarray(positions - np.floor(centres @ np.linalg.inv(cell))[group] @ cell)

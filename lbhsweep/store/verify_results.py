"""Comparing the dataset of a sweep, as it is on disk, with the records of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from lbhsweep.errors import StoreError
from lbhsweep.store.grid_writer import by_chunk
from lbhsweep.store.schema import Place, Status

Array = npt.NDArray[Any]

_LABELS = ("run_id", "status")
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError)
"""What zarr raises on missing, torn or foreign content."""
_VACANT = (Status.PENDING, Status.RUNNING, Status.QUARANTINED)


@dataclass(frozen=True, slots=True)
class ExpectedCell:
    """The content of one cell according to the records.

    Attributes
    ----------
    run_id : str
        The run of the cell.
    status : Status or None
        Done or failed; None without a record.
    values : mapping
        By variable; those without a value hold their fill value.
    """

    run_id: str
    status: Status | None
    values: Mapping[str, Any]


class StoredResults:
    """The arrays of a dataset, read without its metadata's consolidated copy.

    Parameters
    ----------
    path : Path
        ``results.zarr``.

    Attributes
    ----------
    places : dict of str to tuple of int
        Index of each run's cell, by run id.
    n_chunks : int
        Chunks of all arrays.
    lost : dict of str to str
        What is wrong with whole arrays, by name: chunks lost or torn.

    Raises
    ------
    StoreError
        If it is no dataset of a sweep, or its labels can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.lost: dict[str, str] = {}
        try:
            root = zarr.open_group(path, mode="r", use_consolidated=False)
            ((_, group),) = root.groups()
            arrays = dict(group.arrays())
            self._grid_dims = tuple(_dims(arrays["status"]))
            self._coordinates = {dim: np.asarray(arrays[dim]) for dim in self._grid_dims}
            run_ids, self._status = (np.asarray(arrays[name]) for name in _LABELS)
        except _DAMAGE as error:
            raise StoreError(f"{path}: can't read the results: {error}") from error
        self.places: dict[str, Place] = {
            str(run_ids[place]): place for place in np.ndindex(run_ids.shape) if run_ids[place]
        }
        self.n_chunks = sum(array.nchunks for array in arrays.values())
        for name, array in arrays.items():
            if array.nchunks_initialized < array.nchunks:
                self.lost[name] = "has lost chunks"
        n_dims = len(self._grid_dims)
        self._arrays = {
            name: array
            for name, array in arrays.items()
            if name not in _LABELS and _dims(array)[:n_dims] == self._grid_dims
        }

    def describe(self, run_id: str) -> str:
        """Write the coordinates of a run's cell for people, empty for a run that has none."""
        place = self.places.get(run_id)
        if place is None:
            return ""
        values = zip(self._grid_dims, place, strict=True)
        return ", ".join(f"{dim} {self._coordinates[dim][index]}" for dim, index in values)

    def is_collected(self, run_id: str) -> bool:
        """Return whether the dataset shows a run as done or failed."""
        return self._status[self.places[run_id]] in (Status.DONE, Status.FAILED)

    def compare(self, cells: Sequence[ExpectedCell]) -> dict[str, list[str]]:
        """Compare some cells with the records, bit for bit.

        Parameters
        ----------
        cells : sequence of ExpectedCell
            Of runs that have a place here.

        Returns
        -------
        dict of str to list of str
            Names of the variables that differ by run id; only runs in which any does.  Arrays
            whose chunks can't be decoded are in `lost` instead.
        """
        different: dict[str, list[str]] = {}
        for cell in cells:
            found = Status(int(self._status[self.places[cell.run_id]]))
            if found not in (_VACANT if cell.status is None else (cell.status,)):
                different.setdefault(cell.run_id, []).append("status")
        for name, array in self._arrays.items():
            try:
                differing = self._compare_array(name, array, cells)
            except _DAMAGE as error:
                self.lost[name] = f"has torn chunks ({error})"
                continue
            for run_id in differing:
                different.setdefault(run_id, []).append(name)
        return different

    def _compare_array(
        self, name: str, array: zarr.Array[Any], cells: Sequence[ExpectedCell]
    ) -> list[str]:
        # The reason why a run has no record is worded otherwise while the sweep runs.
        compared = [cell for cell in cells if name != "error" or cell.status is not None]
        shape = array.shape[len(self._grid_dims) :]
        rows = np.full((len(compared), *shape), array.fill_value, dtype=array.dtype)
        misshapen = set()
        for row, cell in enumerate(compared):
            value = cell.values.get(name)
            if value is not None and np.shape(value) != shape:
                misshapen.add(cell.run_id)
            elif value is not None:
                rows[row] = value
        places = [self.places[cell.run_id] for cell in compared]
        differing = []
        for box, members, inside in by_chunk(places, array.chunks):
            same = _same_rows(np.asarray(array[box])[inside], rows[members])
            differing += [compared[member].run_id for member in members[~same]]
        return sorted(misshapen.union(differing))


def _dims(array: zarr.Array[Any]) -> tuple[str, ...]:
    return tuple(str(dim) for dim in array.metadata.dimension_names or ())  # type: ignore[union-attr]


def _same_rows(one: Array, other: Array) -> npt.NDArray[np.bool_]:
    one, other = (np.ascontiguousarray(rows).reshape(len(rows), -1) for rows in (one, other))
    if one.dtype.kind == "f":
        # Bit for bit, so that NaN is NaN and -0.0 is not 0.0.
        one, other = one.view(np.uint8), other.view(np.uint8)
    return np.asarray((one == other).all(axis=1))

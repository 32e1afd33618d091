"""Writing runs into the dataset's arrays, a batch at a time and each chunk once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from lbhsweep.store.schema import GridLayout, Place, Status

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class GridCell:
    """One run's share of the dataset; a variable without a value gets its fill value."""

    place: Place
    status: Status
    values: Mapping[str, Any]


class GridWriter:
    """The only writer of a dataset's arrays.

    Parameters
    ----------
    group : zarr.Group
        The group as `create_results` made it.
    layout : GridLayout
        Its grid.

    Attributes
    ----------
    status : (len of each grid dimension, ...) int8
        Status of every cell, the same as on disk.
    """

    def __init__(self, group: zarr.Group, layout: GridLayout) -> None:
        self._layout = layout
        self._arrays = {name: _array(group, name) for name in _names(layout)}
        self.status: npt.NDArray[np.int8] = np.asarray(self._arrays["status"][...])

    def write(self, cells: Sequence[GridCell]) -> None:
        """Write all variables of some runs, their status last."""
        places = [cell.place for cell in cells]
        for variable in self._layout.variables:
            shape = self._layout.cell_shape(variable)
            rows = np.empty((len(cells), *shape), dtype=self._arrays[variable.name].dtype)
            for row, cell in enumerate(cells):
                rows[row] = cell.values.get(variable.name, variable.fill)
            self._write_rows(variable.name, places, rows)
        self.write_status(places, [cell.status for cell in cells])

    def write_status(self, places: Sequence[Place], statuses: Sequence[Status]) -> None:
        """Write the status of some runs and nothing else."""
        rows = np.array(statuses, dtype=np.int8)
        self._write_rows("status", places, rows)
        if places:
            self.status[tuple(np.transpose(places))] = rows

    def read_all(self) -> None:
        """Decode every chunk.

        Raises
        ------
        ValueError
            If a chunk is missing, which would read as nothing but fill values.
        RuntimeError
            If one is torn.
        """
        for name, array in self._arrays.items():
            if array.nchunks_initialized < array.nchunks:
                raise ValueError(f"{name} has lost chunks")
            for corner in np.ndindex(array.cdata_shape):
                array[
                    tuple(
                        slice(i * n, (i + 1) * n) for i, n in zip(corner, array.chunks, strict=True)
                    )
                ]

    def _write_rows(self, name: str, places: Sequence[Place], rows: Array) -> None:
        array = self._arrays[name]
        for box, members, inside in by_chunk(places, array.chunks):
            block = np.asarray(array[box])
            changed = rows[members]
            # Most runs change nothing in `error`, and a run collected twice nothing at all.
            if not _same(block[inside], changed):
                block[inside] = changed
                array[box] = block


def _names(layout: GridLayout) -> list[str]:
    return [*(variable.name for variable in layout.variables), "status"]


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    with zarr.config.set({"array.write_empty_chunks": True}):
        array = group[name]
    if not isinstance(array, zarr.Array):
        raise ValueError(f"{name} is no array")
    return array


def by_chunk(
    places: Sequence[Place], chunks: tuple[int, ...]
) -> Iterator[tuple[tuple[slice, ...], Array, tuple[Array, ...]]]:
    """Group cells by the chunk they lie in.

    Yields
    ------
    tuple of slice
        The chunk's box in the grid's dimensions.
    (n,) int array
        Which of the places lie there.
    tuple of (n,) int array
        Their indices inside the box.
    """
    if not places:
        return
    index = np.array(places)
    extent = np.array(chunks[: index.shape[1]])
    corners, member_of = np.unique(index // extent, axis=0, return_inverse=True)
    for number, corner in enumerate(corners * extent):
        members = np.flatnonzero(member_of.ravel() == number)
        box = tuple(
            slice(low, low + n) for low, n in zip(corner.tolist(), extent.tolist(), strict=True)
        )
        yield box, members, tuple((index[members] - corner).T)


def _same(old: Array, new: Array) -> bool:
    if old.dtype.kind == "f":
        # Bit for bit, so that NaN is NaN and -0.0 is not 0.0.
        return old.tobytes() == np.ascontiguousarray(new).tobytes()
    return bool((old == new).all())

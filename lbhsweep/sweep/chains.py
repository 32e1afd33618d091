"""Which runs start from the end of another, and from which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lbhsweep.arrays import GridValue
from lbhsweep.sweep.file.spec import SweepSpec

CellCoordinates = tuple[GridValue, ...]
"""One value for each dimension."""


def in_order_of_start(
    spec: SweepSpec, dims: Sequence[str], cells: Sequence[CellCoordinates]
) -> Iterator[tuple[CellCoordinates, CellCoordinates | None]]:
    """Yield the cells, each after the cell from the end of whose run its own run starts.

    Parameters
    ----------
    spec : SweepSpec
        The sweep.
    dims : sequence of str
        The grid's dimensions.
    cells : sequence of tuple
        Planned cells in the order of their coordinates.

    Yields
    ------
    cell : tuple
    other : tuple or None
        Where the run starts; None if from a crystal as built.  A ramp's may be no planned cell.
    """
    ramp, hold = spec.protocol.ramp, spec.protocol.hold
    if ramp is not None and ramp.first is not None:
        yield from _second_after_first(ramp.first, ramp.first_rate, dims, cells)
    elif hold is not None and hold.follow != "none":
        along = cells if hold.follow == "rising" else cells[::-1]
        yield from _along(dims.index("temperature"), along)
    else:
        yield from ((cell, None) for cell in cells)


def _second_after_first(
    first: GridValue, rate: float | None, dims: Sequence[str], cells: Sequence[CellCoordinates]
) -> Iterator[tuple[CellCoordinates, CellCoordinates | None]]:
    direction, heating_rate = dims.index("direction"), dims.index("heating_rate")
    yield from ((cell, None) for cell in cells if cell[direction] == first)
    for cell in cells:
        if cell[direction] != first:
            other = list(cell)
            other[direction] = first
            other[heating_rate] = cell[heating_rate] if rate is None else rate
            yield cell, tuple(other)


def _along(
    axis: int, cells: Sequence[CellCoordinates]
) -> Iterator[tuple[CellCoordinates, CellCoordinates | None]]:
    latest: dict[CellCoordinates, CellCoordinates] = {}
    for cell in cells:
        elsewhere = (*cell[:axis], *cell[axis + 1 :])
        yield cell, latest.get(elsewhere)
        latest[elsewhere] = cell

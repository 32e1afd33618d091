"""The cells of a sweep's grid: coordinates, and which of their product are planned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from lbhsweep.arrays import BoolArray, GridValue
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.quantities import Group
from lbhsweep.sweep.file.spec import AxesSection, Selection, SweepSpec

MAX_CELLS = 1_000_000
"""Most cells of the dense grid that holds all points."""

Values = tuple[GridValue, ...]

_MATERIAL = ("potential", "cutoff", "n_vacancies", "frozen", "start", "pressure")
GRID_DIMENSIONS = MappingProxyType(
    {
        "hold": (*_MATERIAL, "temperature", "replica"),
        "ramp": (*_MATERIAL, "heating_rate", "direction", "replica"),
        "coexist": (*(dim for dim in _MATERIAL if dim != "start"), "temperature", "replica"),
    }
)
"""Axes of each group, without the temperature bins of ramps, in the order of the dataset's
dimensions."""
OPTIONAL = frozenset({"cutoff", "frozen", "start"})
"""Axes that are dimensions only of the sweeps that give them; others have one value for all."""


@dataclass(frozen=True, slots=True)
class PlannedCells:
    """Coordinates of the dense grid, and which of its cells are planned.

    Attributes
    ----------
    coordinates : dict of str to tuple
        Sorted values by dimension, in the group's order.
    mask : (len of each dimension, ...) bool
        Whether a cell is a point of the sweep.
    """

    coordinates: dict[str, Values]
    mask: BoolArray

    def cells(self) -> list[tuple[GridValue, ...]]:
        """Return the coordinates of each planned cell, in their order."""
        axes = zip(self.coordinates.values(), self.mask.nonzero(), strict=True)
        return list(
            zip(*([axis[i] for i in places.tolist()] for axis, places in axes), strict=True)
        )


def group_of(spec: SweepSpec) -> Group:
    """Name the group of the dataset in which the sweep's runs land."""
    if spec.protocol.coexist is not None:
        return "coexist"
    return "hold" if spec.protocol.ramp is None else "ramp"


def potentials(spec: SweepSpec) -> tuple[ForceField, ...]:
    """Return the force fields of the axis and of the extra points."""
    return sum((one.potential for one in spec.extra_points), start=spec.axes.potential)


def axis_values(spec: SweepSpec) -> dict[str, Values]:
    """Return the values of each axis of the product, by dimension."""
    directions = spec.protocol.ramp.directions if spec.protocol.ramp else ()
    values = _by_dimension(spec.axes) | {"direction": directions}
    return {
        dim: values[dim]
        for dim in GRID_DIMENSIONS[group_of(spec)]
        if values[dim] or dim not in OPTIONAL
    }


def chosen_values(selection: Selection) -> dict[str, Values]:
    """Return the values that a selection names, by dimension."""
    values = _by_dimension(selection) | {"direction": selection.direction}
    return {dim: found for dim, found in values.items() if found}


def _by_dimension(owner: AxesSection | Selection) -> dict[str, Values]:
    return {
        "potential": tuple(force_field.name for force_field in owner.potential),
        "cutoff": owner.cutoff,
        "n_vacancies": owner.n_vacancies,
        "frozen": owner.frozen,
        "start": owner.start,
        "pressure": owner.pressure,
        "temperature": owner.temperature,
        "heating_rate": owner.heating_rate,
        "replica": owner.replica,
    }


def dense_coordinates(spec: SweepSpec) -> dict[str, Values]:
    """Return the sorted values of each dimension, those of extra points included."""
    axes = axis_values(spec)
    extras = [chosen_values(selection) for selection in spec.extra_points]
    return {
        dim: tuple(sorted(set(values).union(*(extra.get(dim, ()) for extra in extras))))
        for dim, values in axes.items()
    }


def n_cells(coordinates: Mapping[str, Values]) -> int:
    """Count the cells of the dense grid."""
    return math.prod(len(values) for values in coordinates.values())


def plan_cells(spec: SweepSpec) -> tuple[PlannedCells, list[int]]:
    """Find which cells are planned: the axes' product, less what is excluded, plus extra points.

    Returns
    -------
    PlannedCells
        Coordinates and mask.
    list of int
        How many cells each of the extra points added.
    """
    coordinates = dense_coordinates(spec)
    places = {dim: {v: i for i, v in enumerate(values)} for dim, values in coordinates.items()}
    whole = {dim: [places[dim][v] for v in values] for dim, values in axis_values(spec).items()}
    planned = np.zeros([len(values) for values in coordinates.values()], dtype=bool)

    def mark(chosen: Mapping[str, Values], to: bool) -> int:
        named = {dim: [places[dim][v] for v in values] for dim, values in chosen.items()}
        cells = np.ix_(*(whole | named).values())
        changed = int((planned[cells] != to).sum())
        planned[cells] = to
        return changed

    mark({}, True)
    for rule in spec.exclude:
        mark(chosen_values(rule), False)
    added = [mark(chosen_values(one), True) for one in spec.extra_points]
    return PlannedCells(coordinates, planned), added

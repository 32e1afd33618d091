"""The schema of the results: the variables of a sweep's dataset, and the cell of each run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Literal

import numpy as np

from lbhsweep.arrays import GridValue
from lbhsweep.errors import StoreError
from lbhsweep.quantities import CATALOGUE, Group, Quantity, stderr_name
from lbhsweep.quantities.quantity import flags, raw_name
from lbhsweep.store.one_phase import (
    STATUS,
    STATUS_LONG_NAME,
    Equilibrated,
    PropertyStatus,
    hints,
    raw_long_name,
)

RESULTS_SCHEMA = 1
"""Raised when an older reader would misread a newer dataset."""

Place = tuple[int, ...]


class Status(IntEnum):
    """Status of a cell of the grid; an unwritten cell reads as pending."""

    NOT_PLANNED = -1
    PENDING = 0
    RUNNING = 1
    DONE = 2
    FAILED = 3
    QUARANTINED = 4


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the dataset.

    Attributes
    ----------
    name : str
        Its name.
    dims : tuple of str
        Its dimensions.
    dtype : str
        ``f8``, ``i8``, ``i4``, ``i1``, or ``text`` (of any length).
    attributes : mapping
        Units, long name, flags.
    fill : str, int or float
        Value of an unwritten cell.
    """

    name: str
    dims: tuple[str, ...]
    dtype: Literal["f8", "i8", "i4", "i1", "text"]
    attributes: Mapping[str, Any]
    fill: GridValue


@dataclass(frozen=True, kw_only=True)
class GridLayout:
    """The grid of a sweep, as its dataset needs it.

    Attributes
    ----------
    group : {'hold', 'ramp', 'coexist'}
        Group of the dataset.
    coordinates : mapping of str to tuple
        Values by dimension, in the order of the arrays' axes.
    planned : tuple of (str, mapping)
        Run id and coordinates of every run of the sweep.
    n_formula_units : int
        Anions in the supercell.
    n_li_sites : int
        Li sites in the supercell before any is removed.
    molar_mass : mapping of int to float
        g/mol per formula unit by number of vacancies.
    bin_centres : tuple of float or None
        Centres of a ramp's temperature bins, K.
    inner_axes : mapping of str to tuple of float or str
        Coordinates inside one run, of `quantities.DIMENSIONS`; quantities along others are not
        stored.
    observables : tuple of str
        The observables whose quantities are stored.
    follows : mapping of str to str
        Run id of the run from whose end a run continues, by run id; only those that do.
    attributes : mapping
        Attributes of the dataset: sweep YAML, versions, force fields, `rehearsal`.
    """

    group: Group
    coordinates: Mapping[str, tuple[GridValue, ...]]
    planned: tuple[tuple[str, Mapping[str, GridValue]], ...]
    n_formula_units: int
    n_li_sites: int
    molar_mass: Mapping[int, float]
    bin_centres: tuple[float, ...] | None = None
    inner_axes: Mapping[str, tuple[float | str, ...]] = field(default_factory=dict)
    observables: tuple[str, ...] = ("thermo",)
    follows: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.bin_centres is None) == (self.group == "ramp"):
            raise StoreError(
                f"group {self.group!r}: got bin centres {self.bin_centres}, "
                "wanted some for ramps and None for holds"
            )

    @cached_property
    def grid_dims(self) -> tuple[str, ...]:
        """Names of the grid's dimensions."""
        return tuple(self.coordinates)

    @cached_property
    def inner(self) -> dict[str, tuple[float | str, ...]]:
        """Coordinates inside one run: temperature bins of a ramp, and the inner axes."""
        bins = {} if self.bin_centres is None else {"temperature": self.bin_centres}
        return {**bins, **self.inner_axes}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension."""
        return {dim: len(values) for dim, values in {**self.coordinates, **self.inner}.items()}

    @cached_property
    def places(self) -> dict[str, Place]:
        """Index of each run's cell in the grid, by run id."""
        index = {
            dim: {value: i for i, value in enumerate(values)}
            for dim, values in self.coordinates.items()
        }
        try:
            return {
                run_id: tuple(index[dim][at[dim]] for dim in self.grid_dims)
                for run_id, at in self.planned
            }
        except KeyError as error:
            raise StoreError(f"a planned run lies outside the grid: {error} is not on it") from None

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Variables of each run beside its status: bookkeeping and quantities of the group."""
        quantities = tuple(self._quantities())
        properties: tuple[Variable, ...] = ()
        if self.group == "hold":
            properties = tuple(_properties(self.grid_dims, quantities))
        return (*_bookkeeping(self.grid_dims), *quantities, *properties)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that determines the arrays' shapes and each run's cell."""
        content = [
            RESULTS_SCHEMA,
            self.group,
            list(self.coordinates.items()),
            list(self.inner.items()),
            [self.n_formula_units, self.n_li_sites, sorted(self.molar_mass.items())],
            sorted(self.places.items()),
            [[v.name, v.dims, v.dtype, dict(v.attributes)] for v in self.variables],
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def cell_shape(self, variable: Variable) -> tuple[int, ...]:
        """Return the shape of one run's part of a variable: bins first, then its inner axes."""
        return tuple(self.sizes[dim] for dim in variable.dims[len(self.grid_dims) :])

    def _quantities(self) -> Iterator[Variable]:
        bins = ("temperature",) if self.group == "ramp" else ()
        for quantity in CATALOGUE.values():
            dims = (*self.grid_dims, *bins, *quantity.dims)
            asked = quantity.observable in self.observables and self.group in quantity.groups
            if asked and all(dim in self.sizes for dim in dims):
                yield from _with_stderr(quantity, dims)


def _with_stderr(quantity: Quantity, dims: tuple[str, ...]) -> Iterator[Variable]:
    if quantity.codes is not None:
        codes = {"long_name": quantity.long_name, **flags(quantity.codes)}
        yield Variable(quantity.name, dims, "i1", codes, -1)
        return
    described = {quantity.name: quantity.long_name}
    if quantity.averaged:
        described[stderr_name(quantity.name)] = f"standard error of the {quantity.long_name}"
    for name, long_name in described.items():
        attributes = {"units": quantity.units, "long_name": long_name}
        if quantity.comment:
            attributes["comment"] = quantity.comment
        more = hints(name, quantity.comment) if quantity.of_phase else {}
        yield Variable(name, dims, "f8", {**attributes, **more}, np.nan)


def _properties(dims: tuple[str, ...], quantities: tuple[Variable, ...]) -> Iterator[Variable]:
    """Describe whether holds have properties of a phase, and these as they were measured."""
    attributes = {"long_name": STATUS_LONG_NAME, **flags(PropertyStatus)}
    yield Variable(STATUS, dims, "i1", attributes, PropertyStatus.UNKNOWN)
    of_phase = {one.name for one in CATALOGUE.values() if one.of_phase}
    of_phase |= {stderr_name(name) for name in of_phase}
    comments = {one.name: one.comment for one in CATALOGUE.values()}
    for one in quantities:
        if one.name in of_phase:
            units, long_name = one.attributes["units"], one.attributes["long_name"]
            raw = {"units": units, "long_name": raw_long_name(long_name)}
            if comment := comments.get(one.name, ""):
                raw["comment"] = comment
            yield Variable(raw_name(one.name), one.dims, one.dtype, raw, one.fill)


def status_variable(dims: tuple[str, ...]) -> Variable:
    """Describe the variable with the status of each cell."""
    return Variable("status", dims, "i1", {"long_name": "status", **flags(Status)}, Status.PENDING)


def run_id_variable(dims: tuple[str, ...]) -> Variable:
    """Describe the variable with the run id of each cell."""
    return Variable("run_id", dims, "text", {"long_name": "run id"}, "")


def _bookkeeping(dims: tuple[str, ...]) -> tuple[Variable, ...]:
    settled = {"long_name": "equilibrated", **flags(Equilibrated)}
    return (
        Variable("error", dims, "text", {"long_name": "why the run failed"}, ""),
        Variable("worker", dims, "text", {"long_name": "host and process of the run"}, ""),
        Variable("attempts", dims, "i4", {"units": "1", "long_name": "attempts"}, 0),
        Variable("wall_seconds", dims, "f8", {"units": "s", "long_name": "wall time"}, np.nan),
        Variable("equilibrated", dims, "i1", settled, Equilibrated.UNKNOWN),
    )

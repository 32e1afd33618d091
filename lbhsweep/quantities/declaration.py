"""The declaration of an observable: all that other parts of the package need to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from lbhsweep.quantities.production import InnerAxes, Production, no_axes
from lbhsweep.quantities.quantity import Dimension, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservableDeclaration:
    """What an observable is called, what it measures, and which code does it.

    Code is named as ``module:attribute`` and imported when it is first used, so that planning a
    sweep compiles nothing.

    Attributes
    ----------
    name : str
        Name in sweep files.
    summary : str
        What it measures, in a line without a full stop.
    quantities : tuple of Quantity
        What it stores; the declaration sets their `observable`.
    dimensions : tuple of Dimension
        All dimensions of its quantities.
    axes : callable
        Computes the coordinates of these dimensions from a run's production.
    measured_by : str
        A class that takes a `MeasurementPlan` (`lbhsweep.observables.base.Observable`).
    rehearsed_by : str
        A function that takes a run point and a random generator and returns arrays of the same
        names and shapes, for rehearsals.
    """

    name: str
    summary: str
    quantities: tuple[Quantity, ...]
    dimensions: tuple[Dimension, ...] = ()
    axes: Callable[[Production], InnerAxes] = no_axes
    measured_by: str
    rehearsed_by: str

    def __post_init__(self) -> None:
        owned = tuple(replace(one, observable=self.name) for one in self.quantities)
        object.__setattr__(self, "quantities", owned)


def load_code(name: str) -> Any:
    """Import what a declaration names as ``module:attribute``."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)

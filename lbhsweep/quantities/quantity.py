"""What is stored of a quantity, and the dimensions inside a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Quantity:
    """One stored quantity.

    Attributes
    ----------
    name : str
        Name of the variable in the dataset.
    units : str
        Unit as pint and CF readers parse it.
    long_name : str
        Axis label without the unit.
    groups : tuple of str
        Groups (`hold`, `ramp`) in which it is stored.
    dims : tuple of str
        Dimensions beyond the grid's, of `DIMENSIONS`; in the group `ramp` every quantity also
        has ``temperature`` (the bin).
    averaged : bool
        Whether a companion ``<name>_stderr`` is stored.
    codes : IntEnum class or None
        What its values mean where it holds codes; it is stored as int8 then.
    observable : str
        The observable that measures it, set by that observable's declaration; it is stored in
        sweeps that ask for that observable.
    """

    name: str
    units: str
    long_name: str
    groups: tuple[str, ...] = ("hold", "ramp")
    dims: tuple[str, ...] = ()
    averaged: bool = True
    codes: type[IntEnum] | None = None
    observable: str = ""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension inside one run, beyond the grid's.

    Attributes
    ----------
    name : str
    units : str
        Unit of its coordinate, as pint and CF readers parse it; empty where they are labels.
    long_name : str
    """

    name: str
    units: str
    long_name: str


def stderr_name(name: str) -> str:
    """Name the variable that holds the standard error of `name`."""
    return f"{name}_stderr"

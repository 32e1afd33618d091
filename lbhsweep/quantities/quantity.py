"""What is stored of a quantity, and the dimensions inside a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

Group = Literal["hold", "ramp", "coexist"]
"""Groups of the dataset: one for each protocol."""


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
        Groups in which it is stored.
    dims : tuple of str
        Dimensions beyond the grid's, of `DIMENSIONS`; in the group `ramp` every quantity also
        has ``temperature`` (the bin).
    averaged : bool
        Whether a companion ``<name>_stderr`` is stored.
    of_phase : bool
        Whether it is a property of a phase, which a hold has only if it is settled and in one
        phase (`lbhsweep.store.one_phase`); elsewhere datasets show it as ``<name>_raw`` only.
    needs_length : bool
        Of properties: whether holds too short for their own correlation time have none either.
    codes : IntEnum class or None
        What its values mean where it holds codes; it is stored as int8 then.
    comment : str
        What a reader must know to use its values, such as an assumption.
    observable : str
        The observable that measures it, set by that observable's declaration; it is stored in
        sweeps that ask for that observable.
    """

    name: str
    units: str
    long_name: str
    groups: tuple[Group, ...] = ("hold", "ramp")
    dims: tuple[str, ...] = ()
    averaged: bool = True
    of_phase: bool = False
    needs_length: bool = False
    codes: type[IntEnum] | None = None
    comment: str = ""
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


def raw_name(name: str) -> str:
    """Name the variable of a property as it was measured, also of holds that have none."""
    return f"{name}_raw"


def flags(codes: type[IntEnum]) -> dict[str, Any]:
    """Return the attributes by which CF readers know what codes mean."""
    return {
        "flag_values": [int(code) for code in codes],
        "flag_meanings": " ".join(code.name.lower() for code in codes),
    }

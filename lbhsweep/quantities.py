"""The one catalogue of every stored quantity: name, dimensions, unit, long name.

Observables declare what they produce by these names, the store lays out its arrays from them,
and analysis and plots take units and labels from here.  Extensive quantities are stored per
formula unit (per anion), so that runs of different size compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


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
    observable : str
        The observable that measures it; stored in sweeps that ask for that.
    """

    name: str
    units: str
    long_name: str
    groups: tuple[str, ...] = ("hold", "ramp")
    dims: tuple[str, ...] = ()
    averaged: bool = True
    observable: str = "thermo"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension inside one run, beyond the grid's.

    Attributes
    ----------
    name : str
    units : str
        Unit of its coordinate, as pint and CF readers parse it.
    long_name : str
    """

    name: str
    units: str
    long_name: str


DIMENSIONS = MappingProxyType(
    {
        dimension.name: dimension
        for dimension in (Dimension("time", "ps", "time since equilibration"),)
    }
)
"""Every dimension inside a run by name; their coordinates are in `lbhsweep.sweep.sampling`."""


def _catalogue(*quantities: Quantity) -> MappingProxyType[str, Quantity]:
    return MappingProxyType({quantity.name: quantity for quantity in quantities})


CATALOGUE = _catalogue(
    Quantity("volume", "angstrom**3", "volume per formula unit"),
    Quantity("enthalpy", "kJ/mol", "enthalpy per formula unit"),
    Quantity("potential_energy", "kJ/mol", "potential energy per formula unit"),
    Quantity("kinetic_energy", "kJ/mol", "kinetic energy per formula unit"),
    Quantity("kinetic_temperature", "K", "kinetic temperature"),
    Quantity("pressure_measured", "GPa", "measured pressure"),
    Quantity("lattice_a", "angstrom", "lattice parameter a"),
    Quantity("lattice_b", "angstrom", "lattice parameter b"),
    Quantity("lattice_c", "angstrom", "lattice parameter c"),
    Quantity("lattice_alpha", "degree", "lattice angle alpha"),
    Quantity("lattice_beta", "degree", "lattice angle beta"),
    Quantity("lattice_gamma", "degree", "lattice angle gamma"),
    Quantity("conserved_energy", "kJ/mol", "conserved quantity per formula unit"),
    Quantity(
        "heat_capacity_fluctuation",
        "J/kg/K",
        "heat capacity at constant pressure from enthalpy fluctuations",
        groups=("hold",),
    ),
    Quantity("sample_count", "1", "number of samples averaged", averaged=False),
    Quantity(
        "n_effective",
        "1",
        "number of effectively independent samples of the volume",
        averaged=False,
    ),
    Quantity(
        "volume_series",
        "angstrom**3",
        "volume per formula unit in time",
        groups=("hold",),
        dims=("time",),
        averaged=False,
    ),
    Quantity(
        "enthalpy_series",
        "kJ/mol",
        "enthalpy per formula unit in time",
        groups=("hold",),
        dims=("time",),
        averaged=False,
    ),
    Quantity(
        "kinetic_temperature_series",
        "K",
        "kinetic temperature in time",
        groups=("hold",),
        dims=("time",),
        averaged=False,
    ),
)
"""Every quantity by name."""


def stderr_name(name: str) -> str:
    """Name the variable that holds the standard error of `name`."""
    return f"{name}_stderr"

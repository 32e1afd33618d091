"""Volume, energies, temperature, pressure, lattice."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.production import TIME, InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity


def thermo_axes(production: Production) -> InnerAxes:
    """Return the times of a hold's series in ps, and the labels of the cell's elements."""
    cell: InnerAxes = {"lattice_vector": ("a", "b", "c"), "component": ("x", "y", "z")}
    times = production.block_times
    return {"time": times, **cell} if times else cell


THERMO = ObservableDeclaration(
    name="thermo",
    summary="volume, enthalpy, energies and cell",
    quantities=(
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
        Quantity(
            "cell",
            "angstrom",
            "lattice vectors of the conventional cell",
            dims=("lattice_vector", "component"),
        ),
        Quantity("conserved_energy", "kJ/mol", "conserved quantity per formula unit"),
        Quantity(
            "heat_capacity_fluctuation",
            "J/kg/K",
            "heat capacity at constant pressure from enthalpy fluctuations",
            groups=("hold",),
            of_phase=True,
            needs_length=True,
        ),
        Quantity("sample_count", "1", "number of samples averaged", averaged=False),
        Quantity(
            "n_effective",
            "1",
            "number of effectively independent samples of volume and enthalpy, the smaller",
            averaged=False,
        ),
        Quantity(
            "correlation_time",
            "ps",
            "integrated correlation time of volume and enthalpy, the longer",
            groups=("hold",),
            averaged=False,
        ),
        Quantity(
            "equilibration_time",
            "ps",
            "time in the production before volume and enthalpy are stationary",
            groups=("hold",),
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
        Quantity(
            "potential_energy_sample",
            "kJ/mol",
            "potential energy at one instant of each block of time",
            groups=("hold",),
            dims=("time",),
            averaged=False,
        ),
        Quantity(
            "volume_sample",
            "angstrom**3",
            "volume per formula unit at the same instant as the potential energy",
            groups=("hold",),
            dims=("time",),
            averaged=False,
        ),
    ),
    dimensions=(
        TIME,
        Dimension("lattice_vector", "", "lattice vector"),
        Dimension("component", "", "Cartesian component"),
    ),
    axes=thermo_axes,
    measured_by="lbhsweep.observables.thermo:Thermo",
    rehearsed_by="lbhsweep.simulation.rehearsal.thermo:rehearse_thermo",
)

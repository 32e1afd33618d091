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
        for dimension in (
            Dimension("time", "ps", "time since equilibration"),
            Dimension("fraction_a", "1", "fraction of the conventional cell along a"),
            Dimension("fraction_b", "1", "fraction of the conventional cell along b"),
            Dimension("fraction_c", "1", "fraction of the conventional cell along c"),
            Dimension("radius", "angstrom", "distance"),
            Dimension("wavenumber", "1/cm", "wavenumber"),
            Dimension("lag", "ps", "time between two samples"),
            Dimension("bond", "1", "number of the bond that is followed"),
        )
    }
)
"""Every dimension inside a run by name; their coordinates are in `lbhsweep.sweep.sampling`."""


_MODES = {
    "li": "Li",
    "translation": "translation of anions",
    "libration": "libration of anions",
    "internal": "internal vibration of anions",
}


def _of_spectra(name: str, units: str, long_name: str, dims: tuple[str, ...] = ()) -> Quantity:
    return Quantity(name, units, long_name, ("hold",), dims, observable="spectra")


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
    Quantity(
        "bh_correlation",
        "1",
        "autocorrelation of B-H directions, degree 1",
        groups=("hold",),
        dims=("lag",),
        observable="rotation",
    ),
    Quantity(
        "icosahedral_correlation",
        "1",
        "autocorrelation of the anions' icosahedral order, degree 6",
        groups=("hold",),
        dims=("lag",),
        observable="rotation",
    ),
    Quantity(
        "reorientation_rate",
        "1/ps",
        "decay rate of the autocorrelation of B-H directions",
        groups=("hold",),
        observable="rotation",
    ),
    Quantity(
        "reorientation_amplitude",
        "1",
        "amplitude of the decay of the autocorrelation of B-H directions",
        groups=("hold",),
        observable="rotation",
    ),
    Quantity(
        "reorientation_resolved",
        "1",
        "whether a decay of the autocorrelation of B-H directions was seen (1) or not (0)",
        groups=("hold",),
        averaged=False,
        observable="rotation",
    ),
    Quantity(
        "full_rotation_rate",
        "1/ns",
        "full rotations of an anion per time",
        groups=("hold",),
        observable="rotation",
    ),
    Quantity(
        "full_rotations_series",
        "1",
        "full rotations of an anion since equilibration",
        groups=("hold",),
        dims=("time",),
        averaged=False,
        observable="rotation",
    ),
    Quantity(
        "bh_theta_series",
        "degree",
        "angle between a B-H bond and z in time",
        groups=("hold",),
        dims=("time", "bond"),
        averaged=False,
        observable="rotation",
    ),
    Quantity(
        "bh_phi_series",
        "degree",
        "angle of a B-H bond about z in time",
        groups=("hold",),
        dims=("time", "bond"),
        averaged=False,
        observable="rotation",
    ),
    Quantity(
        "anion_fluctuation",
        "angstrom",
        "root mean square distance of the anions' centres from their mean places",
        groups=("hold",),
        observable="anion_position",
    ),
    Quantity(
        "li_density",
        "1/angstrom**3",
        "number density of Li",
        groups=("hold",),
        dims=("fraction_a", "fraction_b", "fraction_c"),
        averaged=False,
        observable="density",
    ),
    Quantity(
        "h_density",
        "1/angstrom**3",
        "number density of H",
        groups=("hold",),
        dims=("fraction_a", "fraction_b", "fraction_c"),
        averaged=False,
        observable="density",
    ),
    Quantity(
        "li_tetrahedral",
        "1",
        "share of Li on tetrahedral sites",
        observable="sites",
    ),
    Quantity(
        "li_octahedral",
        "1",
        "share of Li on octahedral sites",
        observable="sites",
    ),
    Quantity(
        "li_window",
        "1",
        "share of Li in windows of three anions",
        observable="sites",
    ),
    Quantity(
        "li_elsewhere",
        "1",
        "share of Li far from ideal sites",
        observable="sites",
    ),
    Quantity(
        "alpha_lithium",
        "1",
        "fractional coordinate x of Li in alpha",
        observable="sites",
    ),
    Quantity(
        "alpha_order",
        "1",
        "orientational order of alpha",
        observable="sites",
    ),
    Quantity(
        "alpha_coherence",
        "1",
        "coherence of the anions' turn in alpha",
        observable="sites",
    ),
    Quantity(
        "alpha_turn",
        "degree",
        "turn of anions about their threefold axes in alpha",
        observable="sites",
    ),
    Quantity(
        "rdf_li_li",
        "1",
        "radial distribution of Li-Li",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_li_b",
        "1",
        "radial distribution of Li-B",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_li_h",
        "1",
        "radial distribution of Li-H",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_h_h",
        "1",
        "radial distribution of H-H between anions",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_anion_anion",
        "1",
        "radial distribution of anions' centres",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_li_anion",
        "1",
        "radial distribution of Li and anions' centres",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "li_msd",
        "angstrom**2",
        "mean-squared displacement of Li in the anions' frame",
        groups=("hold",),
        dims=("lag",),
        observable="diffusion",
    ),
    Quantity(
        "li_msd_x",
        "angstrom**2",
        "mean-squared displacement of Li along x",
        groups=("hold",),
        dims=("lag",),
        averaged=False,
        observable="diffusion",
    ),
    Quantity(
        "li_msd_y",
        "angstrom**2",
        "mean-squared displacement of Li along y",
        groups=("hold",),
        dims=("lag",),
        averaged=False,
        observable="diffusion",
    ),
    Quantity(
        "li_msd_z",
        "angstrom**2",
        "mean-squared displacement of Li along z",
        groups=("hold",),
        dims=("lag",),
        averaged=False,
        observable="diffusion",
    ),
    Quantity(
        "collective_msd",
        "angstrom**2",
        "squared sum of the displacements of all Li, per Li",
        groups=("hold",),
        dims=("lag",),
        observable="diffusion",
    ),
    Quantity(
        "diffusion_coefficient",
        "cm**2/s",
        "tracer diffusion coefficient of Li",
        groups=("hold",),
        observable="diffusion",
    ),
    Quantity(
        "conductivity",
        "S/cm",
        "ionic conductivity from the collective displacement",
        groups=("hold",),
        observable="diffusion",
    ),
    Quantity(
        "conductivity_tracer",
        "S/cm",
        "ionic conductivity from the tracer diffusion, Haven ratio 1",
        groups=("hold",),
        observable="diffusion",
    ),
    Quantity(
        "haven_ratio",
        "1",
        "Haven ratio",
        groups=("hold",),
        observable="diffusion",
    ),
    Quantity(
        "diffusion_start",
        "ps",
        "lag from which the mean-squared displacement of Li is linear",
        groups=("hold",),
        averaged=False,
        observable="diffusion",
    ),
    Quantity(
        "li_hop_count",
        "1",
        "hops between Li sites to which the displacement amounts",
        groups=("hold",),
        averaged=False,
        observable="diffusion",
    ),
    *(
        _of_spectra(
            f"vdos_{group}", "cm", f"vibrational density of states of {of}", ("wavenumber",)
        )
        for group, of in {**_MODES, "b": "B", "h": "H"}.items()
    ),
    *(
        _of_spectra(f"kinetic_temperature_{mode}", "K", f"kinetic temperature of {of}")
        for mode, of in _MODES.items()
    ),
    *(
        _of_spectra(f"vibrational_entropy_{kind}{mode}", "J/kg/K", f"{kind} harmonic entropy{of}")
        for kind in ("quantum", "classical")
        for mode, of in {"": "", **{f"_{mode}": f" of {of}" for mode, of in _MODES.items()}}.items()
    ),
    _of_spectra(
        "heat_capacity_quantum_correction",
        "J/kg/K",
        "quantum correction of the harmonic heat capacity",
    ),
    Quantity(
        "spectra_windows",
        "1",
        "number of windows over which velocity spectra are averaged",
        groups=("hold",),
        averaged=False,
        observable="spectra",
    ),
)
"""Every quantity by name."""


def stderr_name(name: str) -> str:
    """Name the variable that holds the standard error of `name`."""
    return f"{name}_stderr"

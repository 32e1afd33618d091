"""What each figure shows: its topic, a sentence, and the variables whose formulas belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

TRANSITION, CALORIC = "Phase transition", "Thermodynamics and barocaloric effect"
STRUCTURE, DYNAMICS = "Structure", "Dynamics"
RELIABILITY, OTHER = "Reliability", "Further figures"
TOPICS = (TRANSITION, CALORIC, STRUCTURE, DYNAMICS, RELIABILITY, OTHER)
"""In the order of the page."""


@dataclass(frozen=True, slots=True)
class Caption:
    """Beside a figure.

    Attributes
    ----------
    topic : str
        Of `TOPICS`.
    text : str
        What is drawn.
    variables : tuple of str
        Those whose formula and source are given from their attributes.
    """

    topic: str
    text: str
    variables: tuple[str, ...] = ()


CAPTIONS = MappingProxyType(
    {
        "hysteresis": Caption(
            TRANSITION,
            "Volume on heating and cooling at every pressure; dotted lines and bands are half "
            "heights and their errors.",
            ("volume", "half_height_temperature", "loop_midpoint", "loop_width"),
        ),
        "lattice": Caption(
            TRANSITION,
            "Lattice parameter on heating and cooling at every pressure.",
            ("lattice_a",),
        ),
        "enthalpy": Caption(
            TRANSITION,
            "Enthalpy on heating and cooling, less a straight line so that the latent heat shows.",
            ("enthalpy",),
        ),
        "hold": Caption(
            TRANSITION,
            "Volume and enthalpy of holds in each phase at every pressure, averaged over replicas.",
            ("volume", "enthalpy"),
        ),
        "phase_properties": Caption(
            TRANSITION,
            "Volume, heat capacity, expansivity and compressibility of each phase, reweighted "
            "between its holds.",
            ("volume", "heat_capacity", "expansivity", "compressibility"),
        ),
        "phase_diagram": Caption(
            TRANSITION,
            "Transition temperature against pressure by every route, and the line fitted through "
            "the one that is used.",
            ("transition_temperature", "boundary_slope"),
        ),
        "rate": Caption(
            TRANSITION,
            "Half heights and width of the loop against heating rate, and what they come to at "
            "zero rate.",
            ("zero_rate_temperature", "zero_rate_width"),
        ),
        "reversible": Caption(
            CALORIC,
            "What a cycle of compression and decompression gives back, and the least pressure "
            "that it takes.",
            ("reversible_entropy_change", "reversible_temperature_change", "reversible_pressure"),
        ),
        "published": Caption(
            CALORIC,
            "Largest effects of this sweep beside those published of other materials.",
            ("isothermal_entropy_change", "adiabatic_temperature_change"),
        ),
        "partial_entropy": Caption(
            CALORIC,
            "Harmonic entropies of each phase and their parts, of lithium, anions and what is "
            "between them.",
            ("partial_entropy", "vibrational_entropy_classical"),
        ),
        "heat_capacity": Caption(
            CALORIC,
            "Heat capacity: slopes by branch, those across the latent heat as crosses, "
            "fluctuations of holds, and the baseline.",
            ("heat_capacity", "heat_capacity_fluctuation", "mean_heat_capacity"),
        ),
        "entropy": Caption(
            CALORIC,
            "Entropy at every pressure, and what compression changes; dotted where a phase is "
            "extrapolated far.",
            ("entropy", "isothermal_entropy_change", "adiabatic_temperature_change"),
        ),
        "barocaloric": Caption(
            CALORIC,
            "Isothermal entropy change and adiabatic temperature change over temperature and "
            "final pressure; hatched where nothing is known.",
            ("isothermal_entropy_change", "adiabatic_temperature_change"),
        ),
        "sites": Caption(
            STRUCTURE,
            "Shares of Li by site, orientational order S of α, Li coordinate x and turn φ of the "
            "anions in α; dashed are the limits by which phases are told apart.",
            ("li_tetrahedral", "alpha_order", "alpha_lithium", "alpha_turn"),
        ),
        "density": Caption(
            STRUCTURE,
            "Number densities of Li and H in the conventional cell, in the frame of the anions' "
            "lattice, of one run of each phase.",
            ("li_density", "h_density"),
        ),
        "radial": Caption(
            STRUCTURE,
            "Radial distribution functions of the coldest α and the hottest β.",
            ("rdf_li_li", "rdf_h_h"),
        ),
        "displacement": Caption(
            DYNAMICS,
            "Mean-squared displacement of Li against lag, with 6Dt where a law was fitted.",
            ("li_msd", "diffusion_coefficient"),
        ),
        "diffusion": Caption(
            DYNAMICS,
            "Tracer diffusion coefficient of Li in each phase at every pressure.",
            ("diffusion_coefficient",),
        ),
        "conductivity": Caption(
            DYNAMICS,
            "Ionic conductivity by number of vacancies, with the measured Haven ratio and with 1.",
            ("conductivity", "conductivity_tracer", "haven_ratio"),
        ),
        "arrhenius": Caption(
            DYNAMICS,
            "Arrhenius plots of diffusion, conductivity and reorientation with the law of each "
            "phase.",
            ("activation_energy", "prefactor"),
        ),
        "activation_energy": Caption(
            DYNAMICS,
            "Activation energy of the conductivity against the concentration of vacancies.",
            ("activation_energy",),
        ),
        "anion_fluctuation": Caption(
            STRUCTURE,
            "Fluctuation of the anions' centres, and its ratio to that at the lowest pressure.",
            ("anion_fluctuation",),
        ),
        "reorientation": Caption(
            DYNAMICS,
            "Reorientation rate of the anions in each phase at every pressure.",
            ("reorientation_rate",),
        ),
        "convergence": Caption(
            RELIABILITY,
            "Running means of holds less their end in units of its error, and running rates, "
            "against the length of the run.",
            ("volume", "enthalpy"),
        ),
        "spectra": Caption(
            DYNAMICS,
            "Vibrational densities of states by species and mode, of the coldest α and the "
            "hottest β.",
            ("vdos_li", "vdos_libration"),
        ),
        "rotation": Caption(
            DYNAMICS,
            "Angles of a few B–H bonds in time, each of another anion, and the number of full "
            "rotations of an anion.",
            ("bh_theta_series", "bh_phi_series", "full_rotation_rate"),
        ),
        "correlation": Caption(
            DYNAMICS,
            "Autocorrelation of B–H directions and of icosahedral order by temperature.",
            ("bh_correlation", "icosahedral_correlation"),
        ),
        "correlation_vacancies": Caption(
            DYNAMICS,
            "Autocorrelation of B–H directions and of icosahedral order by number of vacancies.",
            ("bh_correlation", "icosahedral_correlation"),
        ),
    }
)
"""By the figure's name."""


def caption_of(name: str) -> Caption:
    """Give a figure's caption; of one that has none, its name in words."""
    return CAPTIONS.get(name, Caption(OTHER, f"{name.replace('_', ' ').capitalize()}."))

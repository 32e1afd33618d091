"""Published values with their sources, declared once for caveats, figures and reports.

Temperatures and effects are as the sources state them; what a source only shows in a picture is
not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

MEASURED = "measured"
SIMULATED = "simulated"
"""With the force field of the barocaloric study, in whatever reading."""
OTHER_POTENTIAL = "simulated with another potential"


@dataclass(frozen=True, slots=True)
class Reference:
    """A source: `short` as legends and caveats name it, `full` as lists of references print it."""

    short: str
    full: str


SAU_2021 = Reference(
    "Sci. Rep. 2021",
    "K. Sau et al., Sci. Rep. 11 (2021) and its supplement, doi:10.1038/s41598-021-91123-4",
)
MALTSEV_2023 = Reference(
    "Maltsev et al. 2023",
    "A. P. Maltsev, I. V. Chepkasov, A. R. Oganov, ACS Appl. Mater. Interfaces 15, 42511 (2023), "
    "doi:10.1021/acsami.3c07242",
)
PASKEVICIUS_2013 = Reference(
    "Paskevicius et al. 2013",
    "M. Paskevicius et al., Phys. Chem. Chem. Phys. 15, 15825 (2013), doi:10.1039/C3CP53090F",
)
LI_2018 = Reference("Li et al. 2018", "B. Li et al., arXiv:1808.07834 (2018)")
AZNAR_2017 = Reference("Aznar et al. 2017", "A. Aznar et al., Nat. Commun. 8, 1851 (2017)")
ZENG_2024 = Reference(
    "Zeng et al. 2024", "M. Zeng et al., Adv. Sci. 11, 2306488 (2024), doi:10.1002/advs.202306488"
)
FORMULA_MASS = 155.7
"""Li₂B₁₂H₁₂ of natural isotopes, g/mol."""
_SAME_COMPOUND = 0.02
"""Share by which a mass may differ, for ⁷Li and ¹¹B; that of LiCB₁₁H₁₂ differs by 4 %."""
AMBIENT_GPA = 0.01
"""Pressures up to which values at ambient pressure are compared with."""


@dataclass(frozen=True, slots=True)
class PublishedTransition:
    """What a source states of T_t of Li₂B₁₂H₁₂ without vacancies at ambient pressure.

    Attributes
    ----------
    low, high : float
        T_t lies between them, K; equal for a single temperature.
    statement : str
        In a few words, as legends and caveats write it.
    kind : {MEASURED, SIMULATED, OTHER_POTENTIAL}
        From where it is.
    source : Reference
        Who stated it.
    place : str
        Where in the source, with a comma before it.
    """

    low: float
    high: float
    statement: str
    kind: str
    source: Reference
    place: str = ""

    @property
    def label(self) -> str:
        """The statement with who made it, for legends and caveats."""
        return f"{self.statement}, {self.kind} ({self.source.short}{self.place})"


@dataclass(frozen=True, slots=True)
class PublishedEffect:
    """One published barocaloric effect.

    Attributes
    ----------
    name : str
        Material and kind of value.
    pressure : float
        Change of pressure, GPa.
    entropy : float
        |ΔS|, J/kg/K.
    temperature : float
        |ΔT|, K; NaN where none is quoted.
    source : Reference
        Who stated it.
    """

    name: str
    pressure: float
    entropy: float
    temperature: float
    source: Reference


TRANSITIONS = (
    PublishedTransition(
        450.0, 500.0, "450 K is α, 500 K is β", SIMULATED, SAU_2021, ", suppl. fig. 1"
    ),
    PublishedTransition(628.0, 628.0, "628 K", MEASURED, PASKEVICIUS_2013),
    PublishedTransition(675.0, 675.0, "675 K", OTHER_POTENTIAL, MALTSEV_2023, ", fig. 2"),
)
"""Paskevicius: 355 °C on heating, X-ray diffraction.  Maltsev: mean of the half heights 725 K of
heating at 1 K/ps and 625 K of cooling at 0.1 K/ps."""
EFFECTS = (
    PublishedEffect("neopentyl glycol, measured", 0.25, 389.0, np.nan, LI_2018),
    PublishedEffect("AgI, measured", 0.25, 60.0, 18.0, AZNAR_2017),
    PublishedEffect("LiCB₁₁H₁₂, measured, reversible", 0.23, 280.0, 32.0, ZENG_2024),
    PublishedEffect("LiCB₁₁H₁₂, measured, reversible", 0.10, 200.0, 10.0, ZENG_2024),
    PublishedEffect("Li₂B₁₂H₁₂, calculated", 0.10, 367.0, 43.0, SAU_2021),
)
HEAT_CAPACITY = 4100.0
"""Mean C_P of Li₂B₁₂H₁₂ without the peaks of the transition, J/kg/K (Sau, suppl. fig. 2)."""
DIFFUSION = MappingProxyType({500.0: 4.88e-6, 600.0: 2.33e-5, 700.0: 4.89e-5})
"""D of Li at zero pressure, cm²/s by K (Sau, supplement)."""
ACTIVATION_ENERGY = MappingProxyType(
    {0.926: 0.353, 1.852: 0.343, 3.704: 0.332, 7.407: 0.320, 11.11: 0.279}
)
"""E_a of conduction in α, eV by vacancies per 100 formula units (Maltsev, tab. 3)."""


def transitions_of(
    potential: str, n_vacancies: int, frozen: str, molar_mass: float
) -> tuple[PublishedTransition, ...]:
    """Return the statements on T_t that apply to a material.

    Parameters
    ----------
    potential : str
        Name of the force field; the readings of the published one begin with ``lbh``.
    n_vacancies : int
        Of Li in the supercell; the statements are of crystals without.
    frozen : str
        Atoms held still; the statements are of crystals in which all move.
    molar_mass : float
        g/mol per formula unit; NaN where unknown.
    """
    is_published = potential.startswith("lbh-2021")
    near = abs(molar_mass / FORMULA_MASS - 1) < _SAME_COMPOUND
    if n_vacancies or frozen != "none" or not (is_published or near):
        return ()
    return tuple(one for one in TRANSITIONS if is_published or one.kind != SIMULATED)

"""Internal units, physical constants, and the texts in which users write quantities.

Inside lbhsweep: Å, ps, g/mol, e, K, kJ/mol.  Pressure appears as GPa at every human boundary
and as kJ/mol/Å³ in the engine.  Constants are CODATA 2018 (exact SI values where they exist),
https://doi.org/10.1103/RevModPhys.93.025010.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from types import MappingProxyType

from lbhsweep.errors import UnitError

AVOGADRO = 6.02214076e23
"""1/mol."""
ELEMENTARY_CHARGE = 1.602176634e-19
"""C."""
BOLTZMANN = 1.380649e-23 * AVOGADRO / 1e3
"""kJ/mol/K: k_B of one degree of freedom, per mole."""
COULOMB = ELEMENTARY_CHARGE**2 / (4 * math.pi * 8.8541878128e-12) * AVOGADRO * 1e10 / 1e3
"""kJ/mol Å/e²: the Coulomb constant, 1389.35458."""
GPA = 1e9 * 1e-30 * AVOGADRO / 1e3
"""kJ/mol/Å³ per GPa: 1 GPa Å³ = 0.602214 kJ/mol."""
ACCELERATION = 100.0
"""Å/ps² per (kJ/mol/Å)/(g/mol)."""
EV = ELEMENTARY_CHARGE * AVOGADRO / 1e3
"""kJ/mol per eV."""
PLANCK = 6.62607015e-34 * AVOGADRO * 1e12 / 1e3
"""kJ/mol ps: Planck's constant, per mole."""
LIGHT_SPEED = 0.0299792458
"""cm/ps: a wavenumber of 1/cm is a frequency of so many THz."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit that a quantity's text may carry: value · scale = value in the base unit."""

    dimension: str
    scale: float


BASE_UNITS = MappingProxyType(
    {
        "pressure": "GPa",
        "temperature": "K",
        "rate": "K/ps",
        "time": "ps",
        "length": "Å",
    }
)
"""The unit of each dimension in which parsed quantities are returned."""

KNOWN_UNITS = MappingProxyType(
    {
        "GPa": Unit("pressure", 1.0),
        "MPa": Unit("pressure", 1e-3),
        "kbar": Unit("pressure", 0.1),
        "bar": Unit("pressure", 1e-4),
        "atm": Unit("pressure", 1.01325e-4),
        "Pa": Unit("pressure", 1e-9),
        "K": Unit("temperature", 1.0),
        "K/ps": Unit("rate", 1.0),
        "K/ns": Unit("rate", 1e-3),
        "fs": Unit("time", 1e-3),
        "ps": Unit("time", 1.0),
        "ns": Unit("time", 1e3),
        "us": Unit("time", 1e6),
        "Å": Unit("length", 1.0),
        "angstrom": Unit("length", 1.0),
        "A": Unit("length", 1.0),
        "nm": Unit("length", 10.0),
    }
)

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*")


def units_of(dimension: str) -> tuple[str, ...]:
    """Return the units known for a dimension, base unit first."""
    base = BASE_UNITS[dimension]
    others = (name for name, unit in KNOWN_UNITS.items() if unit.dimension == dimension)
    return (base, *(name for name in others if name != base))


def parse_quantity(text: object, dimension: str, example: str | None = None) -> float:
    """Read a number with its unit, such as ``0.4 GPa`` or ``100 K/ns``.

    Parameters
    ----------
    text : object
        The user's text.
    dimension : str
        A key of `BASE_UNITS`.
    example : str, optional
        Shown in messages; by default 300 of the base unit.

    Returns
    -------
    float
        The value in the dimension's base unit.

    Raises
    ------
    UnitError
        If the text is no number with a unit of that dimension; the message lists the units.
    """
    units = units_of(dimension)
    known = ", ".join(units)
    wanted = known if len(units) == 1 else f"one of {known}"
    example = f"for example '{example or f'300 {BASE_UNITS[dimension]}'}'"
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise UnitError(f"got {text!r}, wanted a {dimension} with its unit ({known}), {example}")
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        raise UnitError(f"got {text!r}, wanted a {dimension} with its unit ({known}), {example}")
    number, unit = match.groups()
    if not unit:
        raise UnitError(
            f"got {text!r} without a unit, wanted a {dimension} in {wanted}, "
            f"for example '{number} {BASE_UNITS[dimension]}'"
        )
    if unit not in KNOWN_UNITS:
        raise UnitError(f"unknown unit {unit!r}, wanted a {dimension} in {wanted}")
    if KNOWN_UNITS[unit].dimension != dimension:
        raise UnitError(
            f"{unit!r} is a unit of {KNOWN_UNITS[unit].dimension}, wanted a {dimension} in {wanted}"
        )
    # Through a decimal string: 12.5 K/ns must be exactly the float that 0.0125 K/ps is,
    # or the same physics would get two run ids.
    value = float(f"{float(number) * KNOWN_UNITS[unit].scale:.12g}")
    if not math.isfinite(value):
        raise UnitError(f"{text!r} is not finite, wanted a {dimension}, {example}")
    return value


def duration(seconds: float) -> str:
    """Format a time for people: ``3 h 5 min``, ``2 min 10 s``, ``4 s``.

    A time since an event that another machine's clock puts into the future is ``0 s``.
    """
    whole = max(round(seconds), 0)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def plain_number(value: float, digits: int = 3) -> str:
    """Format a number to some significant digits, never with an exponent: ``160``, ``13,000``.

    Numbers below one millionth are written as 0.
    """
    if not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.{digits}g}")
    if abs(rounded) >= 1:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
        text = f"{rounded:,.{decimals}f}"
    else:
        text = f"{rounded:.{digits + 5}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def core_hours(hours: float) -> str:
    """Format core-hours to two digits: ``0.35``, ``160``, ``13,000``, ``under 0.01``."""
    return plain_number(hours, 2) if hours >= 0.01 else "under 0.01"

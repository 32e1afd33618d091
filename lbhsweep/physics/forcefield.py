"""Force fields as data: species, Buckingham pairs, harmonic bonds and angles.

U = Σ q_i q_j / r + A exp(−r/ρ) − C/r⁶ over non-bonded pairs, ½ k (d − d₀)² over bonds,
½ k (θ − θ₀)² over angles.  Units: kJ/mol, Å, rad, e, g/mol.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lbhsweep.errors import ForceFieldError, SpecError
from lbhsweep.physics.parameter_file import Entry, read_entry

PARAMETERS = Path(__file__).parent / "parameters"
DEFAULT_FORCE_FIELD = "lbh-2021"
DEEPEST_EXCLUSION = 4
ICOSAHEDRON = 12


@dataclass(frozen=True, slots=True)
class Species:
    """One kind of atom: mass in g/mol, charge in e."""

    mass: float
    charge: float


@dataclass(frozen=True, slots=True)
class Buckingham:
    """A exp(−r/ρ) − C/r⁶ between species `a` and `b`, in either order.

    `A` in kJ/mol, `rho` in Å, `C` in kJ/mol Å⁶.
    """

    a: str
    b: str
    A: float
    rho: float
    C: float


@dataclass(frozen=True, slots=True)
class BondType:
    """½ k (d − length)² between bonded atoms of species `a` and `b`, in either order.

    `k` in kJ/mol/Å², `length` in Å.  Atoms nearer than `max_length` (Å) count as bonded when
    anions are identified.
    """

    a: str
    b: str
    k: float
    length: float
    max_length: float


@dataclass(frozen=True, slots=True)
class AngleType:
    """½ k (θ − theta)² between two bonds that meet at species `centre`.

    The ends stand in either order; `k` in kJ/mol/rad², `theta` in rad.
    """

    end_a: str
    centre: str
    end_b: str
    k: float
    theta: float


@dataclass(frozen=True, slots=True)
class ForceField:
    """A set of parameters.

    Attributes
    ----------
    name : str
        Under which sweeps refer to it.
    source : str
        Where the parameters were published.
    species : mapping of str to Species
    buckingham : tuple of Buckingham
        Each unordered pair of species at most once.
    bonds : tuple of BondType
    angles : tuple of AngleType
    exclusion_depth : int
        Atoms up to this many bonds apart have no non-bonded interaction.
    anion : mapping of str to int, or None
        How many atoms of each species the molecular ion has: 12 cage atoms in an icosahedron,
        each with one H.  None if molecules are whatever the bonds' `max_length` connects.
    """

    name: str
    source: str
    species: Mapping[str, Species]
    buckingham: tuple[Buckingham, ...]
    bonds: tuple[BondType, ...]
    angles: tuple[AngleType, ...]
    exclusion_depth: int
    anion: Mapping[str, int] | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides energies; neither name, source, nor order matters."""
        terms = {
            "species": {symbol: asdict(one) for symbol, one in self.species.items()},
            "buckingham": sorted(
                [*sorted((p.a, p.b)), p.A, p.rho if p.A else 0.0, p.C] for p in self.buckingham
            ),
            "bonds": sorted([*sorted((b.a, b.b)), b.k, b.length, b.max_length] for b in self.bonds),
            "angles": sorted(
                [*sorted((a.end_a, a.end_b)), a.centre, a.k, a.theta] for a in self.angles
            ),
            "exclusion_depth": self.exclusion_depth,
            "anion": self.anion and dict(self.anion),
        }
        text = json.dumps(terms, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def bonded_species(self) -> frozenset[str]:
        """Species that take part in bonds; all others are single ions."""
        return frozenset(symbol for bond in self.bonds for symbol in (bond.a, bond.b))

    def require_species(self, symbols: tuple[str, ...]) -> None:
        """Check that every symbol is a species of this force field.

        Raises
        ------
        ForceFieldError
            Naming the first atom of an unknown species.
        """
        for index, symbol in enumerate(symbols):
            if symbol not in self.species:
                raise ForceFieldError(
                    f"atom {index} is {symbol}, but force field {self.name!r} knows only "
                    f"{', '.join(self.species)}; remove it, or write a parameter file that has it"
                )


def shipped_force_fields() -> tuple[str, ...]:
    """Name the parameter sets that come with the package."""
    return tuple(sorted(path.stem for path in PARAMETERS.glob("*.yaml")))


def load_force_field(name_or_path: str | Path) -> ForceField:
    """Load a shipped parameter set by name, or a parameter file by path.

    Parameters
    ----------
    name_or_path : str or Path
        A name out of `shipped_force_fields`, or the path of a YAML file in the same format.

    Returns
    -------
    ForceField
        With every k in the ½ k x² form.

    Raises
    ------
    SpecError
        With everything that is wrong in the file.
    ForceFieldError
        If the name is not shipped and no such file exists.
    """
    if str(name_or_path) in shipped_force_fields():
        return _read(PARAMETERS / f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"} and not path.exists():
        raise ForceFieldError(
            f"unknown potential {str(name_or_path)!r}, wanted one of "
            f"{', '.join(shipped_force_fields())}, or the path of a parameter file (.yaml)"
        )
    return _read(path)


def _read(path: Path) -> ForceField:
    root = read_entry(path)
    keys = root.mapping(
        required=("name", "source", "convention", "exclusion_depth", "species"),
        optional=("anion", "buckingham", "bonds", "angles"),
    )
    convention = keys["convention"].choice(("half", "full")) if "convention" in keys else "half"
    stiffness = 2.0 if convention == "full" else 1.0
    species = _species(keys["species"]) if "species" in keys else {}
    bonds = _bonds(keys.get("bonds"), species, stiffness)
    force_field = ForceField(
        name=keys["name"].text() if "name" in keys else "",
        source=keys["source"].text() if "source" in keys else "",
        species=species,
        buckingham=_buckingham(keys.get("buckingham"), species),
        bonds=bonds,
        angles=_angles(keys.get("angles"), species, bonds, stiffness),
        exclusion_depth=keys["exclusion_depth"].whole_number(0, DEEPEST_EXCLUSION)
        if "exclusion_depth" in keys
        else 0,
        anion=_anion(keys["anion"], species, bonds) if "anion" in keys else None,
    )
    if root.problems:
        raise SpecError(root.problems)
    return force_field


def _species(entry: Entry) -> dict[str, Species]:
    species = {}
    for symbol, child in entry.items().items():
        keys = child.mapping(required=("mass", "charge"))
        mass = keys["mass"].number(above=0.0) if "mass" in keys else 0.0
        charge = keys["charge"].number() if "charge" in keys else 0.0
        species[symbol] = Species(mass, charge)
    return species


def _buckingham(entry: Entry | None, species: Mapping[str, Species]) -> tuple[Buckingham, ...]:
    found: dict[frozenset[str], Buckingham] = {}
    for child in entry.entries() if entry else ():
        keys = child.mapping(required=("pair",), optional=("A", "rho", "C"))
        A = keys["A"].number(at_least=0.0) if "A" in keys else 0.0
        rho = keys["rho"].number(above=0.0) if "rho" in keys else 1.0
        C = keys["C"].number(at_least=0.0) if "C" in keys else 0.0
        if A != 0.0 and "rho" not in keys:
            child.report("'rho' is missing, the range of the repulsion 'A' in Å")
        pair = keys["pair"].names(2, tuple(species)) if "pair" in keys else ()
        if pair and _is_new(pair, found, child):
            found[frozenset(pair)] = Buckingham(pair[0], pair[1], A, rho, C)
    return tuple(found.values())


def _bonds(
    entry: Entry | None, species: Mapping[str, Species], stiffness: float
) -> tuple[BondType, ...]:
    found: dict[frozenset[str], BondType] = {}
    for child in entry.entries() if entry else ():
        keys = child.mapping(required=("pair", "k", "length", "max_length"))
        k = keys["k"].number(at_least=0.0) if "k" in keys else 0.0
        length = keys["length"].number(above=0.0) if "length" in keys else 0.0
        longest = keys["max_length"].number(above=length) if "max_length" in keys else 0.0
        pair = keys["pair"].names(2, tuple(species)) if "pair" in keys else ()
        if pair and _is_new(pair, found, child):
            found[frozenset(pair)] = BondType(pair[0], pair[1], stiffness * k, length, longest)
    return tuple(found.values())


def _angles(
    entry: Entry | None,
    species: Mapping[str, Species],
    bonds: tuple[BondType, ...],
    stiffness: float,
) -> tuple[AngleType, ...]:
    bonded = {frozenset((bond.a, bond.b)) for bond in bonds}
    found: dict[tuple[str, frozenset[str]], AngleType] = {}
    for child in entry.entries() if entry else ():
        keys = child.mapping(required=("triple", "k", "theta"))
        k = keys["k"].number(at_least=0.0) if "k" in keys else 0.0
        theta = keys["theta"].number(above=0.0, at_most=math.pi) if "theta" in keys else 0.0
        triple = keys["triple"].names(3, tuple(species)) if "triple" in keys else ()
        if not triple:
            continue
        end_a, centre, end_b = triple
        for end in {end_a, end_b}:
            if frozenset((end, centre)) not in bonded:
                child.report(f"{end} and {centre} have no bond; list it under 'bonds'")
        key = (centre, frozenset((end_a, end_b)))
        if key in found:
            child.report(f"the angle {end_a}-{centre}-{end_b} is given twice; keep one")
        found[key] = AngleType(end_a, centre, end_b, stiffness * k, theta)
    return tuple(found.values())


def _is_new(pair: tuple[str, ...], found: Mapping[frozenset[str], object], entry: Entry) -> bool:
    if frozenset(pair) in found:
        entry.report(f"the pair {'-'.join(pair)} is given twice; keep one")
        return False
    return True


def _anion(
    entry: Entry, species: Mapping[str, Species], bonds: tuple[BondType, ...]
) -> dict[str, int]:
    counts = {}
    for symbol, child in entry.items().items():
        if symbol not in species:
            child.report(f"unknown species, wanted some of {', '.join(species)}")
        counts[symbol] = child.whole_number(1, ICOSAHEDRON)
    cage = [symbol for symbol in counts if symbol != "H"]
    if counts.get("H") != ICOSAHEDRON or sum(counts[s] for s in cage) != ICOSAHEDRON:
        entry.report("wanted twelve cage atoms and twelve H, such as {B: 12, H: 12}")
    bonded = {frozenset((bond.a, bond.b)) for bond in bonds}
    for symbol in cage:
        for other in ("H", *(s for s in cage if s != symbol or counts[s] > 1)):
            if frozenset((symbol, other)) not in bonded:
                entry.report(f"{symbol} and {other} have no bond; list it under 'bonds'")
    return counts

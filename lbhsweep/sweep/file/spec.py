"""The model of a sweep file: its keys, their defaults, and the limits of each value alone.

Checks between keys are in `lbhsweep.sweep.checks`.  Quantities are floats in the base units of
`lbhsweep.units`: GPa, K, K/ps, ps, Å.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
)
from pydantic.json_schema import WithJsonSchema

from lbhsweep.physics.conventional import ConventionalCrystal
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.quantities import DECLARATIONS, measured_in
from lbhsweep.sweep.file.fields import (
    Listed,
    PotentialChoice,
    QuantityBetween,
    RelaxedOr,
    Span,
    as_list,
)
from lbhsweep.sweep.file.structure_file import StructureFile
from lbhsweep.sweep.point import Direction, Frozen, Phase, Site
from lbhsweep.sweep.supercell import MAX_REPEATS, three_repeats
from lbhsweep.sweep.vacancies import SitesByReplica

PRESSURE = QuantityBetween(
    "pressure",
    -1.0,
    20.0,
    "0.4 GPa",
    why=" (more tension tears the crystal, and no force field here is made for more pressure)",
)
TEMPERATURE = QuantityBetween("temperature", 0.0, 2000.0, "300 K", above=True)
HEATED_FROM = QuantityBetween("temperature", 0.0, 2000.0, "0 K")
HEATING_RATE = QuantityBetween(
    "rate", 0.0, 1000.0, "20 K/ps", above=True, why=" ('directions' says whether it cools)"
)
BIN = QuantityBetween("temperature", 0.0, 1000.0, "12.5 K", above=True)
LATERAL = QuantityBetween("length", 8.0, 12.0, "9.95 Å")
CUTOFF = QuantityBetween("length", 4.0, 20.0, "9 Å")
EQUILIBRATION = QuantityBetween("time", 0.0, 1e7, "200 ps")
PREPARATION = QuantityBetween("time", 0.0, 1e4, "2 ps")
PRODUCTION = QuantityBetween("time", 0.0, 1e7, "1 ns", above=True)
TIMESTEP = QuantityBetween(
    "time",
    0.0,
    0.001,
    "0.5 fs",
    above=True,
    why=" (a B–H bond vibrates with a period of 13 fs; at 2 fs the potential energy is off by 4 "
    "kJ/mol)",
)
NONBONDED_TIMESTEP = QuantityBetween(
    "time",
    0.0,
    0.002,
    "2 fs",
    above=True,
    why=" (longer outer steps resonate with B–H bonds: energy drifts by 0.1 to 0.3 kT per atom "
    "and ns at 2.5 fs, 18 at 4 fs)",
)
COUPLING_TIME = QuantityBetween("time", 0.01, 100.0, "1 ps")
SAMPLING_TIME = QuantityBetween("time", 0.0, 100.0, "40 fs", above=True)
FRAME_TIME = QuantityBetween("time", 0.0, 1e6, "1 ps", above=True)


def _one_line(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError(f"got {text!r:.60}, wanted one line of printable text")
    return text


Potentials = Annotated[tuple[Annotated[ForceField, PotentialChoice()], ...], Listed("potential")]
Pressures = Annotated[tuple[Annotated[float, PRESSURE], ...], Listed("pressure", PRESSURE)]
Temperatures = Annotated[
    tuple[Annotated[float, TEMPERATURE], ...], Listed("temperature", TEMPERATURE)
]
HeatingRates = Annotated[
    tuple[Annotated[float, HEATING_RATE], ...], Listed("heating rate", HEATING_RATE)
]
Cutoffs = Annotated[tuple[Annotated[float, CUTOFF], ...], Listed("cutoff")]
Starts = Annotated[tuple[Phase, ...], Listed("start")]
FrozenParts = Annotated[tuple[Frozen, ...], Listed("frozen part")]
VacancyNumber = Annotated[int, Field(strict=True, ge=0)]
VacancyNumbers = Annotated[tuple[VacancyNumber, ...], Listed("number of vacancies")]
ReplicaNumber = Annotated[int, Field(strict=True, ge=0, le=99_999)]
Replicas = Annotated[tuple[ReplicaNumber, ...], Listed("replica")]
VacancySites = Annotated[tuple[tuple[Site, ...], ...], SitesByReplica()]
Repeats = Annotated[int, Field(strict=True, ge=1, le=MAX_REPEATS)]


if TYPE_CHECKING:
    ObservableName = str
else:
    ObservableName = Literal[tuple(DECLARATIONS)]


def _about_observables() -> str:
    in_ramps = " and ".join(name for name in DECLARATIONS if name in measured_in("ramp"))
    each = "; ".join(f"{one.name}: {one.summary}" for one in DECLARATIONS.values())
    return (
        "What is measured; if not given, everything that the protocol allows: "
        f"{in_ramps} in ramps, all of them in holds. {each}."
    )


def _default(text: str | int | list[str]) -> Any:
    """Return a default written as in a sweep file."""
    return Field(default=text, validate_default=True)


def _absent() -> Any:
    return Field(default_factory=tuple)


class Section(BaseModel):
    """A mapping of the file: unknown keys are refused, values can't change once read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        model_title_generator=lambda model: model.__name__.removesuffix("Section"),
    )


class SystemSection(Section):
    """What is simulated."""

    crystal: Literal["Li2B12H12"] = "Li2B12H12"
    """The material."""
    supercell: Annotated[
        tuple[Repeats, Repeats, Repeats],
        BeforeValidator(three_repeats),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": MAX_REPEATS},
                    {
                        "type": "array",
                        "items": {"type": "integer", "minimum": 1, "maximum": MAX_REPEATS},
                        "minItems": 3,
                        "maxItems": 3,
                    },
                ],
                "examples": [2, [2, 2, 3]],
            }
        ),
    ] = _default(2)
    """Cubic cells of 104 atoms along each axis: one number, or three. 2 makes 832 atoms."""
    start: Literal["auto", "alpha", "alpha_cap", "beta"] = "auto"
    """Phase that is built for the start; auto: beta for cooling ramps, alpha for all else.
    alpha_cap is the force field's other ordered phase, with Li over faces of the cages. With a
    structure: the phase in which that is."""
    structure: Annotated[ConventionalCrystal | None, StructureFile()] = Field(
        default_factory=lambda: None
    )
    """A file with the crystal to start from, instead of one that is built; its path is relative to
    this file. Its cells are repeated to fill the supercell, and start says in which phase it is."""
    vacancy_sites: VacancySites = _absent()
    """Which Li are missing, for each replica in turn a list of tetrahedral sites in conventional
    cells, such as [0.25, 0.25, 1.75]; runs with fewer vacancies take the first of them.
    If not given they are drawn at random, by the replica's number."""
    charge_compensation: Literal["anions", "cations", "background"] = "anions"
    """What compensates the charge of removed lithium."""
    frozen: Literal["none", "Li", "anions"] = "none"
    """Atoms without velocity at their relaxed places in the cell; anions follow it rigidly."""


class ModelSection(Section):
    """How exactly the potential is evaluated."""

    cutoff: Annotated[float, CUTOFF] = _default("9 Å")
    """Range of the pair forces; at most half the smallest height of the box."""
    accuracy: Literal["production", "high"] = "production"
    """Accuracy of the reciprocal sum: production for runs, high for comparisons."""
    shift: StrictBool = False
    """Whether pair energies are shifted to be zero at the cutoff."""


class AxesSection(Section):
    """The axes whose product is the grid."""

    potential: Potentials = _default("lbh-2021")
    """Force fields: shipped names, or paths of parameter files relative to this file."""
    pressure: Pressures
    """The pressures of the runs."""
    temperature: Temperatures = _absent()
    """Temperatures of holds and of coexisting phases. A ramp's range is
    protocol.ramp.temperature."""
    heating_rate: HeatingRates = _absent()
    """Rates of ramps, positive for cooling too."""
    n_vacancies: VacancyNumbers = _default(0)
    """Numbers of lithium atoms removed from the supercell."""
    cutoff: Cutoffs = _absent()
    """Ranges of the pair forces, instead of model.cutoff."""
    start: Starts = _absent()
    """Phases that are built for the start, instead of system.start."""
    frozen: FrozenParts = _absent()
    """Atoms that are frozen, instead of system.frozen."""
    replica: Annotated[tuple[ReplicaNumber, ...], Listed("replica", count=True)] = _default(1)
    """Independent repetitions: how many, or a list of their numbers."""


def _not_null(schema: dict[str, Any]) -> None:
    schema |= schema.pop("anyOf")[0]


class RampSection(Section):
    """Temperature driven up and down at a constant rate, at constant pressure."""

    temperature: Annotated[tuple[float, float], Span(TEMPERATURE)]
    """Lower and upper end, such as 300 K .. 700 K."""
    bin: Annotated[float, BIN] = _default("12.5 K")
    """Width of the temperature bins over which averages are taken; divides the range."""
    directions: Annotated[tuple[Direction, ...], Listed("direction")] = _default(
        ["heating", "cooling"]
    )
    """Heating from the lower end, cooling from the upper, or both as separate runs."""
    equilibrate: Annotated[float, EQUILIBRATION] = _default("2 ps")
    """Time at the starting temperature before the ramp."""
    first: Direction | None = Field(default_factory=lambda: None, json_schema_extra=_not_null)
    """Direction that runs first; runs of the other start from its ends. If not given, each run
    starts from a crystal as built."""
    first_rate: Annotated[float | None, HEATING_RATE] = Field(default_factory=lambda: None)
    """Rate of the runs that go first; if not given, that of the runs that start from their ends."""


class HoldSection(Section):
    """Constant pressure and temperature."""

    equilibrate: Annotated[float, EQUILIBRATION] = _default("200 ps")
    """Time before averages are taken."""
    produce: Annotated[float, PRODUCTION] = _default("1 ns")
    """Time over which averages are taken."""
    heated_from: Annotated[float | None, HEATED_FROM] = Field(default_factory=lambda: None)
    """Temperature from which runs are heated before they equilibrate; if not given, they are at
    their temperature from the start. Of runs that follow others only the first is heated."""
    heating_rate: Annotated[float, HEATING_RATE] = _default("1 K/ps")
    """Rate of that heating."""
    follow: Literal["none", "rising", "falling"] = "none"
    """Whether runs start from the end of the run at the next lower temperature (rising), the next
    higher (falling), or from a crystal as built."""


class CoexistSection(Section):
    """Two phases in one cell, at constant pressure and temperature, until one fills it."""

    phases: Annotated[tuple[Phase, ...], Listed("phase")] = _default(["alpha", "beta"])
    """The two phases: the first fills the lower half of the cell along c, the second the upper."""
    prepare: Annotated[float, PREPARATION] = _default("2 ps")
    """Time in which each half moves while the other is frozen, the second phase first."""
    produce: Annotated[float, PRODUCTION] = _default("60 ps")
    """Longest time in which both halves move; a run ends when one phase fills the cell."""
    laterals: Annotated[float, RelaxedOr(LATERAL)] = _default("relaxed")
    """Lengths of the cell along a and b: relaxed, each by itself; or the lattice parameter at which
    both are held, such as 9.95 Å. Both phases share them, so that both are strained."""


class ProtocolSection(Section):
    """A ramp, a hold, or two phases that meet: what is done with the temperature."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["ramp"]}, {"required": ["hold"]}, {"required": ["coexist"]}]
        }
    )

    ramp: RampSection | None = Field(default_factory=lambda: None, json_schema_extra=_not_null)
    """Temperature driven at constant rate; needs axes.heating_rate."""
    hold: HoldSection | None = Field(default_factory=lambda: None, json_schema_extra=_not_null)
    """Constant temperature; needs axes.temperature."""
    coexist: CoexistSection | None = Field(
        default_factory=lambda: None, json_schema_extra=_not_null
    )
    """Two phases in one cell at constant temperature; needs axes.temperature."""


class DynamicsSection(Section):
    """How the equations of motion are integrated."""

    ensemble: Literal["npt", "nvt", "nve"] = "npt"
    """Constant pressure and temperature, volume and temperature, or volume and energy."""
    timestep: Annotated[float, TIMESTEP] = _default("0.5 fs")
    """Inner step, for bonds and angles."""
    nonbonded_timestep: Annotated[float, NONBONDED_TIMESTEP] = _default("2 fs")
    """Outer step, for everything else; a whole multiple of timestep."""
    thermostat_time: Annotated[float, COUPLING_TIME] = _default("0.1 ps")
    """Relaxation time of the thermostat."""
    barostat: Literal["isotropic", "orthorhombic", "triclinic"] = "isotropic"
    """What of the cell may change in npt: its size, its three lengths, or all of it."""
    barostat_time: Annotated[float, COUPLING_TIME] = _default("1 ps")
    """Relaxation time of the barostat."""
    sample_every: Annotated[float, SAMPLING_TIME] = _default("40 fs")
    """Time between samples; a whole multiple of nonbonded_timestep."""


class TrajectorySection(Section):
    """What is kept of the atoms' motion during production; without this section nothing."""

    every: Annotated[float, FRAME_TIME]
    """Time from one frame to the next; a whole multiple of dynamics.nonbonded_timestep."""
    velocities: StrictBool = False
    """Whether frames hold velocities too."""


class Selection(Section):
    """Cells of the grid: the product of the values given, and all values of other axes."""

    potential: Potentials = _absent()
    """Force fields."""
    n_vacancies: VacancyNumbers = _absent()
    """Numbers of vacancies."""
    pressure: Pressures = _absent()
    """Pressures."""
    temperature: Temperatures = _absent()
    """Temperatures of holds."""
    heating_rate: HeatingRates = _absent()
    """Rates of ramps."""
    direction: Annotated[tuple[Direction, ...], Listed("direction")] = _absent()
    """Directions of ramps."""
    cutoff: Cutoffs = _absent()
    """Ranges of the pair forces."""
    start: Starts = _absent()
    """Phases that are built for the start."""
    frozen: FrozenParts = _absent()
    """Atoms that are frozen."""
    replica: Replicas = _absent()
    """Replica numbers, from 0."""


def _one_or_many(schema: dict[str, Any]) -> None:
    many = {"type": schema.pop("type"), "items": schema.pop("items")}
    schema["anyOf"] = [many["items"], many | {"maxItems": schema.pop("maxItems")}]


Selections = Annotated[
    tuple[Selection, ...],
    Field(max_length=1000, json_schema_extra=_one_or_many),
    BeforeValidator(as_list),
]


class SweepSpec(Section):
    """A sweep of molecular-dynamics runs of Li2B12H12, for lbhsweep."""

    _files: dict[str, bytes] = PrivateAttr(default_factory=dict)

    name: Annotated[str, Field(strict=True, max_length=100), AfterValidator(_one_line)]
    """A short name of the sweep."""
    description: Annotated[str, Field(strict=True, max_length=10_000)] = ""
    """What the sweep is for; stored with the results."""
    system: SystemSection = Field(default_factory=SystemSection)
    """What is simulated."""
    model: ModelSection = Field(default_factory=ModelSection)
    """How exactly the potential is evaluated."""
    axes: AxesSection
    """The axes whose product is the grid."""
    protocol: ProtocolSection
    """A ramp, a hold, or two phases that meet: what is done with the temperature."""
    dynamics: DynamicsSection = Field(default_factory=DynamicsSection)
    """How the equations of motion are integrated."""
    observables: Annotated[tuple[ObservableName, ...], Listed("observable")] = Field(
        default_factory=tuple, description=_about_observables()
    )
    trajectory: TrajectorySection | None = Field(
        default_factory=lambda: None, json_schema_extra=_not_null
    )
    """What is kept of the atoms' motion; if not given, nothing."""
    exclude: Selections = _absent()
    """Cells of the axes' product that are not run; each rule must match some."""
    extra_points: Selections = _absent()
    """Cells that are run in addition to the axes' product; axes not named take all their values."""

    @property
    def files(self) -> dict[str, bytes]:
        """Files that it names as they were when it was read, by their names in it."""
        return dict(self._files)

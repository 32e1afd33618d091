"""The run point: one cell of the grid, everything that determines one run's physics.

Frozen and hashable, made of plain numbers and strings in the units that the field names carry,
so that its canonical JSON is its identity (see `lbhsweep.sweep.identity`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lbhsweep.quantities import Group

Barostat = Literal["isotropic", "orthorhombic", "triclinic", "uniaxial"]
Direction = Literal["heating", "cooling"]
Phase = Literal["alpha", "alpha_cap", "beta"]
Frozen = Literal["none", "Li", "anions"]
Site = tuple[float, float, float]
USUAL_CUTOFF_A = 9.0
"""Left out of labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPoint:
    """What is simulated: crystal, phase as built, size, vacancies, and which atoms are frozen.

    Atoms that are `frozen` keep their relaxed places in the cell, anions as rigid bodies.
    `vacancy_sites` are the tetrahedral sites, in conventional cells, whose Li are removed; if
    there are none, `n_vacancies` Li are drawn at random, by the replica's number.  `structure` is
    the digest of the file whose crystal is there instead of one that is built, empty for none;
    `phase` is then as the sweep declares it.
    """

    crystal: str
    phase: Phase
    supercell: tuple[int, int, int]
    n_vacancies: int
    charge_compensation: Literal["anions", "cations", "background"]
    frozen: Frozen = "none"
    vacancy_sites: tuple[Site, ...] = ()
    structure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPoint:
    """How atoms interact: the potential, its content, and how exactly it is evaluated.

    `potential_digest` is the SHA-256 of the canonical parameter content, so that an edit of a
    parameter file reruns what it touches.
    """

    potential: str
    potential_digest: str
    cutoff_A: float
    shift: bool
    accuracy: Literal["production", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicsPoint:
    """How the equations of motion are integrated.

    `timestep_fs` is the inner step (bonds and angles); non-bonded forces act every
    `nonbonded_every` inner steps (the outer step).  Samples are taken every
    `sample_every` outer steps.  At constant pressure `barostat` says what of the cell may change:
    its size, its three lengths, all of it, or its length along c.
    """

    ensemble: Literal["npt", "nvt", "nve"]
    timestep_fs: float
    nonbonded_every: int
    thermostat_time_ps: float
    barostat_time_ps: float
    sample_every: int
    barostat: Barostat = "isotropic"

    @property
    def outer_step_ps(self) -> float:
        """Length of an outer step in ps."""
        return self.timestep_fs * 1e-3 * self.nonbonded_every


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPoint:
    """Constant pressure and temperature: heat if asked to, equilibrate, then produce.

    A `heating_rate_K_per_ps` of 0 means that the run is at its temperature from the start;
    otherwise it is heated from `heated_from_K` at this rate.
    """

    temperature_K: float
    equilibrate_ps: float
    produce_ps: float
    heated_from_K: float = 0.0
    heating_rate_K_per_ps: float = 0.0

    @property
    def heating_ps(self) -> float:
        """Length of the heating."""
        if not self.heating_rate_K_per_ps:
            return 0.0
        return (self.temperature_K - self.heated_from_K) / self.heating_rate_K_per_ps


@dataclass(frozen=True, slots=True, kw_only=True)
class RampPoint:
    """Temperature driven at a constant rate from one end of the range to the other.

    Heating goes from `temperature_min_K` up, cooling from `temperature_max_K` down, after
    `equilibrate_ps` at the starting temperature.  Bins have width `bin_K` from the minimum.
    """

    temperature_min_K: float
    temperature_max_K: float
    bin_K: float
    heating_rate_K_per_ps: float
    direction: Direction
    equilibrate_ps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoexistPoint:
    """Two phases in one cell, one above the other along c, until one of them fills it.

    The first of `phases` fills the lower half.  Each half in turn moves for `prepare_ps` at the
    temperature while the other is frozen, the second phase first.  Then all atoms move until
    one phase fills the cell, for `produce_ps` at most.  `lateral_A` is the lattice parameter at
    which a and b are held; 0 lets them relax.
    """

    phases: tuple[Phase, Phase]
    temperature_K: float
    prepare_ps: float
    produce_ps: float
    lateral_A: float = 0.0

    @property
    def equilibrate_ps(self) -> float:
        """Time before production: both halves in turn."""
        return 2.0 * self.prepare_ps


Protocol = HoldPoint | RampPoint | CoexistPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryPoint:
    """Which frames are kept: one each `every` outer steps of the production, none for 0.

    It is part of a run's identity, because a run that kept no frames must be run again to have
    some.  Random numbers don't depend on it, so what a run measures stays the same.
    """

    every: int = 0
    velocities: bool = False


GROUPS: dict[type[Protocol], Group] = {
    HoldPoint: "hold",
    RampPoint: "ramp",
    CoexistPoint: "coexist",
}
"""Group of the dataset by protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPoint:
    """One run.

    `follows` is the run id of the run from whose end this one starts, empty if it starts from a
    crystal as built.  `rehearsal` marks synthetic physics, stored apart from real results.
    """

    system: SystemPoint
    model: ModelPoint
    dynamics: DynamicsPoint
    protocol: Protocol
    pressure_GPa: float
    replica: int
    observables: tuple[str, ...]
    follows: str = ""
    trajectory: TrajectoryPoint = TrajectoryPoint()
    rehearsal: bool = False

    @property
    def group(self) -> Group:
        """Name the group of the dataset in which this run lands."""
        return GROUPS[type(self.protocol)]

    @property
    def coordinates(self) -> dict[str, str | int | float]:
        """Return the run's coordinates in its group, by the name of each possible axis.

        The group `ramp` has the further dimension ``temperature`` inside each run.
        """
        common: dict[str, str | int | float] = {
            "potential": self.model.potential,
            "cutoff": self.model.cutoff_A,
            "n_vacancies": self.system.n_vacancies,
            "frozen": self.system.frozen,
            "start": self.system.phase,
            "pressure": self.pressure_GPa,
        }
        if not isinstance(self.protocol, RampPoint):
            return {**common, "temperature": self.protocol.temperature_K, "replica": self.replica}
        return {
            **common,
            "heating_rate": self.protocol.heating_rate_K_per_ps,
            "direction": self.protocol.direction,
            "replica": self.replica,
        }

    @property
    def _usual_phase(self) -> Phase:
        """Phase in which runs of its kind are built by default."""
        if isinstance(self.protocol, CoexistPoint):
            return self.protocol.phases[0]
        is_cooled = isinstance(self.protocol, RampPoint) and self.protocol.direction == "cooling"
        return "beta" if is_cooled else "alpha"

    @property
    def label(self) -> str:
        """Describe the run in a line, for logs and progress: ``0.4 GPa heating 20 K/ps r0``.

        What most sweeps have in common is named only where it differs.
        """
        parts = [f"{self.model.potential}"]
        if self.model.cutoff_A != USUAL_CUTOFF_A:
            parts.append(f"cutoff {self.model.cutoff_A:g} Å")
        parts.append(f"{self.pressure_GPa:g} GPa")
        if n := self.system.n_vacancies:
            parts.append(f"{n} {'vacancy' if n == 1 else 'vacancies'}")
        if not self.follows and self.system.phase != self._usual_phase:
            parts.append(f"from {self.system.phase}")
        if self.system.frozen != "none":
            parts.append(f"{self.system.frozen} frozen")
        if isinstance(self.protocol, RampPoint):
            parts.append(f"{self.protocol.direction} {self.protocol.heating_rate_K_per_ps:g} K/ps")
        else:
            parts.append(f"{self.protocol.temperature_K:g} K")
        if isinstance(self.protocol, CoexistPoint):
            parts.append("|".join(self.protocol.phases))
        return " ".join([*parts, f"r{self.replica}"])

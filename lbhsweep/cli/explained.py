"""Description of a sweep: what it simulates, what can be read from it, and what can't."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from lbhsweep.quantities import DECLARATIONS
from lbhsweep.sweep import Grid, SweepSpec, expand_grid, make_plan
from lbhsweep.sweep.cost import REFERENCE_ATOMS, REFERENCE_NS_PER_DAY, n_atoms
from lbhsweep.sweep.point import CoexistPoint, HoldPoint, RampPoint, RunPoint
from lbhsweep.sweep.schedule import schedule_of
from lbhsweep.units import core_hours, plain_number

PUBLISHED_RATE = 0.1
"""K/ps; heating rate of the barocaloric study's ramps."""
DIFFUSIVE_PS = 200.0
"""Production from which D is known to some ten per cent above 500 K (docs/validation)."""
PHASES = {
    "alpha": "the ordered phase α",
    "alpha_cap": "the ordered phase α-b",
    "beta": "the disordered phase β",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, the sentences under it, and commands to be copied."""

    title: str
    sentences: tuple[str, ...]
    commands: tuple[str, ...] = ()


def explain(spec: SweepSpec, file: str) -> list[Part]:
    """Describe a sweep.

    Parameters
    ----------
    spec : SweepSpec
        The sweep.
    file : str
        Its file, for the commands to run next.

    Returns
    -------
    list of Part
        What is simulated, what each run does, what is measured, what can be read from it, its
        pitfalls, and what to do next.
    """
    grid = expand_grid(spec)
    described = {
        "What is simulated": _simulated(spec, grid),
        "What each run does": _done(spec, grid),
        "What is measured": _measured(grid.points[0]),
        "What can be read from it": _readable(spec, grid),
        "What to beware of": _beware(spec, grid),
    }
    parts = [Part(title, tuple(sentences)) for title, sentences in described.items()]
    return [*(part for part in parts if part.sentences), _next(spec, grid, file)]


def _simulated(spec: SweepSpec, grid: Grid) -> Iterator[str]:
    sizes = [len(values) for values in grid.coordinates.values()]
    runs = len(grid.points)
    factors = " × ".join(
        f"{len(values)} {_plural(dim, len(values))}"
        for dim, values in grid.coordinates.items()
        if len(values) > 1
    )
    count = f"{runs} {_plural('run', runs)}"
    if factors:
        gaps = math.prod(sizes) - runs
        left_out = f", without {gaps} cells that are not run" if gaps else ""
        count += f": {factors}{left_out}"
    yield f"{count}."
    atoms = sorted({n_atoms(point) for point in grid.points})
    cells = "×".join(map(str, spec.system.supercell))
    yield f"Li2B12H12, {cells} cubic cells, {_or(atoms)} atoms, periodic in all directions."
    vacancies = [n for n in grid.coordinates["n_vacancies"] if n]
    if vacancies:
        how = "those given" if spec.system.vacancy_sites else "drawn by the replica's number"
        yield (
            f"{_or(vacancies)} Li are missing, {how}; their charge is compensated by the "
            f"{spec.system.charge_compensation}."
        )
    cutoffs = grid.coordinates.get("cutoff", (spec.model.cutoff,))
    names = _and(list(grid.coordinates["potential"]))
    yield f"Force field {names}; pairs to {_or(cutoffs)} Å, charges by Ewald's sum."
    yield f"Pressures: {_and(grid.coordinates['pressure'])} GPa."


def _done(spec: SweepSpec, grid: Grid) -> Iterator[str]:
    shown = {_kind(point): point for point in reversed(grid.points)}
    for point in reversed(shown.values()):
        yield _course(point)
    held = {
        "npt": f"pressure and temperature (the cell is {grid.points[0].dynamics.barostat})",
        "nvt": "volume and temperature",
        "nve": "volume and energy",
    }[spec.dynamics.ensemble]
    dynamics = spec.dynamics
    yield (
        f"Held constant or driven: {held}. Steps of {dynamics.timestep * 1e3:g} fs for bonds and "
        f"angles, {dynamics.nonbonded_timestep * 1e3:g} fs for all else."
    )
    if spec.trajectory is not None:
        yield f"A frame of the atoms is kept every {spec.trajectory.every:g} ps."


def _kind(point: RunPoint) -> tuple[str, str, bool]:
    driven = point.protocol.direction if isinstance(point.protocol, RampPoint) else point.group
    return driven, point.system.phase, bool(point.follows)


def _course(point: RunPoint) -> str:
    protocol = point.protocol
    built = "of the structure file" if point.system.structure else "as built"
    start = f"from {PHASES[point.system.phase]} {built}"
    if point.follows:
        start = "from the end of the run before it"
    if isinstance(protocol, HoldPoint):
        heated = (
            f"heated from {protocol.heated_from_K:g} K at {protocol.heating_rate_K_per_ps:g} K/ps, "
            if protocol.heating_rate_K_per_ps
            else ""
        )
        return (
            f"Hold {start}: {heated}{protocol.equilibrate_ps:g} ps to settle, then "
            f"{protocol.produce_ps:g} ps over which averages are taken."
        )
    if isinstance(protocol, CoexistPoint):
        lower, upper = (PHASES[phase] for phase in protocol.phases)
        held = f"held at {protocol.lateral_A:g} Å" if protocol.lateral_A else "free to relax"
        return (
            f"{lower.capitalize()} below {upper} as built, a and b {held}: {protocol.prepare_ps:g} "
            "ps in which the upper half moves, then the same for the lower half, then at most "
            f"{protocol.produce_ps:g} ps until one phase fills the cell."
        )
    ends = protocol.temperature_min_K, protocol.temperature_max_K
    begin, end = ends if protocol.direction == "heating" else ends[::-1]
    schedule = schedule_of(point)
    lasts = schedule.produce_steps * point.dynamics.outer_step_ps
    samples = schedule.produce_steps // schedule.sample_every // schedule.n_bins
    return (
        f"{protocol.direction.capitalize()} {start}: {protocol.equilibrate_ps:g} ps at "
        f"{begin:g} K, then to {end:g} K at {protocol.heating_rate_K_per_ps:g} K/ps "
        f"({plain_number(lasts, 4)} ps at this rate); averages over {schedule.n_bins} bins of "
        f"{protocol.bin_K:g} K, {samples} samples each."
    )


def _measured(point: RunPoint) -> Iterator[str]:
    for name in point.observables:
        yield f"{name}: {DECLARATIONS[name].summary}."


def _readable(spec: SweepSpec, grid: Grid) -> Iterator[str]:
    n_pressures = len(grid.coordinates["pressure"])
    measured = set(grid.points[0].observables)
    at_pressure = spec.dynamics.ensemble == "npt"
    if not at_pressure:
        yield "Structure and motion at constant volume: no C_P, no transition, no entropy maps."
    elif grid.group == "ramp":
        yield "V(T) and H(T) of each branch, the transition's temperature, ΔV and ΔH."
        if len(spec.protocol.ramp.directions if spec.protocol.ramp else ()) > 1:
            yield "Loops, if both branches transform: width, midpoint, what is reversible."
        if len(grid.coordinates["heating_rate"]) > 2:
            yield "Half heights and loops extrapolated to zero rate."
    elif grid.group == "coexist":
        yield "Which phase grows at each temperature, how fast, and T_t(P) where neither does."
    else:
        yield "V, H, C_P, expansivity and compressibility of each phase, also between the holds."
        if "sites" in measured:
            yield "A bracket of T_t, where holds change their phase."
    if at_pressure and n_pressures > 1 and grid.group != "coexist":
        yield "dT/dP, S(T,P), ΔS_iso and ΔT_ad from the lowest pressure to each other."
    if "diffusion" in measured:
        yield "D and conductivity by phase, activation energies from three temperatures on."


def _beware(spec: SweepSpec, grid: Grid) -> Iterator[str]:
    at = grid.coordinates
    if len(at["replica"]) == 1:
        yield "One replica: errors come from within a run and miss what differs between runs."
    if len(at["pressure"]) == 1 and spec.dynamics.ensemble == "npt":
        yield "One pressure: no dT/dP and no entropy maps."
    if spec.system.supercell == (1, 1, 1):
        yield "One cubic cell is smaller than the range of the forces: for trying things only."
    ramp, hold = spec.protocol.ramp, spec.protocol.hold
    if ramp is not None:
        fastest = max(spec.axes.heating_rate)
        if fastest > PUBLISHED_RATE:
            yield (
                f"{fastest:g} K/ps is {fastest / PUBLISHED_RATE:g} times the published rate: "
                "heating overshoots the transition, cooling may leave β frozen in or order it as "
                "α-b, the force field's second ordered phase, and then half heights are bounds."
            )
        if ramp.directions == ("heating",):
            yield "Heating only: transition temperatures are upper bounds."
        if ramp.directions == ("cooling",):
            yield "Cooling only: transition temperatures are lower bounds."
    if hold is not None:
        if hold.produce < DIFFUSIVE_PS and "diffusion" in grid.points[0].observables:
            yield f"{hold.produce:g} ps are short for D: few Li hop, errors will be large."
        if len({point.system.phase for point in grid.points}) == 1 and hold.follow == "none":
            yield (
                "All holds start from one phase, which may outlive its stability: "
                "axes.start: [alpha, beta] brackets the transition from both sides."
            )
    if grid.group != "coexist" and "sites" not in grid.points[0].observables:
        yield "Without the observable 'sites' phases are distinguished by V(T), not by order."


def _next(spec: SweepSpec, grid: Grid, file: str) -> Part:
    hours = make_plan(grid, {}).core_hours
    cost = (
        f"{f'About {core_hours(hours)}' if hours >= 0.01 else 'Less than 0.01'} core-hours, if "
        f"a core does {REFERENCE_NS_PER_DAY:g} ns a day of {REFERENCE_ATOMS} atoms "
        "('lbhsweep bench' measures it)."
    )
    order = "The first command does the whole pipeline in seconds, with synthetic data."
    run = f"lbhsweep run {quote(file)} --output {quote(spec.name.replace('/', '-'))}"
    return Part(
        "What next",
        (cost, order),
        (f"{run} --rehearse", run),
    )


def _plural(word: str, n: int) -> str:
    word = {"n_vacancies": "number of vacancies", "heating_rate": "heating rate"}.get(word, word)
    if n == 1 or word == "frozen":
        return word
    return word.replace("number", "numbers") if "number" in word else f"{word}s"


def _or(values: Sequence[object]) -> str:
    return _listed(values, "or")


def _and(values: Sequence[object]) -> str:
    return _listed(values, "and")


def _listed(values: Sequence[object], word: str) -> str:
    """Format a list in words: ``0, 0.1 and 0.2``, long ones cut in the middle."""
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    if len(shown) > 6:
        shown = [*shown[:3], "…", shown[-1]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"

"""Half-height temperatures: the step of every run, and their means over replicas."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.phases.assignment import Phase
from lbhsweep.analysis.phases.curves import HOLD, Run
from lbhsweep.analysis.statistics import combine_replicas, join_errors
from lbhsweep.analysis.transition.bounds import Bound, combine, reverse
from lbhsweep.analysis.transition.step import (
    MINIMUM_SIDE,
    NoStep,
    Step,
    fit_step,
    fit_step_between,
    read_step,
)
from lbhsweep.analysis.transition.step_grid import Lines

OTHER_PHASE = "another ordered phase than heating leaves"
_ORDERED_NAMES = {
    Phase.ALPHA: "α (Li in windows)",
    Phase.ALPHA_CAP: "α-b (Li over cage faces)",
}


@dataclass(frozen=True, slots=True)
class RunStep:
    """One run and the step of its volume."""

    run: Run
    step: Step | NoStep


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error, or a reason why there is none.

    Attributes
    ----------
    value, stderr : float
        NaN where unknown.
    reason : str
        It may also come with a number, as a caveat.
    bound : Bound
        Whether the number is a value or a bound of what it is an estimate of.
    censored : bool
        Whether the range of temperatures determines the number: not all replicas transform within
        it, or only one end of a bracket lies in it.  No fit uses such numbers.
    limits : (2,) tuple of float
        Limits of an interval; NaN on a side without one.
    """

    value: float = float("nan")
    stderr: float = float("nan")
    reason: str = ""
    bound: Bound = Bound.VALUE
    censored: bool = False
    limits: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def kind(self) -> Bound:
        """`bound`, or absent without a number."""
        return self.bound if self.known else Bound.ABSENT

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return bool(np.isfinite(self.value))


@dataclass(frozen=True, slots=True)
class BranchTransition:
    """The transition of one branch (pressure, rate, direction), averaged over replicas."""

    half_height: Estimate
    width: Estimate
    volume_step: Estimate
    enthalpy_step: Estimate
    n_runs: int
    n_transformed: int
    ordered: Phase = Phase.UNDECIDED
    """Ordered phase that its runs leave or end in; α-b as soon as one does."""


def find_steps(runs: Iterable[Run]) -> list[RunStep]:
    """Fit the step of every run's volume; in equilibrium (holds) it is sharp.

    Holds of known phase come as runs of one phase, which have no step.

    A run without a step whose other replicas show one is fitted once more between the phases
    that they show: else the gradual transitions would be dropped and the sharp ones kept.
    """
    found = [
        RunStep(
            run,
            NoStep("holds of one phase")
            if run.direction == HOLD and run.has_phases
            else fit_step(
                run.temperature,
                run.values["volume"],
                run.stderrs["volume"],
                sharp=run.direction == HOLD,
            ),
        )
        for run in runs
    ]
    lines = {key: _phase_lines(items) for key, items in by_branch(found).items()}
    return [_fit_again(item, lines[_branch_of(item.run)]) for item in found]


def by_branch(
    steps: Iterable[RunStep],
) -> dict[tuple[float, float, str], list[RunStep]]:
    """Sort runs by (pressure, heating rate, direction): those of one branch are replicas."""
    branches = defaultdict(list)
    for item in steps:
        branches[_branch_of(item.run)].append(item)
    return dict(branches)


def _branch_of(run: Run) -> tuple[float, float, str]:
    return run.pressure, run.heating_rate, run.direction


def _phase_lines(branch: Sequence[RunStep]) -> Lines | None:
    """Fit V(T) of both phases, straight lines, to the runs of one branch that show a step."""
    seen = [item for item in branch if isinstance(item.step, Step)]
    if not seen or len(seen) == len(branch):
        return None
    lines = []
    for side in (0, 1):
        points = []
        for item in seen:
            assert isinstance(item.step, Step)  # noqa: S101 - chosen so above
            volume = item.run.values["volume"]
            inside = item.step.sides(item.run.temperature)[side] & np.isfinite(volume)
            points.append(np.stack([item.run.temperature[inside], volume[inside]]))
        t, v = np.concatenate(points, axis=1)
        if t.size < MINIMUM_SIDE:
            return None
        lines.append(np.polyfit(t, v, 1))
    return lines[0], lines[1]


def _fit_again(item: RunStep, lines: Lines | None) -> RunStep:
    if lines is None or isinstance(item.step, Step):
        return item
    run = item.run
    step = fit_step_between(run.temperature, run.values["volume"], run.stderrs["volume"], lines)
    return RunStep(run, step) if isinstance(step, Step) else item


def spread_between_runs(steps: Sequence[RunStep]) -> float:
    """Estimate how much half-height temperatures differ from run to run, K.

    The standard deviation between replicas of the same branch, pooled over all pressures,
    directions and rates, because two or three replicas of one branch are too few for it.
    NaN where no branch has two replicas that transform.
    """
    centres = [
        [item.step.centre for item in branch if isinstance(item.step, Step)]
        for (_, _, direction), branch in by_branch(steps).items()
        if direction != HOLD
    ]
    n_dof = sum(len(values) - 1 for values in centres if values)
    if not n_dof:
        return float("nan")
    square = sum(float(np.var(values)) * len(values) for values in centres if values)
    return float(np.sqrt(square / n_dof))


def average_branch(steps: Sequence[RunStep], between: float) -> BranchTransition:
    """Average the steps of one branch over its replicas.

    Each run is fitted by itself, since replicas transform at different temperatures and the
    mean curve would smear the step.  The error of the half height is the largest of those within
    the runs, of the pooled spread between runs, and of this branch's own spread.  Where only some
    replicas transform, the mean is over those, the others enter its error as if they transformed
    at the end of their range, and it is a bound.

    Parameters
    ----------
    steps : sequence of RunStep
        The runs of one branch.
    between : float
        Standard deviation of half-height temperatures between runs, K, from
        `spread_between_runs`; NaN where unknown.
    """
    seen = [(item.run, item.step) for item in steps if isinstance(item.step, Step)]
    if not seen:
        missing = Estimate(reason=_reason(steps))
        return BranchTransition(
            missing, missing, missing, missing, len(steps), 0, _ordered_phase(steps)
        )
    found = [step for _, step in seen]
    is_hold = seen[0][0].direction == HOLD
    caveat = ""
    bound = Bound.VALUE
    censored = len(seen) < len(steps)
    if censored:
        is_cooling = seen[0][0].direction == "cooling"
        beyond, bound = ("lower", Bound.UPPER) if is_cooling else ("higher", Bound.LOWER)
        caveat = (
            f"{len(seen)} of {len(steps)} replicas transform: the mean half height lies {beyond}; "
            f"{_reason(steps)}"
        )
    elif not is_hold and np.isnan(between):
        caveat = "no replicas: the error does not hold what differs from run to run"
    half_height = Estimate(
        float(np.mean([step.centre for step in found])),
        _half_height_error(steps, found, 0.0 if is_hold else between),
        caveat,
        bound,
        censored,
    )
    enthalpy = [
        read_step(step, run.temperature, run.values["enthalpy"], run.stderrs["enthalpy"])
        for run, step in seen
    ]
    return BranchTransition(
        half_height=half_height,
        width=_mean([(step.width, step.width_stderr) for step in found], caveat),
        volume_step=_mean([(step.height, step.height_stderr) for step in found], caveat),
        enthalpy_step=_mean(enthalpy, caveat),
        n_runs=len(steps),
        n_transformed=len(found),
        ordered=_ordered_phase(steps),
    )


def mask_other_transition(heating: BranchTransition, cooling: BranchTransition) -> BranchTransition:
    """Return a cooling branch, without its numbers if it ends in another phase than heating leaves.

    β orders into α or into α-b (`phases.assignment`).  Half heights of two transitions make no
    loop, and that into one phase is no bound of the other.
    """
    if Phase.UNDECIDED in (heating.ordered, cooling.ordered) or heating.ordered == cooling.ordered:
        return cooling
    half_height = cooling.half_height
    how = f"at {half_height.value:.0f} K" if half_height.known else "without a step of the volume"
    reason = f"β orders {how} into {OTHER_PHASE}: {_ORDERED_NAMES[cooling.ordered]}"
    parts = [reason] + ([half_height.reason] if half_height.reason else [])
    missing = Estimate(reason="; ".join(parts))
    return BranchTransition(missing, missing, missing, missing, cooling.n_runs, 0, cooling.ordered)


def _ordered_phase(steps: Sequence[RunStep]) -> Phase:
    """Return the ordered phase, α or α-b, of runs at their cold end."""
    found = {_cold_phase(item) for item in steps} - {Phase.UNDECIDED}
    if not found:
        return Phase.UNDECIDED
    return Phase.ALPHA_CAP if Phase.ALPHA_CAP in found else Phase.ALPHA


def _cold_phase(item: RunStep) -> Phase:
    run = item.run
    if isinstance(item.step, Step):
        cold = item.step.sides(run.temperature)[0]
    else:
        cold = np.cumsum(np.isfinite(run.values["volume"])) <= MINIMUM_SIDE
    counts = {
        phase: int((run.phases[cold] == phase).sum()) for phase in (Phase.ALPHA, Phase.ALPHA_CAP)
    }
    most = max(counts, key=lambda phase: counts[phase])
    return most if counts[most] else Phase.UNDECIDED


def _half_height_error(steps: Sequence[RunStep], found: Sequence[Step], between: float) -> float:
    """Compute the standard error of the mean half height, K."""
    places = [item.step.centre if isinstance(item.step, Step) else _end(item.run) for item in steps]
    own = float(np.std(places, ddof=1)) if len(places) > 1 else 0.0
    within = float(np.sqrt(np.mean([step.centre_stderr**2 for step in found])))
    if not between > 0.0 and len(places) > 1:
        own = float(join_errors(np.array(within), np.array(own), np.array(len(places))))
    return float(np.fmax(max(within, own), between)) / float(np.sqrt(len(found)))


def _end(run: Run) -> float:
    """Return the temperature that a ramp reaches last, K."""
    t = run.temperature[np.isfinite(run.values["volume"])]
    return float(t.min() if run.direction == "cooling" else t.max())


def midpoint(heating: Estimate, cooling: Estimate) -> Estimate:
    """Compute the mean of two half-height temperatures, or the reason if one is missing."""
    if not (heating.known and cooling.known):
        return Estimate(reason=_lacking(heating, cooling))
    error = float(np.hypot(heating.stderr, cooling.stderr)) / 2
    mean = (heating.value + cooling.value) / 2
    return Estimate(
        mean,
        error,
        _join(heating, cooling),
        combine((heating.bound, cooling.bound)),
        heating.censored or cooling.censored,
    )


def loop_width(heating: Estimate, cooling: Estimate) -> Estimate:
    """Compute how far heating lies above cooling, or the reason if one is missing."""
    if not (heating.known and cooling.known):
        return Estimate(reason=_lacking(heating, cooling))
    error = float(np.hypot(heating.stderr, cooling.stderr))
    width = heating.value - cooling.value
    return Estimate(
        width,
        error,
        _join(heating, cooling),
        combine((heating.bound, reverse(cooling.bound))),
        heating.censored or cooling.censored,
    )


def _mean(pairs: Sequence[tuple[float, float]], caveat: str) -> Estimate:
    values, stderrs = np.array(pairs, dtype=np.float64).T
    mean, stderr, _ = combine_replicas(values, stderrs, axis=0)
    return Estimate(float(mean), float(stderr), caveat)


def _reason(steps: Sequence[RunStep]) -> str:
    reasons = Counter(item.step.reason for item in steps if isinstance(item.step, NoStep))
    return "; ".join(reasons) if reasons else "no finished run"


def _lacking(heating: Estimate, cooling: Estimate) -> str:
    parts = [
        f"{name}: {estimate.reason}"
        for name, estimate in (("heating", heating), ("cooling", cooling))
        if not estimate.known
    ]
    return "; ".join(parts)


def _join(heating: Estimate, cooling: Estimate) -> str:
    return "; ".join(dict.fromkeys(text for text in (heating.reason, cooling.reason) if text))

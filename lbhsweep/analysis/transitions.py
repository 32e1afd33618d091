"""Half-height temperatures: the step of every run, and their means over replicas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.runs import HOLD, Run
from lbhsweep.analysis.statistics import combine_replicas
from lbhsweep.analysis.step import NoStep, Step, fit_step, read_step


@dataclass(frozen=True, slots=True)
class RunStep:
    """One run and the step of its volume."""

    run: Run
    step: Step | NoStep


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error, or a reason why there is none.

    `reason` may also come with a number, as a caveat.
    """

    value: float = float("nan")
    stderr: float = float("nan")
    reason: str = ""

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


def find_steps(runs: Iterable[Run]) -> list[RunStep]:
    """Fit the step of every run's volume; in equilibrium (holds) it is sharp."""
    return [
        RunStep(
            run,
            fit_step(
                run.temperature,
                run.values["volume"],
                run.stderrs["volume"],
                sharp=run.direction == HOLD,
            ),
        )
        for run in runs
    ]


def spread_between_runs(steps: Sequence[RunStep]) -> float:
    """Estimate how much half-height temperatures differ from run to run, K.

    The standard deviation between replicas of the same branch, pooled over all pressures,
    directions and rates, because two or three replicas of one branch know it far too badly.
    NaN where no branch has two replicas that transform.
    """
    centres: dict[tuple[float, float, str], list[float]] = {}
    for item in steps:
        if isinstance(item.step, Step) and item.run.direction != HOLD:
            key = (item.run.pressure, item.run.heating_rate, item.run.direction)
            centres.setdefault(key, []).append(item.step.centre)
    freedom = sum(len(values) - 1 for values in centres.values())
    if not freedom:
        return float("nan")
    square = sum(float(np.var(values)) * len(values) for values in centres.values())
    return float(np.sqrt(square / freedom))


def average_branch(steps: Sequence[RunStep], between: float) -> BranchTransition:
    """Average the steps of one branch over its replicas.

    Each run is fitted by itself, since replicas transform at different temperatures and the
    mean curve would smear the step.  Where only some replicas transform, the mean is over those
    and the reason says so.

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
        return BranchTransition(missing, missing, missing, missing, len(steps), 0)
    found = [step for _, step in seen]
    is_hold = seen[0][0].direction == HOLD
    caveat = ""
    if len(seen) < len(steps):
        caveat = f"{len(seen)} of {len(steps)} replicas transform; {_reason(steps)}"
    elif not is_hold and np.isnan(between):
        caveat = "no replicas: the error does not hold what differs from run to run"
    within = np.array([step.centre_stderr for step in found])
    half_height = Estimate(
        float(np.mean([step.centre for step in found])),
        float(np.fmax(np.sqrt(np.mean(within**2)), 0.0 if is_hold else between))
        / np.sqrt(len(found)),
        caveat,
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
    )


def midpoint(heating: Estimate, cooling: Estimate) -> Estimate:
    """Give the mean of two half-height temperatures, or say which one lacks."""
    if not (heating.known and cooling.known):
        return Estimate(reason=_lacking(heating, cooling))
    error = float(np.hypot(heating.stderr, cooling.stderr)) / 2
    return Estimate((heating.value + cooling.value) / 2, error, _join(heating, cooling))


def loop_width(heating: Estimate, cooling: Estimate) -> Estimate:
    """Give how far heating lies above cooling, or say which one lacks."""
    if not (heating.known and cooling.known):
        return Estimate(reason=_lacking(heating, cooling))
    error = float(np.hypot(heating.stderr, cooling.stderr))
    return Estimate(heating.value - cooling.value, error, _join(heating, cooling))


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

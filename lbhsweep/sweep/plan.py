"""What is left to do: a sweep's grid less the runs that have a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lbhsweep.sweep.cost import estimated_core_seconds
from lbhsweep.sweep.grid import Grid
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.sampling_frames import estimated_trajectory_bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """The runs of a sweep by their outcome.

    Attributes
    ----------
    points : dict of str to RunPoint
        All runs of the grid by run id, in the grid's order.
    done, failed, missing : tuple of str
        Run ids of the grid, in its order.
    others : tuple of str
        Finished runs that are not in the grid: of points since removed, or of other physics.
    core_hours : float
        Estimated core time of the missing runs.
    chain_hours : float
        Longest time of missing runs that follow each other; no number of cores takes less.
    trajectory_bytes : int
        Estimated space that the trajectories of the missing runs take.
    """

    points: dict[str, RunPoint]
    done: tuple[str, ...]
    failed: tuple[str, ...]
    missing: tuple[str, ...]
    others: tuple[str, ...]
    core_hours: float
    chain_hours: float
    trajectory_bytes: int


def make_plan(grid: Grid, finished: Mapping[str, str]) -> Plan:
    """Compare a grid with the runs that have a record.

    Parameters
    ----------
    grid : Grid
        The sweep's points.
    finished : mapping of str to str
        Run id to ``done`` or ``failed``.

    Returns
    -------
    Plan
        What is done, failed and missing.
    """
    points = {run_id(point): point for point in grid.points}
    missing = tuple(name for name in points if name not in finished)
    seconds = {name: estimated_core_seconds(points[name]) for name in missing}
    chains = chain_costs(seconds, followers(points, missing))
    return Plan(
        points=points,
        done=tuple(name for name in points if finished.get(name) == "done"),
        failed=tuple(name for name in points if finished.get(name) == "failed"),
        missing=missing,
        others=tuple(sorted(name for name in finished if name not in points)),
        core_hours=sum(seconds.values()) / 3600,
        chain_hours=max(chains.values(), default=0.0) / 3600,
        trajectory_bytes=sum(estimated_trajectory_bytes(points[name]) for name in missing),
    )


def followers(points: Mapping[str, RunPoint], names: Iterable[str]) -> dict[str, list[str]]:
    """Group runs that start from the end of another run by the run id of that run."""
    found: dict[str, list[str]] = {}
    for name in names:
        if points[name].follows:
            found.setdefault(points[name].follows, []).append(name)
    return found


def chain_costs(costs: Mapping[str, float], after: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Compute the cost of each run and of the longest chain of runs that wait for it.

    Parameters
    ----------
    costs : mapping of str to float
        By run id.
    after : mapping of str to sequence of str
        Run ids of those that start from the end of a run, from `followers`.
    """
    if not after:
        return dict(costs)
    lengths: dict[str, float] = {}
    pending = list(costs)
    while pending:
        name = pending[-1]
        later = after.get(name, ())
        unknown = [one for one in later if one not in lengths]
        if unknown:
            pending += unknown
            continue
        lengths[name] = costs[name] + max((lengths[one] for one in later), default=0.0)
        pending.pop()
    return lengths


def waiting_for_failed(plan: Plan) -> dict[str, str]:
    """Return the missing runs that can't start because one before them failed, with that one."""
    after = followers(plan.points, plan.missing)
    found: dict[str, str] = {}
    failed = [(name, name) for name in plan.failed]
    while failed:
        name, root = failed.pop()
        for follower in after.get(name, ()):
            found[follower] = root
            failed.append((follower, root))
    return found


def changed_physics(
    finished: Iterable[RunPoint], plan: Plan, dims: Sequence[str]
) -> dict[str, tuple[Any, Any]]:
    """Find the differences between finished runs and the missing runs at their coordinates.

    Parameters
    ----------
    finished : iterable of RunPoint
        Points of some of the plan's `others`.
    plan : Plan
        The plan.
    dims : sequence of str
        The grid's dimensions.

    Returns
    -------
    dict of str to (old, new)
        One example of each value that changed, by name such as ``model.cutoff_A``.  It is empty
        if no missing run has the coordinates of a finished one.
    """
    changes: dict[str, tuple[Any, Any]] = {}
    finished = tuple(finished)
    if not finished:
        return changes
    missing = {_place(plan.points[name], dims): plan.points[name] for name in plan.missing}
    for old in finished:
        before = _flat(old)
        after = _flat(missing.get(_place(old, dims), old))
        for name in sorted(before.keys() & after.keys()):
            # Between two runs that follow others, the change is in those.
            passed_on = name == "follows" and before[name] and after[name]
            if before[name] != after[name] and not passed_on:
                changes.setdefault(name, (before[name], after[name]))
    return changes


def _place(point: RunPoint, dims: Sequence[str]) -> tuple[str | int | float | None, ...]:
    at = point.coordinates
    return tuple(at.get(dim) for dim in dims)


def _flat(point: RunPoint) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in asdict(point).items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            flat[name] = value
    return flat

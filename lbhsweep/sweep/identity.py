"""The identity of a run: canonical JSON of its point, and the hash that names it everywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

from lbhsweep.sweep.point import (
    GROUPS,
    DynamicsPoint,
    ModelPoint,
    Protocol,
    RunPoint,
    SystemPoint,
    TrajectoryPoint,
)

PHYSICS_VERSION = 3
"""Raised when the code gives other physics for the same point, so that runs are done again."""

Part = SystemPoint | ModelPoint | DynamicsPoint | Protocol | TrajectoryPoint
_PROTOCOLS = {group: kind for kind, group in GROUPS.items()}
P = TypeVar("P", bound=Part)


def run_id(point: RunPoint) -> str:
    """Name a run: SHA-256 of the physics version and the point's canonical JSON, in hex."""
    return run_id_of(canonical_json(point), PHYSICS_VERSION)


def run_id_of(point_json: str, physics_version: int) -> str:
    """Name a run from the contents of its record, also one of an earlier physics version."""
    text = f'{{"physics_version":{physics_version},"point":{point_json}}}'
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_json(point: RunPoint) -> str:
    """Write a point as JSON with sorted keys, no spaces and shortest round-trip numbers.

    Equal points give equal texts, whether a number was an int or a float.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.
    """
    # Assembled from cached parts, which thousands of points share: 5 µs instead of 60.
    protocol = f'{{"{point.group}":{_part_json(point.protocol)}}}'
    # Left out where nothing is kept, so that runs done before there were trajectories count.
    kept = point.trajectory != TrajectoryPoint()
    trajectory = f',"trajectory":{_part_json(point.trajectory)}' if kept else ""
    return (
        f'{{"dynamics":{_part_json(point.dynamics)},"follows":"{point.follows}",'
        f'"model":{_part_json(point.model)},"observables":{_names_json(point.observables)},'
        f'"pressure_GPa":{_number_json(float(point.pressure_GPa) + 0.0)},"protocol":{protocol},'
        f'"rehearsal":{"true" if point.rehearsal else "false"},"replica":{int(point.replica)},'
        f'"system":{_part_json(point.system)}{trajectory}}}'
    )


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


_number_json = lru_cache(maxsize=4096)(_json)
_names_json = lru_cache(maxsize=64)(_json)


@lru_cache(maxsize=4096)
def _part_json(part: Part) -> str:
    values = {one.name: (getattr(part, one.name), one.type) for one in fields(part)}
    # -0.0 and 0.0, 9 and 9.0 are the same physics.
    if values.get("structure") == ("", "str"):
        # Left out where the crystal is built: runs done before there were structure files count.
        del values["structure"]
    return _json(
        {name: float(v) + 0.0 if kind == "float" else v for name, (v, kind) in values.items()}
    )


def point_from_json(text: str) -> RunPoint:
    """Read a point back from its canonical JSON.

    Raises
    ------
    ValueError
        If the text is no point.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        ((group, protocol),) = data["protocol"].items()
        return RunPoint(
            **data
            | {
                "system": _part(SystemPoint, data["system"]),
                "model": _part(ModelPoint, data["model"]),
                "dynamics": _part(DynamicsPoint, data["dynamics"]),
                "protocol": _part(_PROTOCOLS[group], protocol),
                "observables": tuple(data["observables"]),
                "trajectory": _part(TrajectoryPoint, data.get("trajectory", {})),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the JSON of a run point: {error!r} in {text[:200]!r}") from error


def _part(kind: Callable[..., P], data: dict[str, Any]) -> P:
    return kind(**{name: _tuples(value) for name, value in data.items()})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value

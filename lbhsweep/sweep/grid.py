"""A sweep's grid: its run points and the coordinates of the dataset that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from lbhsweep.physics.forcefield import ForceField
from lbhsweep.sweep.layout import Group, Layout, Values, group_of, lay_out, potentials
from lbhsweep.sweep.point import (
    Direction,
    DynamicsPoint,
    HoldPoint,
    ModelPoint,
    Phase,
    RampPoint,
    RunPoint,
    SystemPoint,
    TrajectoryPoint,
)
from lbhsweep.sweep.spec import SweepSpec


@dataclass(frozen=True, slots=True)
class Grid:
    """All runs of a sweep.

    Attributes
    ----------
    group : {'hold', 'ramp'}
        Group of the dataset.
    points : tuple of RunPoint
        In the order of their coordinates, whatever the order in the file.
    coordinates : dict of str to tuple
        Sorted values by dimension, without the temperature bins of ramps.  Cells of their
        product without a point are not planned.
    bin_centres : tuple of float or None
        Centres of a ramp's temperature bins, K.
    force_fields : dict of str to ForceField
        By the name in each point's `model.potential`.
    """

    group: Group
    points: tuple[RunPoint, ...]
    coordinates: dict[str, Values]
    bin_centres: tuple[float, ...] | None
    force_fields: dict[str, ForceField]


def expand_grid(spec: SweepSpec, *, rehearsal: bool = False) -> Grid:
    """Make a run point of every planned cell.

    Parameters
    ----------
    spec : SweepSpec
        The sweep.
    rehearsal : bool
        Whether the points are for make-believe physics.

    Returns
    -------
    Grid
        Points and coordinates.
    """
    layout, _ = lay_out(spec)
    force_fields = {one.name: one for one in potentials(spec)}
    return Grid(
        group=group_of(spec),
        points=tuple(_points(spec, layout, force_fields, rehearsal)),
        coordinates=layout.coordinates,
        bin_centres=_bin_centres(spec),
        force_fields=force_fields,
    )


def _points(
    spec: SweepSpec, layout: Layout, force_fields: dict[str, ForceField], rehearsal: bool
) -> Iterator[RunPoint]:
    system = cache(partial(_system_point, spec))
    protocol = cache(partial(_protocol_point, spec))
    models = {name: _model_point(spec, one) for name, one in force_fields.items()}
    dynamics = _dynamics_point(spec)
    observables = tuple(sorted(spec.observables))
    trajectory = _trajectory_point(spec)
    cells = (
        [axis[i] for i in places.tolist()]
        for axis, places in zip(layout.coordinates.values(), layout.planned.nonzero(), strict=True)
    )
    for values in zip(*cells, strict=True):
        at: dict[str, Any] = dict(zip(layout.coordinates, values, strict=True))
        direction = at.get("direction")
        yield RunPoint(
            system=system(at["n_vacancies"], direction),
            model=models[at["potential"]],
            dynamics=dynamics,
            protocol=protocol(direction, at.get("heating_rate", at.get("temperature"))),
            pressure_GPa=at["pressure"],
            replica=at["replica"],
            observables=observables,
            trajectory=trajectory,
            rehearsal=rehearsal,
        )


def _system_point(spec: SweepSpec, n_vacancies: int, direction: Direction | None) -> SystemPoint:
    automatic: Phase = "beta" if direction == "cooling" else "alpha"
    start = spec.system.start
    return SystemPoint(
        crystal=spec.system.crystal,
        phase=automatic if start == "auto" else start,
        supercell=spec.system.supercell,
        n_vacancies=n_vacancies,
        # Nothing to compensate: the key must not tell apart runs that are the same.
        charge_compensation=spec.system.charge_compensation if n_vacancies else "anions",
        frozen=spec.system.frozen,
    )


def _model_point(spec: SweepSpec, force_field: ForceField) -> ModelPoint:
    return ModelPoint(
        potential=force_field.name,
        potential_digest=force_field.digest,
        cutoff_A=spec.model.cutoff,
        shift=spec.model.shift,
        accuracy=spec.model.accuracy,
    )


def _dynamics_point(spec: SweepSpec) -> DynamicsPoint:
    dynamics = spec.dynamics
    return DynamicsPoint(
        ensemble=dynamics.ensemble,
        timestep_fs=float(f"{dynamics.timestep * 1e3:.12g}"),
        nonbonded_every=round(dynamics.nonbonded_timestep / dynamics.timestep),
        thermostat_time_ps=dynamics.thermostat_time,
        barostat_time_ps=dynamics.barostat_time,
        sample_every=round(dynamics.sample_every / dynamics.nonbonded_timestep),
        barostat=dynamics.barostat,
    )


def _protocol_point(
    spec: SweepSpec, direction: Direction | None, driven: float
) -> HoldPoint | RampPoint:
    ramp, hold = spec.protocol.ramp, spec.protocol.hold
    if ramp is not None and direction is not None:
        low, high = ramp.temperature
        return RampPoint(
            temperature_min_K=low,
            temperature_max_K=high,
            bin_K=ramp.bin,
            heating_rate_K_per_ps=driven,
            direction=direction,
            equilibrate_ps=ramp.equilibrate,
        )
    assert hold is not None  # noqa: S101 - load_sweep accepts exactly one protocol
    return HoldPoint(temperature_K=driven, equilibrate_ps=hold.equilibrate, produce_ps=hold.produce)


def _trajectory_point(spec: SweepSpec) -> TrajectoryPoint:
    if spec.trajectory is None:
        return TrajectoryPoint()
    every = round(spec.trajectory.every / spec.dynamics.nonbonded_timestep)
    return TrajectoryPoint(every=every, velocities=spec.trajectory.velocities)


def _bin_centres(spec: SweepSpec) -> tuple[float, ...] | None:
    ramp = spec.protocol.ramp
    if ramp is None:
        return None
    low, high = ramp.temperature
    n_bins = round((high - low) / ramp.bin)
    return tuple(float(f"{low + (i + 0.5) * ramp.bin:.12g}") for i in range(n_bins))

"""A sweep's grid: its run points and the coordinates of the dataset that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, cast

from lbhsweep.physics.conventional import ConventionalCrystal
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.quantities import Group, measured_in
from lbhsweep.sweep.cells import PlannedCells, Values, group_of, plan_cells, potentials
from lbhsweep.sweep.chains import CellCoordinates, in_order_of_start
from lbhsweep.sweep.file.spec import SweepSpec
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import (
    Barostat,
    CoexistPoint,
    Direction,
    DynamicsPoint,
    Frozen,
    HoldPoint,
    ModelPoint,
    Phase,
    Protocol,
    RampPoint,
    RunPoint,
    SystemPoint,
    TrajectoryPoint,
)


@dataclass(frozen=True, slots=True)
class Grid:
    """All runs of a sweep.

    Attributes
    ----------
    group : {'hold', 'ramp', 'coexist'}
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
    crystal : ConventionalCrystal or None
        From which runs start, if the sweep names a structure file.
    """

    group: Group
    points: tuple[RunPoint, ...]
    coordinates: dict[str, Values]
    bin_centres: tuple[float, ...] | None
    force_fields: dict[str, ForceField]
    crystal: ConventionalCrystal | None = None


def expand_grid(spec: SweepSpec, *, rehearsal: bool = False) -> Grid:
    """Make a run point of every planned cell.

    Parameters
    ----------
    spec : SweepSpec
        The sweep.
    rehearsal : bool
        Whether the points are for synthetic physics.

    Returns
    -------
    Grid
        Points and coordinates.
    """
    planned, _ = plan_cells(spec)
    force_fields = {one.name: one for one in potentials(spec)}
    return Grid(
        group=group_of(spec),
        points=tuple(_points(spec, planned, force_fields, rehearsal)),
        coordinates=planned.coordinates,
        bin_centres=_bin_centres(spec),
        force_fields=force_fields,
        crystal=spec.system.structure,
    )


def _points(
    spec: SweepSpec, planned: PlannedCells, force_fields: dict[str, ForceField], rehearsal: bool
) -> Iterator[RunPoint]:
    structure = spec.system.structure.digest if spec.system.structure else ""
    system = cache(partial(_system_point, spec, structure))
    protocol = cache(partial(_protocol_point, spec))
    model = cache(lambda name, cutoff: _model_point(spec, force_fields[name], cutoff))
    dynamics = _dynamics_point(spec)
    observables = tuple(sorted(spec.observables or measured_in(group_of(spec))))
    trajectory = _trajectory_point(spec)
    dims, cells = tuple(planned.coordinates), planned.cells()
    made: dict[CellCoordinates, RunPoint] = {}
    for cell, other in in_order_of_start(spec, dims, cells):
        at: dict[str, Any] = dict(zip(dims, cell, strict=True))
        driven = at.get("heating_rate", at.get("temperature"))
        origin = None if other is None else made[other]
        made[cell] = RunPoint(
            system=system(
                at["n_vacancies"],
                at["replica"] if spec.system.vacancy_sites else 0,
                at.get("frozen", spec.system.frozen),
                # A run that starts from the end of another has its atoms.
                origin.system.phase if origin else _phase(spec, at),
            ),
            model=model(at["potential"], at.get("cutoff", spec.model.cutoff)),
            dynamics=dynamics,
            protocol=protocol(at.get("direction"), driven, origin is None),
            pressure_GPa=at["pressure"],
            replica=at["replica"],
            observables=observables,
            follows=run_id(origin) if origin else "",
            trajectory=trajectory,
            rehearsal=rehearsal,
        )
    yield from (made[cell] for cell in cells)


def _phase(spec: SweepSpec, at: Mapping[str, Any]) -> Phase:
    if spec.protocol.coexist is not None:
        return spec.protocol.coexist.phases[0]
    start = at.get("start", spec.system.start)
    if start == "auto":
        return "beta" if at.get("direction") == "cooling" else "alpha"
    return cast("Phase", start)


def _system_point(
    spec: SweepSpec,
    structure: str,
    n_vacancies: int,
    replica: int,
    frozen: Frozen,
    phase: Phase,
) -> SystemPoint:
    given = spec.system.vacancy_sites
    return SystemPoint(
        crystal=spec.system.crystal,
        phase=phase,
        supercell=spec.system.supercell,
        n_vacancies=n_vacancies,
        # Nothing to compensate: the key must not make equal runs different.
        charge_compensation=spec.system.charge_compensation if n_vacancies else "anions",
        frozen=frozen,
        vacancy_sites=given[replica][:n_vacancies] if given else (),
        structure=structure,
    )


def _model_point(spec: SweepSpec, force_field: ForceField, cutoff: float) -> ModelPoint:
    return ModelPoint(
        potential=force_field.name,
        potential_digest=force_field.digest,
        cutoff_A=cutoff,
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
        barostat=_barostat(spec),
    )


def _barostat(spec: SweepSpec) -> Barostat:
    """Choose what of the cell may change: an interface needs lengths that change apart."""
    coexist = spec.protocol.coexist
    if coexist is None:
        return spec.dynamics.barostat
    return "uniaxial" if coexist.laterals else "orthorhombic"


def _protocol_point(
    spec: SweepSpec, direction: Direction | None, driven: float, built: bool
) -> Protocol:
    ramp, hold, coexist = spec.protocol.ramp, spec.protocol.hold, spec.protocol.coexist
    if coexist is not None:
        return CoexistPoint(
            phases=(coexist.phases[0], coexist.phases[1]),
            temperature_K=driven,
            prepare_ps=coexist.prepare,
            produce_ps=coexist.produce,
            lateral_A=coexist.laterals,
        )
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
    # A run that starts from the end of another is warm already.
    heated = (
        {}
        if hold.heated_from is None or not built
        else {
            "heated_from_K": hold.heated_from,
            "heating_rate_K_per_ps": hold.heating_rate,
        }
    )
    return HoldPoint(
        temperature_K=driven,
        equilibrate_ps=hold.equilibrate,
        produce_ps=hold.produce,
        **heated,
    )


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

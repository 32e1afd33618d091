"""What a trajectory costs: processor time in all of a run and a frame, and bytes on disk.

    python benchmarks/trajectories.py
    python benchmarks/trajectories.py --supercell 3 --produce-ps 100 --json

Holds at 600 K with a frame each 0.1 ps, and with velocities too. The time is what the process
spends in the writer of the trajectory, zarr's threads included. All run on one core; a minute by
default.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import command_line
from command_line import say

from lbhsweep.document import Document
from lbhsweep.simulation.simulate import TRAJECTORY, simulate
from lbhsweep.store.trajectory_writer import TrajectoryWriter
from lbhsweep.sweep.cost import n_atoms
from lbhsweep.sweep.grid import Grid, expand_grid
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.sampling_frames import n_frames

KEPT: dict[str, dict[str, Any]] = {
    "0.1 ps": {"every": "0.1 ps"},
    "0.1 ps, velocities": {"every": "0.1 ps", "velocities": True},
}


def main() -> int:
    """Measure and print."""
    given = _arguments()
    command_line.stay_on(None)
    say("compiling …")
    _measure(_hold(given.supercell, 1.0, KEPT["0.1 ps"]))
    found = {}
    for name, kept in KEPT.items():
        say(f"{name} …")
        found[name] = _measure(_hold(given.supercell, given.produce_ps, kept))
    if given.json:
        print(json.dumps({"produce_ps": given.produce_ps, "found": found}))
        return 0
    print(f"hold of {given.produce_ps:g} ps, {found['0.1 ps']['atoms']} atoms, processor time")
    for name, one in found.items():
        print(
            f"{name:20s}{one['frames']:6d} frames  {1e3 * one['fixed_s']:5.0f} ms a run  "
            f"{1e6 * one['frame_s']:5.0f} µs and {one['frame_bytes']:7.0f} bytes a frame "
            f"({100 * one['compressed']:.0f} % of the numbers)  {100 * one['share']:.2f} % of steps"
        )
    return 0


def _arguments() -> argparse.Namespace:
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--supercell", type=command_line.cells, default=command_line.cells("2"), help="such as 2"
    )
    parser.add_argument(
        "--produce-ps", type=command_line.number(1.0), default=60.0, help="length of each hold"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _hold(supercell: list[int], produce_ps: float, kept: dict[str, Any]) -> Grid:
    data: dict[str, Any] = {
        "name": "trajectories",
        "system": {"supercell": supercell, "start": "beta"},
        "axes": {"potential": "lbh-2021", "pressure": "0 GPa", "temperature": "600 K"},
        "protocol": {"hold": {"equilibrate": "0 ps", "produce": f"{produce_ps} ps"}},
        "observables": ["thermo"],
        "trajectory": kept,
    }
    return expand_grid(sweep_from(Document("trajectories", data, {(): 1})))


def _measure(grid: Grid) -> dict[str, float]:
    (point,) = grid.points
    with tempfile.TemporaryDirectory() as folder, _timed() as spent:
        began = time.process_time()
        outcome = simulate(
            point, Path(folder), force_field=grid.force_fields[point.model.potential]
        )
        seconds = time.process_time() - began
        if outcome.error is not None:
            raise RuntimeError(outcome.error.message)
        files = (Path(folder) / TRAJECTORY).rglob("*")
        size = sum(file.stat().st_size for file in files if file.is_file())
    frames, atoms = n_frames(point), n_atoms(point)
    numbers = 12 * atoms * (1 + point.trajectory.velocities)
    return {
        "atoms": atoms,
        "frames": frames,
        "fixed_s": spent["create"] + spent["finish"],
        "frame_s": spent["append"] / frames,
        "frame_bytes": size / frames,
        "compressed": size / frames / numbers,
        "share": spent["append"] / (seconds - sum(spent.values())),
    }


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """Add up the processor time of each of the writer's methods."""
    spent: dict[str, float] = defaultdict(float)
    plain = {name: getattr(TrajectoryWriter, name) for name in ("create", "append", "finish")}

    def timed(name: str, call: Callable[..., None]) -> Callable[..., None]:
        def method(*arguments: Any, **frame: Any) -> None:
            began = time.process_time()
            call(*arguments, **frame)
            spent[name] += time.process_time() - began

        return method

    for name, call in plain.items():
        setattr(TrajectoryWriter, name, timed(name, call))
    try:
        yield spent
    finally:
        for name, call in plain.items():
            setattr(TrajectoryWriter, name, call)


if __name__ == "__main__":
    command_line.run(main)

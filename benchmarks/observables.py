"""What observables cost: processor time of runs that measure against runs that measure nothing.

    python benchmarks/observables.py
    python benchmarks/observables.py --only all ramp --rounds 20 --json

Compared is the beginning of long runs: of a hold of 1 ns at 600 K with each observable and with
all of them, and of a ramp from 500 to 700 K at 1 K/ps with those that measure in ramps.  A round is
the time from one window of spectra to the next in such holds, 16.4 ps, one quarter of which they
watch; holds shorter than 0.14 ns pay for more.

All runs of a protocol follow the same trajectory, and take turns on one core, a tenth of a second
each, so that a machine that slows down slows all of them.  Each round begins them anew from the
same checkpoint, because the addresses at which arrays happen to lie change a run's speed by a
percent or more.  Not counted is what comes once, setting up and results, and checkpoints.  A round
takes 4 s a run, all by default eight minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from statistics import median, stdev
from typing import Any
from unittest.mock import patch

import command_line
from command_line import say

from lbhsweep.document import Document
from lbhsweep.errors import InterruptedRun
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.simulation.simulate import simulate
from lbhsweep.sweep.grid import expand_grid
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.sampling import AXES
from lbhsweep.sweep.sampling_spectra import DUTY, spectral_window

EVERYTHING = tuple(sorted(AXES))
IN_RAMPS = ("sites", "thermo")
HOLDS = {one: (one,) for one in EVERYTHING} | {"all": EVERYTHING}
RAMPS = {"ramp": IN_RAMPS}
MEASURED = HOLDS | RAMPS
"""What is measured, by the name of the run."""
HOLD_OF_NOTHING, RAMP_OF_NOTHING = "hold of nothing", "ramp of nothing"
HOLD = {
    "axes": {"potential": "lbh-2021", "pressure": "0 GPa", "temperature": "600 K"},
    "protocol": {"hold": {"equilibrate": "2 ps", "produce": "1 ns"}},
}
HEATING = {
    "axes": {"potential": "lbh-2021", "pressure": "0 GPa", "heating_rate": "1 K/ps"},
    "protocol": {"ramp": {"temperature": "500 K .. 700 K", "directions": ["heating"]}},
}
EQUILIBRATION_STEPS = 1000
TURN_STEPS = 256


def main() -> int:
    """Measure and print."""
    given = _arguments()
    command_line.stay_on(None)
    shares: dict[str, list[float]] = {}
    steps: dict[str, list[float]] = {}
    with patch("lbhsweep.simulation.simulate.run_id", _id), tempfile.TemporaryDirectory() as folder:
        for nothing, sets in ((HOLD_OF_NOTHING, HOLDS), (RAMP_OF_NOTHING, RAMPS)):
            names = [name for name in given.only if name in sets]
            if not names:
                continue
            # A checkpoint serves all runs that measure no more than the one that wrote it.
            start = Path(folder) / nothing
            _equilibrate(nothing, given.supercell, start)
            for number in range(given.rounds):
                seconds = _round([nothing, *names], given.supercell, start)
                steps.setdefault(nothing, []).append(seconds[nothing] / _round_steps())
                for name in names:
                    shares.setdefault(name, []).append(seconds[name] / seconds[nothing] - 1.0)
                found = ", ".join(f"{name} {100 * shares[name][-1]:+.1f} %" for name in names)
                say(f"{nothing.split()[0]}s, round {number + 1} of {given.rounds}: {found}")
    if given.json:
        print(json.dumps({"seconds_per_step": steps, "shares": shares}))
        return 0
    for name, values in steps.items():
        print(f"{name:16s}{1e6 * median(values):8.0f} µs an outer step")
    for name, values in shares.items():
        # The standard error of a normal distribution's median is √(π/2) times that of its mean.
        error = math.sqrt(0.5 * math.pi / len(values)) * stdev(values)
        print(f"{name:16s}{100 * median(values):+8.2f} ± {100 * error:.2f} %")
    return 0


def _arguments() -> argparse.Namespace:
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--supercell", type=command_line.cells, default=command_line.cells("2"), help="such as 2"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=tuple(MEASURED),
        default=tuple(MEASURED),
        metavar="NAME",
        help=", ".join(MEASURED),
    )
    parser.add_argument("--rounds", type=command_line.whole(2), default=10)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _id(point: RunPoint) -> str:
    """Name a run by all but what it measures, so that seeds and checkpoints are the same."""
    return run_id(replace(point, observables=()))


def _point(
    name: str, supercell: list[int], observables: tuple[str, ...]
) -> tuple[RunPoint, ForceField]:
    data: dict[str, Any] = {
        "name": "observables",
        "system": {"supercell": supercell, "start": "beta"},
        **(HEATING if name.startswith("ramp") else HOLD),
    }
    grid = expand_grid(sweep_from(Document("observables", data, {(): 1})))
    (point,) = grid.points
    # A sweep must measure something, a run need not.
    return replace(point, observables=observables), grid.force_fields[point.model.potential]


def _round_steps() -> int:
    return DUTY * spectral_window(0.002).length


def _equilibrate(nothing: str, supercell: list[int], start: Path) -> None:
    """Leave a checkpoint from the end of the equilibration."""
    say(f"compiling, equilibrating the {nothing.split()[0]} …")
    start.mkdir()
    everything = EVERYTHING if nothing == HOLD_OF_NOTHING else IN_RAMPS
    run = _Run(*_point(nothing, supercell, everything), start)
    run.go_on(EQUILIBRATION_STEPS - 1)
    run.end()
    # So that everything is compiled: all that is measured, and the end of a window of spectra.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(start, folder, dirs_exist_ok=True)
        run = _Run(*_point(nothing, supercell, everything), Path(folder))
        run.go_on(max(1300, spectral_window(0.002).length))
        run.end()


def _round(names: list[str], supercell: list[int], start: Path) -> dict[str, float]:
    """Carry runs forward in turns; give the processor time of each in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, _Run] = {}
        for name in random.sample(names, len(names)):
            shutil.copytree(start, Path(folder) / name)
            point, force_field = _point(name, supercell, MEASURED.get(name, ()))
            runs[name] = _Run(point, force_field, Path(folder) / name)
        seconds = dict.fromkeys(runs, 0.0)
        for _ in range(_round_steps() // TURN_STEPS):
            for name, run in runs.items():
                seconds[name] += run.go_on(TURN_STEPS)
        for run in runs.values():
            run.end()
    return seconds


class _Run:
    """A run in a thread of its own that waits, after its first step, whenever it isn't its turn."""

    def __init__(self, point: RunPoint, force_field: ForceField, workdir: Path) -> None:
        self._point, self._force_field, self._workdir = point, force_field, workdir
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._to_do = 1
        self._began = self._seconds = 0.0
        self._ended: str | None = None
        self._thread = threading.Thread(target=self._simulate, daemon=True)
        self._thread.start()
        self._done.acquire()

    def go_on(self, steps: int) -> float:
        """Do so many outer steps; give their processor time in seconds."""
        self._to_do = steps
        self._go.release()
        self._done.acquire()
        if self._ended is not None:
            raise SystemExit(f"a run ended too early: {self._ended}")
        return self._seconds

    def end(self) -> None:
        """Let it write a checkpoint and end."""
        self._to_do = 0
        self._go.release()
        self._thread.join()

    def _simulate(self) -> None:
        self._ended = "see above"
        try:
            outcome = simulate(
                self._point,
                self._workdir,
                force_field=self._force_field,
                should_stop=self._wait,
                checkpoint_every_s=math.inf,
            )
            self._ended = outcome.error.message if outcome.error else outcome.status
        except InterruptedRun:
            pass
        finally:
            self._done.release()

    def _wait(self) -> bool:
        """After the last step of a turn wait for the next; tell whether to end instead."""
        self._to_do -= 1
        if self._to_do > 0:
            return False
        self._seconds, self._ended = time.thread_time() - self._began, None
        self._done.release()
        self._go.acquire()
        self._ended, self._began = "see above", time.thread_time()
        return self._to_do == 0


if __name__ == "__main__":
    command_line.run(main)

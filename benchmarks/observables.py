"""What observables cost: processor time of steps with them against the same steps without.

    python benchmarks/observables.py
    python benchmarks/observables.py --only all ramp --rounds 10 --json

Measured is the beginning of long runs: of a hold of 1 ns at 600 K with each observable and with
all of them, and of a ramp from 500 to 700 K at 1 K/ps with those that measure in ramps.  A stretch
is the time from one window of spectra to the next in such holds, 16.4 ps, one quarter of which
they watch; holds shorter than 0.14 ns pay for more.

The addresses at which a run's arrays happen to lie change its speed by some percent, and so do
other programs on the machine.  Therefore two runs of the same trajectory take turns on one core,
a tenth of a second each; in one stretch the first looks and the second doesn't, in the next it is
the other way round, and of the two ratios the geometric mean is taken: a round.

Not counted is what comes once, setting up and results, and checkpoints.  A round takes 16 s, all
by default eleven minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, stdev
from typing import Any
from unittest.mock import patch

import command_line
from command_line import say

from lbhsweep.document import Document
from lbhsweep.errors import InterruptedRun
from lbhsweep.quantities import DECLARATIONS
from lbhsweep.quantities.spectral_window import DUTY, spectral_window
from lbhsweep.simulation import simulate as simulation
from lbhsweep.sweep.grid import Grid, expand_grid
from lbhsweep.sweep.load import sweep_from

EVERYTHING = sorted(DECLARATIONS)
MEASURED = {one: [one] for one in EVERYTHING} | {"all": EVERYTHING, "ramp": ["sites", "thermo"]}
"""What is measured, by the name of the run."""
HOLD = {
    "axes": {"potential": "lbh-2021", "pressure": "0 GPa", "temperature": "600 K"},
    "protocol": {"hold": {"equilibrate": "2 ps", "produce": "1 ns"}},
}
HEATING = {
    "axes": {"potential": "lbh-2021", "pressure": "0 GPa", "heating_rate": "0.5 K/ps"},
    "protocol": {"ramp": {"temperature": "500 K .. 700 K", "directions": ["heating"]}},
}
WINDOW_STEPS = spectral_window(0.002).length
STRETCH_STEPS = DUTY * WINDOW_STEPS
WARM_UP_STEPS = 1000 + 2 * WINDOW_STEPS
"""Outer steps before anything is counted: equilibration and, to compile all, a first window; as far
again, so that the windows of all stretches lie well inside them."""
TURN_STEPS = 256


def main() -> int:
    """Measure and print."""
    given = _arguments()
    command_line.stay_on(None)
    shares: dict[str, list[float]] = {}
    steps: list[float] = []
    with patch.object(simulation._Run, "_due", _due_if_awake):
        for name in given.only:
            runs = _Run(_grid(name, given.supercell)), _Run(_grid(name, given.supercell))
            for run in runs:
                run.go_on(WARM_UP_STEPS)
            shares[name] = []
            for number in range(given.rounds):
                with_one, without_other = _stretch(runs[0], runs[1])
                with_other, without_one = _stretch(runs[1], runs[0])
                ratio = with_one / without_other * with_other / without_one
                shares[name].append(math.sqrt(ratio) - 1.0)
                steps += [without_one / STRETCH_STEPS, without_other / STRETCH_STEPS]
                say(
                    f"{name}, round {number + 1} of {given.rounds}: {100 * shares[name][-1]:+.2f} %"
                )
            for run in runs:
                run.end()
    if given.json:
        print(json.dumps({"seconds_per_step": median(steps), "shares": shares}))
        return 0
    print(f"{1e6 * median(steps):.0f} µs an outer step without observables")
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
    parser.add_argument("--rounds", type=command_line.whole(2), default=4)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _grid(name: str, supercell: list[int]) -> Grid:
    data: dict[str, Any] = {
        "name": "observables",
        "system": {"supercell": supercell, "start": "beta"},
        "observables": MEASURED[name],
        **(HEATING if name == "ramp" else HOLD),
    }
    return expand_grid(sweep_from(Document("observables", data, {(): 1})))


def _stretch(awake: _Run, asleep: _Run) -> tuple[float, float]:
    """Let two runs take turns, of which only the first samples; return their seconds."""
    _Run.asleep = asleep.thread
    seconds = [0.0, 0.0]
    for _ in range(STRETCH_STEPS // TURN_STEPS):
        for number, run in enumerate((awake, asleep)):
            seconds[number] += run.go_on(TURN_STEPS)
    _Run.asleep = None
    return seconds[0], seconds[1]


_due = simulation._Run._due


def _due_if_awake(run: simulation._Run, produced: int) -> list[str]:
    """Stand in for the part of a run that samples observables."""
    if threading.current_thread() is _Run.asleep:
        return []
    if run._next_look < produced:
        # It slept over some looks.
        run._plan_looks(run._observables)
    return _due(run, produced)


class _Run:
    """A run in a thread of its own that waits, after its first step, whenever it isn't its turn."""

    asleep: threading.Thread | None = None
    """That of the run that doesn't look."""

    def __init__(self, grid: Grid) -> None:
        (self._point,) = grid.points
        self._force_field = grid.force_fields[self._point.model.potential]
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._to_do = 1
        self._began = self._seconds = 0.0
        self._ended: str | None = None
        self.thread = threading.Thread(target=self._simulate, daemon=True)
        self.thread.start()
        self._done.acquire()

    def go_on(self, steps: int) -> float:
        """Do so many outer steps; return their processor time in seconds."""
        self._to_do = steps
        self._go.release()
        self._done.acquire()
        if self._ended is not None:
            raise SystemExit(f"a run ended too early: {self._ended}")
        return self._seconds

    def end(self) -> None:
        """Let it end."""
        self._to_do = 0
        self._go.release()
        self.thread.join()

    def _simulate(self) -> None:
        self._ended = "see above"
        try:
            with tempfile.TemporaryDirectory() as folder:
                outcome = simulation.simulate(
                    self._point,
                    Path(folder),
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
        """After the last step of a turn wait for the next; return whether to end instead."""
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

"""What observables cost: processor time of runs that measure against runs that hardly do.

    python benchmarks/observables.py
    python benchmarks/observables.py --produce-ps 100 --rounds 5 --json

Holds of the same length at 600 K, in turn: with thermodynamics alone, with each observable added
to it, and with all of them. Short holds pay more for spectra than long ones. All run on one core;
840 ps in all by default, about five minutes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import command_line
from command_line import say

from lbhsweep.document import Document
from lbhsweep.simulation.simulate import simulate
from lbhsweep.sweep.grid import Grid, expand_grid
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.sampling import AXES

ALONE, ALL = "thermo", "all"


def main() -> int:
    """Measure and print."""
    given = _arguments()
    command_line.stay_on(None)
    others = sorted(set(AXES) - {ALONE})
    sets = {ALONE: [ALONE], **{one: [ALONE, one] for one in others}, ALL: [ALONE, *others]}
    say("compiling …")
    _seconds(_hold(given.supercell, 5.0, sets[ALL]))
    found: dict[str, list[float]] = {name: [] for name in sets}
    for number in range(given.rounds):
        say(f"round {number + 1} of {given.rounds} …")
        for name, chosen in sets.items():
            found[name].append(_seconds(_hold(given.supercell, given.produce_ps, chosen)))
    # Rounds are compared each in itself, so that a machine that slows down bends nothing.
    share = {
        name: median(one / alone for one, alone in zip(values, found[ALONE], strict=True)) - 1.0
        for name, values in found.items()
    }
    if given.json:
        print(json.dumps({"produce_ps": given.produce_ps, "seconds": found, "share": share}))
        return 0
    print(f"hold of {given.produce_ps:g} ps, processor time, {given.rounds} rounds")
    for name, values in found.items():
        print(f"{name:16s}{min(values):8.2f} s  {100 * share[name]:+6.1f} %")
    return 0


def _arguments() -> argparse.Namespace:
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--supercell", type=command_line.cells, default=command_line.cells("2"), help="such as 2"
    )
    parser.add_argument(
        "--produce-ps", type=command_line.number(1.0), default=35.0, help="length of each hold"
    )
    parser.add_argument("--rounds", type=command_line.whole(1), default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _hold(supercell: list[int], produce_ps: float, observables: list[str]) -> Grid:
    data: dict[str, Any] = {
        "name": "observables",
        "system": {"supercell": supercell, "start": "beta"},
        "axes": {"potential": "lbh-2021", "pressure": "0 GPa", "temperature": "600 K"},
        "protocol": {"hold": {"equilibrate": "0 ps", "produce": f"{produce_ps} ps"}},
        "observables": observables,
    }
    return expand_grid(sweep_from(Document("observables", data, {(): 1})))


def _seconds(grid: Grid) -> float:
    """Run the only point of a grid and give its processor time."""
    (point,) = grid.points
    force_field = grid.force_fields[point.model.potential]
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        outcome = simulate(point, Path(folder), force_field=force_field)
        seconds = time.process_time() - start
    if outcome.error is not None:
        raise SystemExit(f"the run failed: {outcome.error.message}")
    return seconds


if __name__ == "__main__":
    command_line.run(main)

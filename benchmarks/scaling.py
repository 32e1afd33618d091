"""Cost of an outer step against the number of atoms, from 104 to 22 464, and its exponent.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --supercell 2 3 2,2,4 --json

The single cell, too small for the cutoff of the others, runs at a shorter one and stays out of
the fit. All sizes run on one core. Times are of the processor, so that a shared machine bends no
curve.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import command_line
import numpy as np
from command_line import say

from lbhsweep.simulation.benchmark import bench_grid, breakdown, prepare, time_steps
from lbhsweep.simulation.provenance import provenance
from lbhsweep.sweep.grid import Grid

SMALL_CUTOFF_A = 4.5
"""Of the single cell."""
SUPERCELLS = ("1", "2", "2,2,3", "2,2,4", "3", "3,3,5", "4", "5", "6")
BELOW_NOISE = "below noise"


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    grids = [_grid(supercell, arguments) for supercell in arguments.supercell]
    command_line.stay_on(None)
    sizes = [_measure(grid, arguments.seconds) for grid in grids]
    same = [size for size in sizes if size["cutoff_A"] == arguments.cutoff]
    exponents = _exponents(same) if len({size["n_atoms"] for size in same}) > 1 else {}
    about = provenance()
    found = {
        "cpu": about["cpu"],
        "cpu_features": about["cpu_features"],
        "temperature_K": arguments.temperature,
        "exponents": exponents,
        "sizes": sizes,
    }
    if arguments.json:
        print(json.dumps(found))
    else:
        _show(sizes, exponents)


def _arguments() -> argparse.Namespace:
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--supercell",
        type=command_line.cells,
        nargs="+",
        default=[command_line.cells(text) for text in SUPERCELLS],
        help="cells, such as 2 or 2,2,3",
    )
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    parser.add_argument("--cutoff", type=float, default=9.0, help="Å")
    parser.add_argument(
        "--seconds",
        type=command_line.number(0, above=True),
        default=3.0,
        help="of timing for each, about",
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _grid(supercell: list[int], arguments: argparse.Namespace) -> Grid:
    cutoff = SMALL_CUTOFF_A if min(supercell) == 1 else arguments.cutoff
    return bench_grid(
        supercell=supercell, temperature=f"{arguments.temperature} K", cutoff=f"{cutoff} Å"
    )


def _measure(grid: Grid, seconds: float) -> dict[str, Any]:
    (point,) = grid.points
    say(f"{'×'.join(map(str, point.system.supercell))} cells …")
    prepared = prepare(grid, 20)
    rough = float(np.median(time_steps(prepared, 10).cpu_seconds))
    timing = time_steps(prepared, max(30, int(seconds / rough)))
    parts = breakdown(prepared, timing)
    del parts["waiting"]
    return {
        "supercell": list(point.system.supercell),
        "n_atoms": prepared.potential.n_atoms,
        "cutoff_A": point.model.cutoff_A,
        "cpu_seconds_per_step": float(np.median(timing.cpu_seconds)),
        "spread": [float(timing.cpu_seconds.min()), float(timing.cpu_seconds.max())],
        "cpu_share": timing.cpu_share,
        "breakdown": parts,
    }


def _exponents(sizes: list[dict[str, Any]]) -> dict[str, float | None]:
    """Fit n in seconds ∝ atomsⁿ, of the step and of each part; None where one is below noise."""
    atoms = np.log([size["n_atoms"] for size in sizes])
    found: dict[str, float | None] = {}
    for part in ("step", *sizes[0]["breakdown"]):
        seconds = np.array(
            [{"step": s["cpu_seconds_per_step"], **s["breakdown"]}[part] for s in sizes]
        )
        measured = (seconds > 0).all()
        found[part] = float(np.polyfit(atoms, np.log(seconds), 1)[0]) if measured else None
    return found


def _show(sizes: list[dict[str, Any]], exponents: dict[str, float | None]) -> None:
    parts = list(sizes[0]["breakdown"])
    print(f"{'atoms':>8}{'cutoff Å':>10}{'ms/step':>10}{'µs/atom':>9}", end="")
    print("".join(f"{part:>16}" for part in parts) + "   (µs/atom)")
    for size in sizes:
        atoms, seconds = size["n_atoms"], size["cpu_seconds_per_step"]
        print(f"{atoms:8}{size['cutoff_A']:10g}{1e3 * seconds:10.2f}", end="")
        print(f"{1e6 * seconds / atoms:9.3f}", end="")
        print("".join(_cell(size["breakdown"][part], atoms) for part in parts))
    for name, exponent in exponents.items():
        shown = f"{BELOW_NOISE} at one size at least" if exponent is None else f"{exponent:.3f}"
        print(f"{name}: seconds ∝ atoms^n, n = {shown}")
    if not exponents:
        print("no exponent: wanted two sizes at the same cutoff")


def _cell(seconds: float, atoms: int) -> str:
    return f"{1e6 * seconds / atoms:16.3f}" if seconds > 0 else f"{BELOW_NOISE:>16}"


if __name__ == "__main__":
    command_line.run(main)

"""Cost of an outer step against the number of atoms, from 104 to 22 464, and its exponent.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --supercell 2,2,2 4,4,4 --json

The single cell, too small for the cutoff of the others, runs at a shorter one and stays out of
the fit. All sizes run on one core. Times are of the processor, so that a shared machine bends no
curve.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

import numpy as np

from lbhsweep.simulation.benchmark import bench_grid, breakdown, prepare, time_steps
from lbhsweep.simulation.provenance import provenance

SMALL_CUTOFF_A = 4.5
"""Of the single cell."""
SUPERCELLS = ("1,1,1", "2,2,2", "2,2,3", "2,2,4", "3,3,3", "3,3,5", "4,4,4", "5,5,5", "6,6,6")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--supercell", nargs="+", default=SUPERCELLS, help="cells, such as 2,2,3")
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    parser.add_argument("--cutoff", type=float, default=9.0, help="Å")
    parser.add_argument("--seconds", type=float, default=3.0, help="of timing for each, about")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sizes = [_measure(text, arguments) for text in arguments.supercell]
    same = [size for size in sizes if size["cutoff_A"] == arguments.cutoff]
    exponents = _exponents(same) if len(same) > 1 else {}
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


def _measure(text: str, arguments: argparse.Namespace) -> dict[str, Any]:
    supercell = [int(n) for n in text.split(",")]
    cutoff = SMALL_CUTOFF_A if min(supercell) == 1 else arguments.cutoff
    print(f"{'×'.join(map(str, supercell))} cells …", file=sys.stderr)
    grid = bench_grid(
        supercell=supercell, temperature=f"{arguments.temperature} K", cutoff=f"{cutoff} Å"
    )
    prepared = prepare(grid, 20)
    rough = float(np.median(time_steps(prepared, 10).cpu_seconds))
    timing = time_steps(prepared, max(30, int(arguments.seconds / rough)))
    parts = breakdown(prepared, timing)
    del parts["waiting"]
    return {
        "supercell": supercell,
        "n_atoms": prepared.potential.n_atoms,
        "cutoff_A": cutoff,
        "cpu_seconds_per_step": float(np.median(timing.cpu_seconds)),
        "spread": [float(timing.cpu_seconds.min()), float(timing.cpu_seconds.max())],
        "cpu_share": timing.cpu_share,
        "breakdown": parts,
    }


def _exponents(sizes: list[dict[str, Any]]) -> dict[str, float]:
    """Fit n in seconds ∝ atomsⁿ, of the step and of each part."""
    atoms = np.log([size["n_atoms"] for size in sizes])
    found = {"step": np.polyfit(atoms, np.log([s["cpu_seconds_per_step"] for s in sizes]), 1)[0]}
    for part in sizes[0]["breakdown"]:
        seconds = np.array([size["breakdown"][part] for size in sizes])
        if (seconds > 0).all():
            found[part] = np.polyfit(atoms, np.log(seconds), 1)[0]
    return {name: float(exponent) for name, exponent in found.items()}


def _show(sizes: list[dict[str, Any]], exponents: dict[str, float]) -> None:
    parts = list(sizes[0]["breakdown"])
    print(f"{'atoms':>8}{'cutoff Å':>10}{'ms/step':>10}{'µs/atom':>9}", end="")
    print("".join(f"{part:>16}" for part in parts) + "   (µs/atom)")
    for size in sizes:
        atoms, seconds = size["n_atoms"], size["cpu_seconds_per_step"]
        print(f"{atoms:8}{size['cutoff_A']:10g}{1e3 * seconds:10.2f}", end="")
        print(f"{1e6 * seconds / atoms:9.3f}", end="")
        print("".join(f"{1e6 * size['breakdown'][part] / atoms:16.3f}" for part in parts))
    for name, exponent in exponents.items():
        print(f"{name}: seconds ∝ atoms^{exponent:.3f}")


if __name__ == "__main__":
    main()

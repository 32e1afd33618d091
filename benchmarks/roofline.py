"""Operations and bytes of an outer step, what this core could do them in, and what it takes.

    python benchmarks/roofline.py --supercell 2 3 > table.md

Floors count vector instructions of the arithmetic alone, full lanes, at the rate of multiply-adds,
which no program reaches; the gap says what a part could gain at the very most.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

import numpy as np
from machine_limits import Limits, measure_limits
from work_of_a_step import DOUBLE, SINGLE, other_work, pair_work

from lbhsweep.simulation.benchmark import bench_grid, breakdown, prepare, time_steps
from lbhsweep.simulation.provenance import provenance
from lbhsweep.simulation.setup import build_structure


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--supercell", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    parser.add_argument("--steps", type=int, default=2000, help="outer steps timed")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    about = provenance()
    limits = measure_limits()
    print(f"{about['cpu']}, {about['cpu_features']}\n")
    print("| limit of one core | |\n|---|---|")
    print(f"| multiply-adds, float32 | {2e-9 * SINGLE * limits.single:.0f} Gflop/s |")
    print(f"| multiply-adds, float64 | {2e-9 * DOUBLE * limits.double:.0f} Gflop/s |")
    for where, rate in limits.read.items():
        print(f"| read from {where} | {1e-9 * rate:.0f} GB/s |")
    for supercell in arguments.supercell:
        _one_size(supercell, arguments, limits)


def _one_size(supercell: int, arguments: argparse.Namespace, limits: Limits) -> None:
    grid = bench_grid(supercell=supercell, temperature=f"{arguments.temperature} K")
    prepared = prepare(grid, 500)
    timing = time_steps(prepared, arguments.steps)
    measured = breakdown(prepared, timing)
    (point,) = grid.points
    force_field = grid.force_fields[point.model.potential]
    state = prepared.integrator.state
    structure = replace(build_structure(point, 0), positions=state.positions, cell=state.cell)
    works = [
        *pair_work(structure, force_field, point.model.cutoff_A),
        *other_work(prepared, structure, force_field),
    ]
    print(
        f"\n{state.n_atoms} atoms, cutoff {point.model.cutoff_A:g} Å, {arguments.temperature:g} K\n"
    )
    print("| part | work | number | Mflop | MB | floor µs | measured µs | gap |")
    print("|---|---|---|---|---|---|---|---|")
    for part, seconds in measured.items():
        mine = [work for work in works if work.part == part]
        for work in mine:
            flops = 2e-6 * work.instructions * (SINGLE if work.single else DOUBLE)
            print(
                f"| | {work.what} | {work.count:.0f} | {flops:.2f} | {1e-6 * work.bytes:.2f} "
                f"| {1e6 * work.floor(limits):.1f} | | |"
            )
        _print_sum(part, sum(work.floor(limits) for work in mine), seconds)
    step = float(np.median(timing.seconds))
    _print_sum("step", sum(work.floor(limits) for work in works), step)
    print(f"\n{np.median(timing.ns_per_day(prepared.integrator.dynamics.outer_step)):.0f} ns/day")


def _print_sum(part: str, floor: float, seconds: float) -> None:
    gap = f"{seconds / floor:.1f}×" if floor else ""
    shown = f"{1e6 * floor:.1f}" if floor else ""
    print(f"| **{part}** | | | | | {shown} | {1e6 * seconds:.1f} | {gap} |")


if __name__ == "__main__":
    main()

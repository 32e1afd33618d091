"""Operations and bytes of an outer step, what this core could do them in, and what it takes.

    python benchmarks/roofline.py --supercell 2 3 > table.md
    python benchmarks/roofline.py --json

Floors count vector instructions of the arithmetic alone, full lanes, at the rate of multiply-adds,
which no program reaches; the gap says what a part could gain at the very most.  Times are of the
processor: what others had of it is no part of a step.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

import command_line
import numpy as np
from command_line import say
from machine_limits import Limits, measure_limits
from work_of_a_step import DOUBLE, SINGLE, Work, other_work, pair_work

from lbhsweep.simulation.benchmark import (
    SECONDS_PER_DAY,
    Prepared,
    bench_grid,
    breakdown,
    prepare,
    time_steps,
)
from lbhsweep.simulation.provenance import provenance
from lbhsweep.simulation.setup import build_structure
from lbhsweep.sweep.grid import Grid


def main() -> None:
    """Measure and print Markdown, or JSON."""
    arguments = _arguments()
    grids = [
        bench_grid(supercell=supercell, temperature=f"{arguments.temperature} K")
        for supercell in arguments.supercell
    ]
    command_line.stay_on(None)
    about = provenance()
    limits = measure_limits()
    found = {
        "cpu": about["cpu"],
        "cpu_features": about["cpu_features"],
        "temperature_K": arguments.temperature,
        "flops_per_second": {
            "float32": 2 * SINGLE * limits.single,
            "float64": 2 * DOUBLE * limits.double,
        },
        "bytes_per_second": dict(limits.read),
        "sizes": [_measure(grid, arguments.steps, limits) for grid in grids],
    }
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)


def _arguments() -> argparse.Namespace:
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--supercell", type=command_line.cells, nargs="+", default=[[2] * 3, [3] * 3]
    )
    parser.add_argument("--temperature", type=float, default=300.0, help="K")
    parser.add_argument(
        "--steps", type=command_line.whole(50), default=2000, help="outer steps timed"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _measure(grid: Grid, steps: int, limits: Limits) -> dict[str, Any]:
    (point,) = grid.points
    say(f"{'×'.join(map(str, point.system.supercell))} cells …")
    prepared = prepare(grid, 500)
    timing = time_steps(prepared, steps)
    seconds = breakdown(prepared, timing)
    del seconds["waiting"]
    works = _works(grid, prepared)
    step = float(np.median(timing.cpu_seconds))
    return {
        "n_atoms": prepared.potential.n_atoms,
        "cutoff_A": point.model.cutoff_A,
        "parts": {
            part: _part([work for work in works if work.part == part], measured, limits)
            for part, measured in seconds.items()
        },
        "step": _sum(sum(work.floor(limits) for work in works), step),
        "ns_per_day_of_processor_time": (
            prepared.integrator.dynamics.outer_step * 1e-3 * SECONDS_PER_DAY / step
        ),
    }


def _works(grid: Grid, prepared: Prepared) -> list[Work]:
    (point,) = grid.points
    force_field = grid.force_fields[point.model.potential]
    state = prepared.integrator.state
    structure = replace(build_structure(point), positions=state.positions, cell=state.cell)
    return [
        *pair_work(structure, force_field, point.model.cutoff_A),
        *other_work(prepared, structure, force_field),
    ]


def _part(works: list[Work], seconds: float, limits: Limits) -> dict[str, Any]:
    described = [
        {
            "what": work.what,
            "number": float(work.count),
            "flops": 2 * work.instructions * (SINGLE if work.single else DOUBLE),
            "bytes": work.bytes,
            "floor_seconds": work.floor(limits),
        }
        for work in works
    ]
    return {"work": described, **_sum(sum(work.floor(limits) for work in works), seconds)}


def _sum(floor: float, seconds: float) -> dict[str, Any]:
    """Put a floor beside what was measured; None where there is no floor, or no gap to state."""
    return {
        "floor_seconds": floor or None,
        "measured_seconds": seconds,
        "gap": seconds / floor if floor and seconds > 0 else None,
    }


def _show(found: dict[str, Any]) -> None:
    print(f"{found['cpu']}, {found['cpu_features']}\n")
    print("| limit of one core | |\n|---|---|")
    for precision, rate in found["flops_per_second"].items():
        print(f"| multiply-adds, {precision} | {1e-9 * rate:.0f} Gflop/s |")
    for where, rate in found["bytes_per_second"].items():
        print(f"| read from {where} | {1e-9 * rate:.0f} GB/s |")
    for size in found["sizes"]:
        _show_size(size, found["temperature_K"])


def _show_size(size: dict[str, Any], temperature: float) -> None:
    print(f"\n{size['n_atoms']} atoms, cutoff {size['cutoff_A']:g} Å, {temperature:g} K\n")
    print("| part | work | number | Mflop | MB | floor µs | measured µs | gap |")
    print("|---|---|---|---|---|---|---|---|")
    for name, part in size["parts"].items():
        for work in part["work"]:
            print(
                f"| | {work['what']} | {work['number']:.0f} | {1e-6 * work['flops']:.2f} "
                f"| {1e-6 * work['bytes']:.2f} | {1e6 * work['floor_seconds']:.1f} | | |"
            )
        _show_sum(name, part)
    _show_sum("step", size["step"])
    print(f"\n{size['ns_per_day_of_processor_time']:.0f} ns/day of processor time")


def _show_sum(name: str, one: dict[str, Any]) -> None:
    floor, seconds, gap = one["floor_seconds"], one["measured_seconds"], one["gap"]
    shown = f"{1e6 * floor:.1f}" if floor else ""
    measured = f"{1e6 * seconds:.1f}" if seconds > 0 else "below noise"
    print(f"| **{name}** | | | | | {shown} | {measured} | {f'{gap:.1f}×' if gap else ''} |")


if __name__ == "__main__":
    command_line.run(main)

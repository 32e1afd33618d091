"""Overhead of thousands of runs, measured with synthetic runs through the real machinery.

    python benchmarks/scheduling.py [--only overhead memory commands efficiency] [--json]

``overhead``    processor time of driver and scheduler a run, 10 000 runs; the scheduler lives in
                the driver's process, and collecting (reading records, writing the dataset) is
                distinguished.  ``--one-by-one`` sends each run as a task of its own.
``memory``      resident memory of driver and scheduler with 100 000 points, and its growth from
                the first tenth of what is done in ``--seconds`` to the end.
``commands``    ``lbhsweep plan`` and ``lbhsweep status`` on that folder, process start included.
``efficiency``  two workers with runs that take 30 s: the runs' seconds over the workers', from the
                first start to the last end, and the largest error of the reported time left
                between a tenth and nine tenths of the way.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import psutil

from lbhsweep.execution.clusters.spec import load_cluster
from lbhsweep.execution.clusters.start import start_cluster
from lbhsweep.execution.driver import backlog, session
from lbhsweep.execution.events import Event, SweepProgress
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.collect import Collector, CollectReport
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep

SWEEP = """\
name: scheduling
axes: {{pressure: 0 GPa .. 0.9 GPa step 0.1 GPa, heating_rate: 20 K/ps, replica: {replicas}}}
protocol: {{ramp: {{temperature: 300 K .. 700 K, bin: 12.5 K}}}}
"""
TWO_WORKERS = load_cluster(None).model_copy(update={"workers": 2})
POINTS = 100_000


class TimedCollector(Collector):
    """Adds up the processor time of collecting."""

    cpu_seconds = 0.0

    def collect(self, run_ids: Iterable[str]) -> CollectReport:
        """Collect by the clock."""
        start = time.thread_time()
        try:
            return super().collect(run_ids)
        finally:
            TimedCollector.cpu_seconds += time.thread_time() - start


class Watch:
    """Observer that keeps memory and the time left, second by second."""

    def __init__(self) -> None:
        self.reported: list[tuple[float, SweepProgress]] = []
        self.memory: list[tuple[int, int]] = []

    def __call__(self, event: Event) -> None:
        """Note where the sweep stands."""
        if isinstance(event, SweepProgress):
            self.reported.append((time.monotonic(), event))
            self.memory.append((event.done, psutil.Process().memory_info().rss))


def write_sweep(folder: Path, points: int) -> Path:
    """Write a sweep of so many points."""
    sweep = folder / "sweep.yaml"
    sweep.write_text(SWEEP.format(replicas=max(1, points // 20)))
    return sweep


def rehearse(sweep: Path, folder: Path, seconds: float = 0.0, limit: float | None = None) -> Watch:
    """Do a rehearsal on two workers, at most for `limit` seconds, and watch it."""
    grid = expand_grid(load_sweep(sweep), rehearsal=True)
    watch = Watch()
    with start_cluster(TWO_WORKERS) as executor:
        stop = None
        if limit is not None:
            stop = threading.Timer(limit, lambda: (folder / "rehearsal" / "stop").touch())
            stop.start()
        session.run_sweep(
            SweepFolder(folder).rehearsal, grid, sweep.read_text(), Rehearsal(seconds),
            lambda: nullcontext(executor), [watch],
        )  # fmt: skip
        if stop is not None:
            stop.cancel()
    return watch


def measure_overhead(folder: Path, *, one_by_one: bool) -> dict[str, float]:
    """Measure processor time a run."""
    if one_by_one:
        backlog.LARGEST_PACK = 1
    session.Collector = TimedCollector  # type: ignore[misc]
    runs = 10_000
    sweep = write_sweep(folder, runs)
    before, start = time.process_time(), time.perf_counter()
    rehearse(sweep, folder / "out")
    wall, cpu = time.perf_counter() - start, time.process_time() - before
    collecting = TimedCollector.cpu_seconds
    return {
        "wall time a run, ms": 1e3 * wall / runs,
        "driver and scheduler, CPU a run, ms": 1e3 * (cpu - collecting) / runs,
        "collecting, CPU a run, ms": 1e3 * collecting / runs,
    }


def measure_memory(folder: Path, seconds: float) -> dict[str, float]:
    """Measure resident memory with many points, of which some are done."""
    watch = rehearse(write_sweep(folder, POINTS), folder / "out", limit=seconds)
    done = watch.memory[-1][0]
    early = next(rss for n, rss in watch.memory if n >= done / 10)
    most = max(rss for _, rss in watch.memory)
    return {
        "points": POINTS,
        "done": done,
        "most memory, MB": most / 1e6,
        "growth from a tenth of these on, kB a run": (watch.memory[-1][1] - early) / 900 / done,
    }


def measure_commands(folder: Path) -> dict[str, float]:
    """Time the command line on the folder that `measure_memory` left."""
    sweep, out = folder / "sweep.yaml", folder / "out"
    lines = {
        "plan": ["plan", str(sweep)],
        "plan of a folder": ["plan", str(sweep), "--output", str(out), "--rehearse"],
        "status": ["status", str(out), "--rehearsal"],
    }
    found = {}
    for name, line in lines.items():
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "lbhsweep", *line], check=True, stdout=subprocess.DEVNULL
            )
            times.append(time.perf_counter() - start)
        found[f"{name}, s"] = sorted(times)[1]
    return found


def measure_efficiency(folder: Path, runs: int, seconds: float) -> dict[str, float]:
    """Measure how busy two workers are with equal runs, and the error of the reported time left."""
    watch = rehearse(write_sweep(folder, runs), folder / "out", seconds=seconds)
    running = [now for now, event in watch.reported if event.running]
    begun, end = running[0], watch.reported[-1][0]
    errors = [
        abs(event.seconds_left - (end - now)) / (end - now)
        for now, event in watch.reported
        if event.seconds_left is not None and 0.1 <= (now - begun) / (end - begun) <= 0.9
    ]
    return {
        "runs": runs,
        "seconds a run": seconds,
        "parallel efficiency": runs * seconds / 2 / (end - begun),
        "largest error of the time left": max(errors),
    }


def main() -> None:
    """Measure and print."""
    parts = ("overhead", "memory", "commands", "efficiency")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--one-by-one", action="store_true")
    parser.add_argument("--seconds", type=float, default=120.0, help="of the part memory")
    parser.add_argument("--runs", type=int, default=20, help="of efficiency, a multiple of 20")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        places = {part: Path(name) / part for part in parts}
        for place in places.values():
            place.mkdir()
        if "overhead" in arguments.only:
            found["overhead"] = measure_overhead(
                places["overhead"], one_by_one=arguments.one_by_one
            )
        if {"memory", "commands"} & set(arguments.only):
            found["memory"] = measure_memory(places["memory"], arguments.seconds)
        if "commands" in arguments.only:
            found["commands"] = measure_commands(places["memory"])
        if "efficiency" in arguments.only:
            found["efficiency"] = measure_efficiency(places["efficiency"], arguments.runs, 30.0)
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    for part, values in found.items():
        print(part)
        for what, value in values.items():
            print(f"  {what:44s} {value:12.4g}")


if __name__ == "__main__":
    main()

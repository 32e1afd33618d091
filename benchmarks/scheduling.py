"""CPU time of the driver and the scheduler for each run, and how long a rehearsal takes.

    python benchmarks/scheduling.py --runs 10000
    python benchmarks/scheduling.py --runs 2000 --one-by-one

The scheduler lives in the driver's process, so that the process's CPU time is both; what goes
into collecting (reading records, writing the dataset) is told apart.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from lbhsweep.execution import driver, session
from lbhsweep.execution.cluster_spec import load_cluster
from lbhsweep.execution.clusters import start_cluster
from lbhsweep.execution.physics import Rehearsal
from lbhsweep.store.collect import Collector, CollectReport
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep

SWEEP = """\
name: scheduling
axes: {{pressure: 0 GPa, heating_rate: 20 K/ps, replica: {replicas}}}
protocol: {{ramp: {{temperature: 300 K .. 700 K, bin: 12.5 K}}}}
"""


class TimedCollector(Collector):
    """Adds up the CPU time of collecting."""

    cpu_seconds = 0.0

    def collect(self, run_ids: Iterable[str]) -> CollectReport:
        """Collect by the clock."""
        start = time.thread_time()
        try:
            return super().collect(run_ids)
        finally:
            TimedCollector.cpu_seconds += time.thread_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--one-by-one", action="store_true", help="don't pack runs into tasks")
    arguments = parser.parse_args()
    if arguments.one_by_one:
        driver.LARGEST_PACK = 1
    session.Collector = TimedCollector  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as name:
        sweep = Path(name) / "sweep.yaml"
        sweep.write_text(SWEEP.format(replicas=arguments.runs // 2))
        _measure(sweep, SweepFolder(Path(name) / "out"))


def _measure(sweep: Path, folder: SweepFolder) -> None:
    grid = expand_grid(load_sweep(sweep), rehearsal=True)
    with start_cluster(load_cluster(None)) as executor:
        before, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        session.run_sweep(
            folder, grid, sweep.read_text(), Rehearsal(), lambda: nullcontext(executor)
        )
        wall = time.perf_counter() - start
        cpu = time.process_time() - before
    runs = len(grid.points)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    collecting = TimedCollector.cpu_seconds
    print(f"runs                                {runs}")
    print(f"wall time a run                     {1e3 * wall / runs:.2f} ms")
    print(f"driver + scheduler CPU a run        {1e3 * (cpu - collecting) / runs:.2f} ms")
    print(f"collecting CPU a run                {1e3 * collecting / runs:.2f} ms")
    print(f"memory of the driver, growth a run  {grown / runs:.1f} kB")


if __name__ == "__main__":
    main()

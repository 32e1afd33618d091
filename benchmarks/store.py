"""Cost of the store: writing records, collecting them in batches, rebuilding, opening.

    python benchmarks/store.py [RUNS, at least 3000]

Prints milliseconds a run and megabytes, for ramps of 32 temperature bins.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.store.record import Record, RecordHeader, write_record
from lbhsweep.store.schema import GridLayout

N_BINS = 32
CELL = {"lattice_vector": ("a", "b", "c"), "component": ("x", "y", "z")}
BATCHES = (1, 16, 64, 256, 1024)


def make_layout(n_runs: int) -> GridLayout:
    """Lay out 5 pressures, 2 directions and as many replicas as it takes."""
    coordinates = {
        "potential": ("lbh-2021",),
        "n_vacancies": (0,),
        "pressure": (0.0, 0.1, 0.2, 0.3, 0.4),
        "heating_rate": (20.0,),
        "direction": ("cooling", "heating"),
        "replica": tuple(range(max(1, n_runs // 10))),
    }
    planned = tuple(
        (
            hashlib.sha256(repr((p, d, r)).encode()).hexdigest(),
            {
                "potential": "lbh-2021",
                "n_vacancies": 0,
                "pressure": p,
                "heating_rate": 20.0,
                "direction": d,
                "replica": r,
            },
        )
        for p in coordinates["pressure"]
        for d in coordinates["direction"]
        for r in coordinates["replica"]
    )
    return GridLayout(
        group="ramp",
        coordinates=coordinates,
        planned=planned,
        bin_centres=tuple(300 + 12.5 * (i + 0.5) for i in range(N_BINS)),
        inner_axes=CELL,
        n_formula_units=32,
        n_li_sites=64,
        molar_mass={0: 155.7},
    )


def make_record(run_id: str, generator: np.random.Generator) -> Record:
    """Fill every quantity of a ramp with noise, which compresses as badly as real data."""
    shapes = {}
    for one in CATALOGUE.values():
        if "ramp" in one.groups:
            shape = (N_BINS, *(len(CELL[dim]) for dim in one.dims))
            shapes[one.name] = shape
            shapes |= {stderr_name(one.name): shape} if one.averaged else {}
    provenance = {"host": "node", "pid": 1, "wall_seconds": 1.0}
    header = RecordHeader(
        run_id=run_id, point="{}", physics_version=1, status="done", provenance=provenance
    )
    arrays = {name: generator.normal(size=shape) for name, shape in shapes.items()}
    return Record(header, arrays)


def timed(label: str, n_runs: int, action: Callable[[], object]) -> None:
    """Time an action and print what it cost a run."""
    start, start_cpu = time.perf_counter(), time.process_time()
    action()
    wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"{label:32s} {1e3 * wall / n_runs:8.2f} ms a run  ({1e3 * cpu / n_runs:.2f} ms CPU)")


def megabytes(path: Path) -> float:
    """Sum the sizes of all files below a path."""
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file()) / 1e6


def main(n_runs: int) -> None:
    """Measure every step on one sweep."""
    layout = make_layout(n_runs)
    run_ids = [run_id for run_id, _ in layout.planned]
    generator = np.random.default_rng(0)
    records = [make_record(run_id, generator) for run_id in run_ids]
    with TemporaryDirectory(dir=Path.cwd()) as scratch:
        folder = SweepFolder(Path(scratch) / "sweep")
        folder.create()
        collector = Collector(folder, layout)
        timed("write records", n_runs, lambda: [write_record(folder, one) for one in records])
        waiting = run_ids
        for size in BATCHES:
            here, waiting = waiting[: 2 * size], waiting[2 * size :]
            batches = [here[i : i + size] for i in range(0, len(here), size)]
            timed(
                f"collect in batches of {size}",
                len(here),
                lambda batches=batches: [collector.collect(batch) for batch in batches],
            )
        timed("collect the rest", len(waiting), collector.refresh)
        timed("finalize", n_runs, collector.finalize)
        timed("open again, all sound", n_runs, lambda: Collector(folder, layout))
        timed("rebuild from records", n_runs, lambda: Collector(folder, layout))
        timed("scan what is finished", n_runs, folder.finished)
        start_open = time.perf_counter()
        open_results(folder.path)
        print(f"open_results {1e3 * (time.perf_counter() - start_open):.0f} ms")
        files = sum(1 for one in folder.results.rglob("*") if one.is_file())
        print(
            f"records {megabytes(folder.records):.1f} MB, "
            f"results {megabytes(folder.results):.1f} MB in {files} files"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)

"""Small sweeps, misbehaving workloads, and comparison of datasets for the tests of execution."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep.execution.driver.session import OpenExecutor, SweepEnding, run_sweep
from lbhsweep.execution.events import Event
from lbhsweep.execution.worker.process import at_work
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.simulation.outcome import Outcome
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.sweep import expand_grid, load_sweep, run_id
from lbhsweep.sweep.grid import Grid

RAMPS = """\
name: test
axes: {{pressure: {pressures}, heating_rate: 20 K/ps, replica: {replicas}}}
protocol: {{ramp: {{temperature: 300 K .. 700 K, bin: 50 K}}}}
"""
DEATHS_AFTER_S = [0.0, 0.003, 0.01, 0.03]
PROVENANCE = ["wall_seconds", "worker"]


def yaml_text(pressures: str = "[0 GPa, 0.4 GPa]", replicas: int = 2) -> str:
    """A sweep of 2 · pressures · replicas ramps."""
    return RAMPS.format(pressures=pressures, replicas=replicas)


@dataclass
class Sweep:
    """Runs sweeps in one folder and remembers the events."""

    path: Path
    open_executor: OpenExecutor
    events: list[Event] = field(default_factory=list)

    @property
    def folder(self) -> SweepFolder:
        return SweepFolder(self.path)

    def grid(self, text: str) -> Grid:
        file = self.path.with_suffix(".yaml")
        file.write_text(text)
        return expand_grid(load_sweep(file), rehearsal=True)

    def run(self, text: str | None = None, workload: Any = None, **options: Any) -> SweepEnding:
        text = text or yaml_text()
        self.events.clear()
        return run_sweep(
            self.folder,
            self.grid(text),
            text,
            workload or Rehearsal(),
            self.open_executor,
            [self.events.append],
            **options,
        )

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    def results(self) -> xr.Dataset:
        return physics_of(self.path)


def physics_of(path: Path) -> xr.Dataset:
    """All of a dataset but what may differ between two attempts."""
    with open_results(path) as tree:
        (group,) = tree.children.values()
        return group.to_dataset().drop_vars(PROVENANCE).load()


def assert_same_bits(first: xr.Dataset, second: xr.Dataset) -> None:
    assert set(first.variables) == set(second.variables)
    for name in first.variables:
        a, b = first[name].values, second[name].values
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        same = a == b if a.dtype.kind in "TOU" else a.view(np.uint8) == b.view(np.uint8)
        assert np.all(same), name


@dataclass(frozen=True)
class Misbehaving:
    """Rehearses, but raises `error` in the runs of one replica; once only if `once`."""

    error: Exception
    replica: int = 1
    once: bool = False

    def prepare(self, notify: Any) -> None:
        pass

    def run(
        self, point: Any, workdir: Path, should_stop: Any, on_progress: Any, **places: Any
    ) -> Outcome:
        mark = workdir / "raised"
        if point.replica == self.replica and not (self.once and mark.exists()):
            mark.touch()
            raise self.error
        return Rehearsal().run(point, workdir, should_stop, on_progress, **places)


@dataclass(frozen=True)
class Broken:
    """Can't start, as if a package is missing on the workers."""

    def prepare(self, notify: Any) -> None:
        raise ImportError("no module named nonsense")

    def run(
        self, point: Any, workdir: Path, should_stop: Any, on_progress: Any, **places: Any
    ) -> Outcome:
        raise AssertionError


@dataclass(frozen=True)
class BreaksOnOneWorker(Rehearsal):
    """Can't start in the first process that tries; `mark` names it, `tries` counts its tries."""

    mark: Path = Path()

    def prepare(self, notify: Any) -> None:
        if is_first(self.mark):
            with self.mark.with_suffix(".tries").open("a") as file:
                file.write("x")
            raise ImportError("no module named nonsense")


@dataclass(frozen=True)
class RaisesOnOneWorker(Rehearsal):
    """Raises `error` in all runs of the first process that begins one."""

    mark: Path = Path()
    error: Exception = field(default_factory=TypeError)

    def run(
        self, point: Any, workdir: Path, should_stop: Any, on_progress: Any, **places: Any
    ) -> Outcome:
        if is_first(self.mark):
            raise self.error
        return super().run(point, workdir, should_stop, on_progress, **places)


def is_first(mark: Path) -> bool:
    """Return whether this process is the first that asked."""
    with suppress(FileExistsError), mark.open("x") as file:
        file.write(str(os.getpid()))
    deadline = time.monotonic() + 600
    while not (pid := mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return pid == str(os.getpid())


@dataclass(frozen=True)
class DiesAfterwards(Rehearsal):
    """Ends its process soon after some tasks, so that a result may be lost with it."""

    marks: Path = Path()

    def run(
        self, point: Any, workdir: Path, should_stop: Any, on_progress: Any, **places: Any
    ) -> Outcome:
        n_before = len(list(self.marks.iterdir()))
        with suppress(FileExistsError):
            (self.marks / run_id(point)).open("x").close()
            if n_before < len(DEATHS_AFTER_S):
                threading.Thread(target=_die, args=[DEATHS_AFTER_S[n_before]], daemon=True).start()
        return super().run(point, workdir, should_stop, on_progress, **places)


def _die(seconds: float) -> None:
    with at_work:
        time.sleep(seconds)
        os._exit(9)


@dataclass(frozen=True)
class Recording:
    """Notes each run that it does beside the sweep's folder."""

    notes: Path

    def prepare(self, notify: Any) -> None:
        pass

    def run(
        self, point: Any, workdir: Path, should_stop: Any, on_progress: Any, **places: Any
    ) -> Outcome:
        with self.notes.open("a") as file:
            file.write(run_id(point) + "\n")
        return Rehearsal().run(point, workdir, should_stop, on_progress, **places)

    def names(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []

"""A rehearsal sweep that a command drives on SLURM, and what it left."""

from __future__ import annotations

from pathlib import Path

import xarray as xr
from execution.execution_sweeps import assert_same_bits, physics_of
from execution.started_command import Started, events_of

from lbhsweep.execution.worker.ledger import NAME, Ledger
from lbhsweep.store.folder import SweepFolder

CLUSTER = {
    "kind": "slurm",
    "workers": "4",
    "cores": "2",
    "memory": "2 GB",
    "walltime": '"0:05:00"',
    "interface": "lo",
    "start_timeout": "600 s",
}


class Case:
    """One sweep, its cluster file and its folder, all below `path`."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._sweep = path / "sweep.yaml"
        self._sweep.write_text(text)
        self._cluster = path / "cluster.yaml"
        self.whole = SweepFolder(path / "out")
        self.folder = self.whole.rehearsal

    def start(self, *, seconds: float, **keys: str) -> Started:
        """Start ``lbhsweep run``, with keys of the cluster file other than the usual ones."""
        return Started(self.line("run", seconds=seconds, **keys), self._path)

    def line(self, verb: str, *, seconds: float, **keys: str) -> list[str]:
        """Write the cluster file; give Python's arguments for a command that takes it."""
        lines = (f"{key}: {value}" for key, value in (CLUSTER | keys).items())
        self._cluster.write_text("\n".join(lines).format(path=self._path))
        arguments = ["-m", "lbhsweep", verb, str(self._sweep), "--rehearse", "--cluster"]
        arguments += [str(self._cluster), "--output", str(self.whole.path)]
        return [*arguments, "--rehearse-seconds", str(seconds)]

    def edit(self, text: str) -> None:
        """Write another text into the sweep file."""
        self._sweep.write_text(text)

    def resume(self) -> Started:
        """Start ``lbhsweep resume``."""
        line = ["-m", "lbhsweep", "resume", str(self.whole.path), "--rehearsal"]
        return Started(line, self._path)

    def n_started(self) -> int:
        """How many attempts there have been."""
        return len(self.events("run-started"))

    def events(self, kind: str) -> list[dict[str, object]]:
        """The sweep's events of a kind so far."""
        return events_of(self.folder.events, kind) if self.folder.events.exists() else []

    def assert_undisturbed(self, expected: xr.Dataset) -> None:
        """Check that results are those of an undisturbed sweep, and that no failure was counted."""
        found = physics_of(self.folder.path)
        assert_same_bits(found, expected)
        assert set(found["attempts"].values.ravel()) == {1}
        assert not self.events("run-retried")
        ledgers = [Ledger(path) for path in self.folder.runs.glob(f"*/*/{NAME}")]
        assert not [line for ledger in ledgers for line in ledger.lines()]

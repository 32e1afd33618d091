"""The folder of a sweep: the path of each file, and which runs have a record."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lbhsweep.atomic import DIRECTORY_MODE, is_there, not_shared, storing
from lbhsweep.store.lock import LockHolder, current_driver, hold_lock, last_driver

RecordStatus = Literal["done", "failed"]

_SUFFIXES: dict[RecordStatus, str] = {"done": ".rec", "failed": ".failed.rec"}


@dataclass(frozen=True, slots=True)
class SweepFolder:
    """The paths of a sweep's folder (the tree is drawn in DESIGN.md).

    Attributes
    ----------
    path : Path
        The folder itself; it need not exist yet.
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    @property
    def sweep_yaml(self) -> Path:
        """The sweep's YAML, as run last."""
        return self.path / "sweep.yaml"

    @property
    def inputs(self) -> Path:
        """Copies of the files that the sweep names: parameters, structures."""
        return self.path / "inputs"

    @property
    def cluster_yaml(self) -> Path:
        """The cluster file, as used last."""
        return self.path / "cluster.yaml"

    @property
    def settings(self) -> Path:
        """Options with which the sweep was run last."""
        return self.path / "settings.json"

    @property
    def log(self) -> Path:
        """Output of drivers that were started in the background."""
        return self.path / "driver.log"

    @property
    def job(self) -> Path:
        """Number of the driver's SLURM job, if one was ever submitted."""
        return self.path / "driver.job"

    @property
    def lock(self) -> Path:
        """Locked by the driver, with its host, pid and state."""
        return self.path / "driver.lock"

    @property
    def stop_file(self) -> Path:
        """Present while a stop is requested."""
        return self.path / "stop"

    @property
    def events(self) -> Path:
        """Log of events, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def runs(self) -> Path:
        """Folders of runs that have started and not ended."""
        return self.path / "runs"

    @property
    def records(self) -> Path:
        """Records of finished and failed runs."""
        return self.path / "records"

    @property
    def trajectories(self) -> Path:
        """Frames of those runs that keep a trajectory."""
        return self.path / "trajectories"

    @property
    def quarantine(self) -> Path:
        """Damaged records, moved here so that their runs are repeated."""
        return self.path / "quarantine"

    @property
    def results(self) -> Path:
        """The dataset collected from the records."""
        return self.path / "results.zarr"

    @property
    def collecting(self) -> Path:
        """Present while a driver writes the results; the next one rebuilds them if it finds it."""
        return self.path / "collecting"

    @property
    def analysis(self) -> Path:
        """The analysis of the results."""
        return self.path / "analysis.zarr"

    @property
    def figures(self) -> Path:
        """Plots."""
        return self.path / "figures"

    @property
    def rehearsal(self) -> SweepFolder:
        """The same tree for synthetic runs."""
        return SweepFolder(self.path / "rehearsal")

    def run_folder(self, run_id: str) -> Path:
        """Return the folder with a run's checkpoint; not created here."""
        return self.runs / run_id[:2] / run_id

    def trajectory_path(self, run_id: str) -> Path:
        """Return the folder of a run's frames, a zarr; not created here."""
        return self.trajectories / run_id[:2] / f"{run_id}.zarr"

    def record_path(self, run_id: str, status: RecordStatus = "done") -> Path:
        """Return the file of a run's record; its name depends on the status."""
        return self.records / run_id[:2] / f"{run_id}{_SUFFIXES[status]}"

    def find_record(self, run_id: str) -> Path | None:
        """Find a run's record; a success outweighs a failure.

        Raises
        ------
        OSError
            If storage does not answer whether there is one.
        """
        paths = (self.record_path(run_id, status) for status in _SUFFIXES)
        return next((path for path in paths if is_there(path)), None)

    def create(self) -> None:
        """Create the folder and those that every sweep fills; harmless where they exist.

        Raises
        ------
        StoreError
            If they can't be created.
        """
        with storing(self.path), not_shared():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for directory in (self.path, self.runs, self.records):
                directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)

    def finished(self) -> dict[str, RecordStatus]:
        """List the runs that have a record, by one scan that opens no file.

        Returns
        -------
        dict of str to {'done', 'failed'}
            By run id.
        """
        found: dict[str, RecordStatus] = {}
        for name in _shelved_names(self.records):
            # Names with a dot in front are temporary files of records being written.
            run_id, _, suffix = name.partition(".")
            if f".{suffix}" == _SUFFIXES["done"]:
                found[run_id] = "done"
            elif f".{suffix}" == _SUFFIXES["failed"]:
                found.setdefault(run_id, "failed")
        return found

    def quarantined(self) -> set[str]:
        """List the runs of which a damaged record was moved to quarantine."""
        if not self.quarantine.is_dir():
            return set()
        return {path.name.partition(".")[0] for path in self.quarantine.iterdir()}

    def driver_lock(self) -> AbstractContextManager[LockHolder]:
        """Hold the folder for one driver while the context lasts.

        Raises
        ------
        SweepLockedError
            If another driver works here; names its host, pid and since when.
        """
        return hold_lock(self.lock)

    def driver(self) -> LockHolder | None:
        """Return the process that drives this sweep now, None if there is none."""
        return current_driver(self.lock)

    def lost_driver(self) -> LockHolder | None:
        """Return the driver that was killed here, or whose lock is not visible; None if none."""
        return None if current_driver(self.lock) else last_driver(self.lock)


def _shelved_names(records: Path) -> Iterator[str]:
    if not records.is_dir():
        return
    for shelf in records.iterdir():
        if shelf.is_dir():
            with os.scandir(shelf) as entries:
                # A record on another shelf would be listed and never found.
                yield from (one.name for one in entries if one.name[:2] == shelf.name)

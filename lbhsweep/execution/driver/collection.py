"""Moving records of ended runs into the results, and finding those that are damaged or lost."""

from __future__ import annotations

import time
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from lbhsweep.errors import (
    CorruptRecordError,
    SchemaError,
    StorageRefusedError,
    StoreError,
    store_error,
)
from lbhsweep.execution.driver.storage_pause import StoragePause
from lbhsweep.execution.worker.ledger import Ending
from lbhsweep.store.collect import Collector
from lbhsweep.store.folder import SweepFolder

COLLECT_EVERY_S = 2.0
COLLECT_SHARE = 10
"""Collecting takes at most about one part in this number of the driver's time."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A run whose record was damaged or is lost.

    Attributes
    ----------
    ending : Ending
        How the run had ended.
    error : StoreError
        What is wrong with its record.
    """

    ending: Ending
    error: StoreError


@dataclass(frozen=True, slots=True)
class Collected:
    """What one collecting found.

    Attributes
    ----------
    done : tuple of str
        Runs that are done, whose records are whole.
    lost : dict of str to Lost
        Runs to be repeated.
    """

    done: tuple[str, ...] = ()
    lost: dict[str, Lost] = field(default_factory=dict)


class Collection:
    """Records that wait to be collected.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.
    collector : Collector
        The single writer of the results.
    pause : StoragePause
        Errors of storage begin it or count as transient; nothing is collected while it is on.
    """

    def __init__(self, folder: SweepFolder, collector: Collector, pause: StoragePause) -> None:
        self._folder = folder
        self._collector = collector
        self._pause = pause
        self._due: dict[str, Ending] = {}
        self._marked: set[str] = set()
        self._next = 0.0

    def __bool__(self) -> bool:
        return bool(self._due)

    def add(self, name: str, ending: Ending) -> None:
        """Add a run that has ended with a record."""
        self._due[name] = ending

    def collect_when_due(self, started: Set[str]) -> Collected:
        """Collect, unless the last time was a moment ago; see `collect`."""
        now = time.monotonic()
        if now < self._next:
            return Collected()
        found = self.collect(started)
        spent = time.monotonic() - now
        self._next = now + spent + max(COLLECT_EVERY_S, COLLECT_SHARE * spent)
        return found

    def collect(self, started: Set[str]) -> Collected:
        """Move records into the results, and mark there which runs are under way.

        Parameters
        ----------
        started : set of str
            Runs under way.

        Raises
        ------
        SchemaError
            If records or results are of another version.
        StoreError
            If storage had transient errors too often.
        """
        if not self._pause.is_on:
            try:
                return self._move(started)
            except SchemaError:
                raise
            except StorageRefusedError as error:
                self._pause.begin(error)
            except StoreError as error:
                self._pause.count_transient(error)
        return Collected()

    def quarantine_if_damaged(self, name: str) -> str:
        """Check a record, move it to quarantine if it is damaged, and return what is wrong.

        Empty if nothing is wrong, or if storage has a transient error.
        """
        try:
            if self._folder.find_record(name) is None:
                return "its record is lost"
            return self._collector.collect([name]).quarantined.get(name, "")
        except SchemaError:
            raise
        except StorageRefusedError as refused:
            self._pause.begin(refused)
        except StoreError as error:
            self._pause.count_transient(error)
        except OSError as error:
            self._pause.count_transient(
                store_error(f"{self._folder.records}: can't read: {error}", error)
            )
        return ""

    def _move(self, started: Set[str]) -> Collected:
        self._mark_running(started)
        if not self._due:
            self._pause.forget_transient()
            return Collected()
        report = self._collector.collect(self._due)
        due, self._due = self._due, {}
        lost = {
            name: Lost(due[name], CorruptRecordError(problem))
            for name, problem in report.quarantined.items()
        }
        if report.unread and self._pause.is_exhausted:
            # They seem lost. A worker that does see such a record reports its run as done at once.
            lost |= {name: Lost(due[name], StoreError(why)) for name, why in report.unread.items()}
        elif report.unread:
            self._due = {name: due[name] for name in report.unread}
            self._pause.count_transient(StoreError(next(iter(report.unread.values()))))
        if not self._due:
            self._pause.forget_transient()
        return Collected(_done(report.collected, due), lost)

    def _mark_running(self, started: Set[str]) -> None:
        """Mark in the results which runs are under way, and no longer are."""
        begun = started - self._marked
        ended = self._marked - started - self._due.keys()
        if begun:
            self._collector.mark(begun, "running")
        if ended:
            self._collector.mark(ended, "pending")
        self._marked = set(started)


def _done(collected: Iterable[str], due: dict[str, Ending]) -> tuple[str, ...]:
    return tuple(name for name in collected if due[name] == "done")

"""All errors that lbhsweep raises itself.

A message says what is wrong, where (``file:line: key``, or run id and step), what was
found, what was wanted, and what to do next.  Each class also inherits the builtin that a
caller who knows nothing of lbhsweep would catch.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass


class LbhsweepError(Exception):
    """Base of all errors raised by lbhsweep."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file that a user wrote.

    Attributes
    ----------
    file : str
        The file's name as the user gave it.
    line : int
        Line in the file, from 1.
    key : str
        Dotted path of the offending key, for example ``axes.pressure[1]``.
    message : str
        What is wrong and what was expected.
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class SpecError(LbhsweepError, ValueError):
    """A file written by the user (sweep, cluster or parameter file) is wrong.

    Parameters
    ----------
    problems : sequence of Problem
        All faults, not only the first one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class UnitError(LbhsweepError, ValueError):
    """A quantity's text has no unit, an unknown unit, or a unit of another dimension."""


class ForceFieldError(LbhsweepError, ValueError):
    """A force field's parameters are incomplete or contradict the structure."""


class StructureError(LbhsweepError, ValueError):
    """A structure is not what the force field describes (species, anions, overlaps)."""


class SimulationError(LbhsweepError, RuntimeError):
    """A run's physics failed; this is recorded, and the sweep continues.

    Parameters
    ----------
    message : str
        What happened, with atoms and values.
    step : int
        Outer step at which it was noticed.

    Attributes
    ----------
    error_class : str
        Short stable name under which the failure is recorded and retried.
    """

    error_class = "simulation"

    def __init__(self, message: str, step: int = 0) -> None:
        self.message = message
        self.step = step
        super().__init__(f"step {step}: {message}" if step else message)

    def __reduce__(self) -> tuple[type[SimulationError], tuple[str, int]]:
        return type(self), (self.message, self.step)


class NotFiniteError(SimulationError, ArithmeticError):
    """An energy, force, velocity or cell component is NaN or infinite."""

    error_class = "not-finite"


class LostAtomsError(SimulationError):
    """Atoms moved further in one step than any physical motion could carry them."""

    error_class = "lost-atoms"


class EnergyDriftError(SimulationError):
    """The conserved energy drifted further than errors of integration explain."""

    error_class = "energy-drift"


class BoxCollapseError(SimulationError):
    """The cell shrank or grew beyond any density of this material."""

    error_class = "box-collapse"


class CutoffError(SimulationError, ValueError):
    """The cutoff exceeds half the smallest height of the cell."""

    error_class = "cutoff-over-half-box"


class AtomsTooCloseError(SimulationError):
    """Two atoms fell into the unphysical well of a Buckingham pair."""

    error_class = "atoms-too-close"


class StoreError(LbhsweepError, OSError):
    """A record or dataset can't be read or written."""


class StorageRefusedError(StoreError):
    """Storage accepts no writes now: it is full, over quota, read-only, or without permission.

    What was to be written is not the cause, so a sweep waits until storage accepts writes again.

    Parameters
    ----------
    message : str
        Which path, why, and what to do.
    number : int
        The operating system's errno.
    host : str
        The machine whose write failed; by default this one.
    """

    def __init__(self, message: str, number: int, host: str = "") -> None:
        self.number = number
        self.host = host or socket.gethostname()
        super().__init__(message)

    def __reduce__(self) -> tuple[type[StorageRefusedError], tuple[str, int, str]]:
        return type(self), (str(self), self.number, self.host)


_REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


def is_refusal(error: BaseException) -> bool:
    """Return whether an error means that storage accepts no writes at all."""
    if isinstance(error, StoreError):
        return isinstance(error, StorageRefusedError)
    return isinstance(error, OSError) and error.errno in _REFUSALS


def store_error(message: str, cause: OSError) -> StoreError:
    """Build the error that corresponds to one of the operating system."""
    if is_refusal(cause):
        return StorageRefusedError(message, cause.errno or 0)
    return StoreError(message)


class CorruptRecordError(StoreError):
    """A record's checksum does not match its content."""


class LostStartError(StoreError):
    """The record of a run that another run follows is lost or damaged."""


class SchemaError(StoreError):
    """A record or dataset was written by a newer, unknown schema."""


class FolderError(LbhsweepError, ValueError):
    """The folder given for a sweep is none, or has other content."""


class RunNotFoundError(LbhsweepError, LookupError):
    """No run matches what was asked for, several do, or the one that does has no frames."""


class ClusterError(LbhsweepError, RuntimeError):
    """A cluster can't be started or no worker appears."""


class TaskFault(LbhsweepError, RuntimeError):  # noqa: N818 - an error together with its origin
    """A task broke for a reason outside its runs: storage, or the worker's environment.

    Parameters
    ----------
    error : Exception
        The cause.
    worker : str
        The worker, ``host:pid``; empty if the batch system or Dask dropped the task.
    run_id : str
        The run under way; empty if it was before any.
    """

    def __init__(self, error: Exception, worker: str = "", run_id: str = "") -> None:
        self.error, self.worker, self.run_id = error, worker, run_id
        super().__init__(error, worker, run_id)

    def __str__(self) -> str:
        where = f" (worker {self.worker})" if self.worker else ""
        return f"{type(self.error).__name__}: {self.error}{where}"


class SweepLockedError(LbhsweepError, RuntimeError):
    """Another driver works on this folder."""


class InterruptedRun(LbhsweepError, RuntimeError):  # noqa: N818 - an outcome, not an error
    """A run was asked to stop; it wrote a checkpoint and can continue from there."""

"""Input and output of the checks between the keys of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lbhsweep.document import KeyPath
from lbhsweep.sweep.file.spec import AxesSection, Selection, SweepSpec

Finding = tuple[KeyPath, str]
"""A key of the file, and what is wrong with it."""
Check = Callable[[SweepSpec], Iterator[Finding]]


def values_of(spec: SweepSpec, axis: str) -> Iterator[tuple[KeyPath, Any]]:
    """Yield an axis' values and those that extra points add, each with its path."""
    owners: list[tuple[KeyPath, AxesSection | Selection]] = [(("axes",), spec.axes)]
    owners += [(("extra_points", i), one) for i, one in enumerate(spec.extra_points)]
    for path, owner in owners:
        for place, value in enumerate(getattr(owner, axis)):
            yield (*path, axis, place), value

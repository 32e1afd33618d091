"""Reading a parameter file: plain YAML, every value with its line, every problem collected."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbhsweep.document import Document, KeyPath, read_document
from lbhsweep.errors import Problem

_NUMBER = re.compile(
    r"(?P<factor>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"(?P<pi>\s*\*\s*pi)?(?:\s*/\s*(?P<divisor>(?:\d+\.?\d*|\.\d+)))?"
)
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a parameter file, where it stands, and the problems found so far.

    Attributes
    ----------
    document : Document
        The file.
    path : tuple
        Keys and places in lists from the top.
    problems : list of Problem
        Shared by all entries of one file.
    """

    document: Document
    path: KeyPath
    problems: list[Problem]

    @property
    def value(self) -> object:
        """The value as YAML gives it."""
        return self.document.at(self.path)

    def report(self, message: str) -> None:
        """Record a problem with this value."""
        self.problems.append(self.document.problem(self.path, message))

    def mapping(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Entry]:
        """Return the known keys of a mapping; unknown and missing ones are problems."""
        known = (*required, *optional)
        children = self.items()
        for name, child in children.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"wanted {', '.join(known)}"
                child.report(f"unknown key; {hint}")
        if children or self.value == {}:
            for name in required:
                if name not in children:
                    self.report(f"{name!r} is missing")
        return {name: child for name, child in children.items() if name in known}

    def items(self) -> dict[str, Entry]:
        """Return all keys of a mapping."""
        if not isinstance(self.value, dict):
            self.report(f"got {self._shown()}, wanted a mapping of keys to values")
            return {}
        return {name: self._child(name) for name in self.value}

    def entries(self) -> Iterator[Entry]:
        """Yield the entries of a list."""
        if not isinstance(self.value, list):
            self.report(f"got {self._shown()}, wanted a list")
            return
        for index in range(len(self.value)):
            yield self._child(index)

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            self.report(f"got {self._shown()}, wanted a text")
            return ""
        return " ".join(self.value.split())

    def choice(self, known: Sequence[str]) -> str:
        """Return one of the known texts."""
        if self.value not in known:
            self.report(f"got {self._shown()}, wanted one of {', '.join(known)}")
            return known[0]
        return str(self.value)

    def whole_number(self, low: int, high: int) -> int:
        """Return a whole number within limits."""
        value = self.value
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.report(f"got {self._shown()}, wanted a whole number from {low} to {high}")
            return low
        return int(value)

    def number(
        self, *, above: float = -math.inf, at_least: float = -math.inf, at_most: float = math.inf
    ) -> float:
        """Return a finite number, also written exactly as a text: ``-0.85/6``, ``2*pi/3``."""
        number = _evaluate(self.value)
        if number is None:
            self.report(f"got {self._shown()}, wanted a number such as 1.5, -0.85/6 or 2*pi/3")
        elif number <= above:
            self.report(f"got {self._shown()}, wanted more than {above:g}")
        elif number < at_least:
            self.report(f"got {self._shown()}, wanted {at_least:g} or more")
        elif number > at_most:
            self.report(f"got {self._shown()}, wanted at most {at_most:g}")
        else:
            return number
        return math.nan

    def names(self, count: int, known: Sequence[str]) -> tuple[str, ...]:
        """Return a list of species, all of them known."""
        value = self.value
        wanted = f"wanted {count} of the species {', '.join(known)}"
        if not isinstance(value, list) or len(value) != count:
            self.report(f"got {self._shown()}, {wanted}")
            return ()
        unknown = [str(name) for name in value if name not in known]
        if unknown:
            self.report(f"unknown species {', '.join(unknown)}; {wanted}")
            return ()
        return tuple(str(name) for name in value)

    def _child(self, part: str | int) -> Entry:
        return Entry(self.document, (*self.path, part), self.problems)

    def _shown(self) -> str:
        text = repr(self.value)
        return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _evaluate(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _NUMBER.fullmatch(str(value).strip())
    if match is None:
        return None
    number = float(match["factor"]) * (math.pi if match["pi"] else 1.0)
    divisor = float(match["divisor"] or 1.0)
    if divisor == 0.0 or not math.isfinite(number):
        return None
    return number / divisor


def read_entry(path: str | Path) -> Entry:
    """Read a YAML file.

    Raises
    ------
    SpecError
        If the file can't be read or is no YAML mapping.
    """
    return Entry(read_document(path), (), [])

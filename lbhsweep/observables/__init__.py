"""What is measured while a run goes on: accumulated on the fly, kept exactly in checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from lbhsweep.observables.base import Observable, Plan
from lbhsweep.quantities import DECLARATIONS, load_code


class _Declared(Mapping[str, Callable[[Plan], Observable]]):
    """Classes of the declared observables, each imported when it is asked for."""

    def __getitem__(self, name: str) -> Callable[[Plan], Observable]:
        return cast("Callable[[Plan], Observable]", load_code(DECLARATIONS[name].measured_by))

    def __iter__(self) -> Iterator[str]:
        return iter(DECLARATIONS)

    def __len__(self) -> int:
        return len(DECLARATIONS)


OBSERVABLES: Mapping[str, Callable[[Plan], Observable]] = _Declared()
"""The class of every observable by the name that a sweep uses."""

__all__ = ["OBSERVABLES", "Observable", "Plan"]

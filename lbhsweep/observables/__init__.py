"""What is measured while a run goes on: accumulated on the fly, kept exactly in checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from lbhsweep.observables.base import MeasurementPlan, Observable
from lbhsweep.quantities import DECLARATIONS, load_code

_Make = Callable[[MeasurementPlan], Observable]


class _Declared(Mapping[str, _Make]):
    """Classes of the declared observables, each imported when it is asked for."""

    def __getitem__(self, name: str) -> _Make:
        return cast(
            "Callable[[MeasurementPlan], Observable]", load_code(DECLARATIONS[name].measured_by)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(DECLARATIONS)

    def __len__(self) -> int:
        return len(DECLARATIONS)


OBSERVABLES: Mapping[str, _Make] = _Declared()
"""The class of every observable by the name that a sweep uses."""

__all__ = ["OBSERVABLES", "MeasurementPlan", "Observable"]

"""Using pymbar: imported late, for it takes as long as numpy, and without its advice."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType


@cache
def import_pymbar() -> ModuleType:
    """Import pymbar.

    While it is imported it logs advice on JAX, which it doesn't need, and on correlations longer
    than a series, which `lbhsweep.observables.statistics.equilibration` looks after.
    """
    with quiet_pymbar():
        return importlib.import_module("pymbar")


@contextmanager
def quiet_pymbar() -> Iterator[None]:
    """Keep what pymbar logs below errors to ourselves; callers look whether all is well."""
    logger = logging.getLogger("pymbar")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)

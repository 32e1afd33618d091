"""Importing pymbar late, since it takes as long as numpy, and without its log messages."""

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

    While it is imported it logs advice on JAX, which it doesn't need.  Later it logs advice on
    correlations longer than a series; `lbhsweep.observables.statistics.equilibration` handles them.
    """
    with quiet_pymbar():
        return importlib.import_module("pymbar")


@contextmanager
def quiet_pymbar() -> Iterator[None]:
    """Suppress log messages of pymbar below errors; callers check the results themselves."""
    logger = logging.getLogger("pymbar")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)

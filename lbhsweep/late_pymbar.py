"""Importing pymbar late, since it takes as long as numpy, and without its log messages."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType


@cache
def import_pymbar() -> ModuleType:
    """Import pymbar without JAX.

    JAX is hidden from it: its results would differ in their last digits from machine to machine,
    and where it is installed but broken, pymbar could not be imported.

    While it is imported it logs advice on JAX, which it doesn't need.  Later it logs advice on
    correlations longer than a series; `lbhsweep.observables.statistics.equilibration` handles them.
    """
    with quiet_pymbar(), _without("jax"):
        return importlib.import_module("pymbar")


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Let imports of a package raise ImportError."""
    there = package in sys.modules
    before = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if there and before is not None:
            sys.modules[package] = before
        else:
            del sys.modules[package]


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

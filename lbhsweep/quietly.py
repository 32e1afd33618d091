"""Importing pymbar: late, for it takes as long as numpy, and without its advice."""

from __future__ import annotations

import importlib
import logging
from functools import cache
from types import ModuleType


@cache
def import_pymbar() -> ModuleType:
    """Import pymbar.

    While it is imported it logs advice on JAX, which it doesn't need, and on correlations longer
    than a series, which `lbhsweep.observables.equilibration` looks after.
    """
    logger = logging.getLogger("pymbar")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return importlib.import_module("pymbar")
    finally:
        logger.setLevel(level)

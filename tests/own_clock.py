"""A clock of its own for one module of lbhsweep.

The function of the module `time` itself must never be replaced: event loops of the same process
would take it for the time, too, and what they put off until then would never be done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest


def give_clock(patch: pytest.MonkeyPatch, module: ModuleType, monotonic: Callable[[], float]):
    """Let a module that says ``import time`` take its monotonic time from elsewhere."""
    assert module.time is time
    patch.setattr(module, "time", SimpleNamespace(**vars(time) | {"monotonic": monotonic}))

import os

import pytest


@pytest.fixture(autouse=True)
def no_fsync(monkeypatch):
    """Nothing here cuts the power, so nothing need wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)

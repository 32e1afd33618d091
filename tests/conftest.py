import pytest
from hypothesis import settings

# Time says nothing about what is tested, and a busy machine would fail at random.
settings.register_profile("lbhsweep", deadline=None)
settings.load_profile("lbhsweep")

FIRST = "slurm"
"""Folder whose tests share one SLURM, and take longest."""


# Before xdist looks for groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Let each file's tests run in one process, with its fixtures; those of SLURM all in one."""
    items.sort(key=lambda item: FIRST not in item.path.parts)
    for item in items:
        shared = FIRST if FIRST in item.path.parts else str(item.path)
        item.add_marker(pytest.mark.xdist_group(shared))

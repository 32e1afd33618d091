from hypothesis import settings

# Time says nothing about what is tested, and a busy machine would fail at random.
settings.register_profile("lbhsweep", deadline=None)
settings.load_profile("lbhsweep")

FIRST = "slurm"
"""Folder whose tests wait most; begun first, they leave no process alone with them at the end."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST not in item.path.parts)

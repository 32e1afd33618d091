import left_behind
from hypothesis import HealthCheck, settings
from still_running import StillRunning

# Time says nothing about what is tested, and a busy machine would fail at random.
settings.register_profile("lbhsweep", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lbhsweep")

FIRST = "slurm"
"""Folder whose tests wait most; begun first, they leave no process alone with them at the end."""


def pytest_configure(config):
    # Hooks of this file alone would not hear of fixtures that last for the whole session.
    config.pluginmanager.register(left_behind)
    # Of several processes only the one that started the others has a terminal.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(StillRunning())


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST not in item.path.parts)

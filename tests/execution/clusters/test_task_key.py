"""Names of tasks on Dask's own page."""

from pathlib import Path

import pytest
from dask.utils import key_split
from execution.execution_sweeps import yaml_text

from lbhsweep.execution.clusters.dask_executor import task_key
from lbhsweep.execution.worker.task import Task
from lbhsweep.execution.worker.workload import Rehearsal
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep, run_id


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    file = tmp_path_factory.mktemp("sweep") / "sweep.yaml"
    file.write_text(yaml_text())
    return expand_grid(load_sweep(file), rehearsal=True).points


@pytest.mark.parametrize("name", ["quickstart", "fig3-holds", "holds 2"])
def test_progress_is_grouped_by_sweep_and_tasks_name_their_run(points, name):
    folder = SweepFolder(Path("/somewhere") / name)
    one = task_key(Task(folder, points[:1], Rehearsal()), "0-a")
    other = task_key(Task(folder, points[1:], Rehearsal()), "1-a")
    assert key_split(one) == key_split(other)
    assert key_split(one) != key_split(task_key(Task(folder.rehearsal, points, Rehearsal()), "2"))
    assert points[0].label in one[1]
    assert run_id(points[0])[:8] in one[1]
    assert f"and {len(points) - 2} more" in other[1]
    assert one != task_key(Task(folder, points[:1], Rehearsal()), "2-a")

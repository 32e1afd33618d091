"""The SLURM of these tests leaves nothing behind."""

import json

import psutil
import pytest
from slurm.local_slurm import LocalSlurm, main


def test_down_ends_what_up_started_and_nothing_else(slurm_up, tmp_path):
    others = json.loads((slurm_up.folder / "pids.json").read_text())
    one = LocalSlurm(tmp_path / "one")
    one.up(nodes=1, cpus=1)
    started = json.loads((one.folder / "pids.json").read_text())
    assert set(started) == {"munged", "slurmctld", "n1"}
    one.down()
    assert not any(psutil.pid_exists(pid) for pid, _ in started.values())
    assert all(psutil.pid_exists(pid) for pid, _ in others.values())
    one.down()


@pytest.mark.parametrize("arguments", [[], ["up"], ["sideways", "folder"]])
def test_the_command_line_says_how_it_is_used(arguments, capsys):
    assert main(arguments) == 2
    assert "up DIR | down DIR" in capsys.readouterr().err

"""After the warm-up a run compiles nothing more."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from lbhsweep.engine.compile_clock import compile_clock
from lbhsweep.simulation import warmup
from lbhsweep.simulation.benchmark import bench_grid
from lbhsweep.simulation.simulate import simulate
from lbhsweep.simulation.warmup import warm_up


def test_a_run_needs_nothing_that_was_not_compiled_before(tmp_path):
    warm_up()
    grid = bench_grid(supercell=2, temperature="600 K", produce="5 ps")
    (point,) = grid.points
    assert len(point.observables) == 8
    with compile_clock() as seconds:
        outcome = simulate(point, tmp_path, force_field=grid.force_fields["lbh-2021"])
    assert outcome.status == "done"
    assert seconds() == 0.0


def test_a_cache_without_locks_takes_longer_alone(tmp_path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    compiled = []
    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(warmup, "_run_a_little", lambda: compiled.append(True))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    warm_up()
    assert compiled


WARM = """\
import time
from lbhsweep.simulation.warmup import warm_up
warm_up()
print(time.time())
"""


@pytest.mark.validation
@pytest.mark.timeout(1500)
def test_of_many_workers_that_start_together_one_compiles(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WARM], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(64)
    ]
    ends = [float(worker.communicate(timeout=1400)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 64
    kernels = [file for file in tmp_path.rglob("*.nb?") if file.is_file()]
    assert len(kernels) > 20
    # All others only read what the first one wrote.
    assert max(file.stat().st_mtime for file in kernels) <= min(ends)

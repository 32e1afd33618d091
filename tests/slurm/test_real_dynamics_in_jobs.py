"""Real dynamics whose job is taken away in mid-run ends with the bits of a run left alone."""

import tempfile
import time
from contextlib import nullcontext

import pytest
from execution.execution_sweeps import assert_same_bits, physics_of
from execution.serial_executor import SerialExecutor
from execution.started_command import Started, events_of
from slurm.slurm_sweeps import CLUSTER

from lbhsweep.document import parse_document
from lbhsweep.execution.driver.session import run_sweep
from lbhsweep.execution.worker.workload import MolecularDynamics
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep import expand_grid, load_sweep
from lbhsweep.sweep.load import sweep_from

SWEEP = """\
name: real
system: {supercell: 1}
model: {cutoff: 4.5 Å}
axes: {pressure: 0.2 GPa, temperature: [450 K, 600 K]}
protocol: {hold: {equilibrate: 1 ps, produce: 20 ps}}
observables: [thermo, sites, diffusion]
"""


@pytest.mark.slow
def test_dynamics_interrupted_by_the_loss_of_its_job(slurm, tmp_path):
    sweep, cluster = tmp_path / "sweep.yaml", tmp_path / "cluster.yaml"
    sweep.write_text(SWEEP)
    keys = CLUSTER | {"workers": "1", "cores": "1"}
    cluster.write_text("\n".join(f"{key}: {value}" for key, value in keys.items()))
    grid = expand_grid(load_sweep(sweep))
    alone = SweepFolder(tmp_path / "alone")
    workload = MolecularDynamics(tuple(grid.force_fields.values()))
    run_sweep(alone, grid, SWEEP, workload, lambda: nullcontext(SerialExecutor()))
    out = SweepFolder(tmp_path / "out")
    line = ["-m", "lbhsweep", "run", str(sweep), "--output", str(out.path)]
    with Started([*line, "--cluster", str(cluster)], tmp_path) as command:
        command.until(lambda: out.events.exists() and events_of(out.events, "run-started"))
        slurm.run("scancel", *slurm.jobs("RUNNING"))
        # Long before one is due: SLURM's signal reaches the run, not the job's shell only.
        command.until(lambda: any(out.runs.glob("*/*/checkpoint.npz")))
        assert command.wait() == 0, command.text
    assert [event["had_worker"] for event in events_of(out.events, "job-lost")] == [True]
    started = [event["run_id"] for event in events_of(out.events, "run-started")]
    assert len(started) > len(set(started)), "one run went on in another job"
    assert_same_bits(physics_of(out.path), physics_of(alone.path))
    assert not slurm.jobs("PENDING", "RUNNING")


def length():
    """Measure how many ps this machine does in about a job and a half, kernels being compiled."""
    text = SWEEP.replace("[450 K, 600 K]", "450 K").replace("20 ps", "50 ps")
    grid = expand_grid(sweep_from(parse_document(text, "sweep.yaml")))
    workload = MolecularDynamics(tuple(grid.force_fields.values()))
    workload.prepare(lambda what: None)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run_sweep(SweepFolder(folder), grid, text, workload, lambda: nullcontext(SerialExecutor()))
    return max(50, round(50 * 90 / (time.perf_counter() - started)))


@pytest.mark.validation
@pytest.mark.timeout(900)
def test_a_run_that_is_longer_than_its_jobs(slurm, tmp_path):
    text = SWEEP.replace("[450 K, 600 K]", "450 K").replace("20 ps", f"{length()} ps")
    sweep, cluster = tmp_path / "sweep.yaml", tmp_path / "cluster.yaml"
    sweep.write_text(text)
    keys = CLUSTER | {"workers": "1", "cores": "1", "walltime": '"0:01:00"'}
    cluster.write_text("\n".join(f"{key}: {value}" for key, value in keys.items()))
    grid = expand_grid(load_sweep(sweep))
    out = SweepFolder(tmp_path / "out")
    line = ["-m", "lbhsweep", "run", str(sweep), "--output", str(out.path)]
    with Started([*line, "--cluster", str(cluster)], tmp_path) as command:
        command.patience_s = 600.0
        assert command.wait() == 0, command.text
    jobs = {event["slurm_job"] for event in events_of(out.events, "run-started")}
    assert len(jobs) >= 2
    ended = [slurm.ended()[job]["JobState"] for job in jobs]
    assert "TIMEOUT" not in ended
    assert not events_of(out.events, "run-retried")
    alone = SweepFolder(tmp_path / "alone")
    workload = MolecularDynamics(tuple(grid.force_fields.values()))
    run_sweep(alone, grid, text, workload, lambda: nullcontext(SerialExecutor()))
    found = physics_of(out.path)
    assert set(found["attempts"].values.ravel()) == {1}
    assert_same_bits(found, physics_of(alone.path))

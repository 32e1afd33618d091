"""A sweep in the jobs of a real SLURM."""

from lbhsweep.dashboard.watch import SweepWatch


def test_a_sweep_in_slurm_jobs_equals_a_serial_one(case, serial, slurm):
    with case.start(seconds=1.0, workers="200") as command:
        command.until(case.n_started)
        jobs = set(slurm.jobs())
        assert len(jobs) <= 4, "no more than there are runs"
        # The live page shows what each job does.
        at_work = [one for one in SweepWatch(case.folder).look().workers if one.run_id]
        assert at_work
        assert {one.job for one in at_work} <= jobs
        assert all(one.doing.startswith("lbh-2021 0") for one in at_work)
        assert command.wait() == 0, command.text
    case.assert_undisturbed(serial)
    assert len({event["worker"] for event in case.events("run-finished")}) > 1
    assert not slurm.jobs("PENDING", "RUNNING")

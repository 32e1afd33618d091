"""A sweep in the jobs of a real SLURM."""


def test_a_sweep_in_slurm_jobs_equals_a_serial_one(case, serial, slurm):
    with case.start(seconds=1.0, workers="200") as command:
        command.until(case.n_started)
        assert len(slurm.jobs()) <= 4, "no more than there are runs"
        assert command.wait() == 0, command.text
    case.assert_undisturbed(serial)
    assert len({event["worker"] for event in case.events("run-finished")}) > 1
    assert not slurm.jobs("PENDING", "RUNNING")

"""A sweep in the jobs of a real SLURM."""


def test_a_sweep_in_slurm_jobs_equals_a_serial_one(case, serial, slurm):
    with case.start(seconds=1.0) as command:
        command.until(lambda: slurm.jobs("RUNNING"))
        assert command.wait() == 0, command.text
    case.assert_undisturbed(serial)
    assert {event["worker"].split(":")[0] for event in case.events("run-finished")}
    assert len(slurm.ended()) >= 2
    assert not slurm.jobs("PENDING", "RUNNING")

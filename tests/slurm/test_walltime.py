"""The end of a job's walltime interrupts runs; it kills none."""


def test_runs_go_on_in_the_next_job_when_the_walltime_is_over(case, serial, slurm):
    # A run pretends to work for 17 s: the fourth one of a job of a minute must give up its place.
    with case.start(seconds=17.0, walltime='"0:01:00"', cores="1", workers="2") as command:
        command.patience_s = 170.0
        assert command.wait() == 0, command.text
    ended = [job["JobState"] for job in slurm.ended().values() if job["TimeLimit"] == "1"]
    assert case.events("run-interrupted")
    assert not case.events("worker-lost")
    assert "TIMEOUT" not in ended
    assert len(ended) >= 4
    case.assert_undisturbed(serial)
    assert not slurm.jobs("PENDING", "RUNNING")

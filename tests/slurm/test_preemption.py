"""More urgent work takes nodes from worker jobs; nothing is lost and nothing charged."""

from test_lost_jobs import assert_recovered


def test_worker_jobs_that_are_preempted_are_replaced(case, serial, slurm):
    with case.start(seconds=3.0, workers="6") as command:
        command.until(lambda: case.n_started() >= 4)
        urgent = slurm.run(
            "sbatch", "--parsable", "--partition=urgent", "--nodes=2", "--exclusive",
            "--output=/dev/null", "--wrap=sleep 4",
        ).strip()  # fmt: skip
        assert urgent
        assert command.wait() == 0, command.text
    lost = {str(event["job"]) for event in case.events("job-lost")}
    assert len(lost) >= 1
    assert slurm.ended()[urgent]["JobState"] == "COMPLETED"
    assert_recovered(case, serial, slurm)

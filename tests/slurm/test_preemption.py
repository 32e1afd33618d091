"""More urgent work takes nodes from worker jobs; nothing is lost and nothing charged."""

import pytest
from slurm.test_lost_jobs import assert_recovered


@pytest.mark.parametrize(
    ("queue", "seconds"),
    [
        ("main", 3.0),
        # SLURM looks for the end of the time of grace twice a minute only.
        pytest.param("lenient", 25.0, marks=pytest.mark.validation),
    ],
)
def test_worker_jobs_that_are_preempted_are_replaced(case, serial, slurm, queue, seconds):
    with case.start(seconds=seconds, workers="6", queue=queue) as command:
        command.until(lambda: case.n_started() >= 4)
        urgent = slurm.run(
            "sbatch", "--parsable", "--partition=urgent", "--nodes=2", "--exclusive",
            "--output=/dev/null", "--wrap=sleep 4",
        ).strip()  # fmt: skip
        assert urgent
        assert command.wait() == 0, command.text
    lost = {str(event["job"]) for event in case.events("job-lost")}
    assert len(lost) >= 1
    assert {slurm.ended()[job]["JobState"] for job in lost} == {"PREEMPTED"}
    assert slurm.ended()[urgent]["JobState"] == "COMPLETED"
    assert_recovered(case, serial, slurm)

"""A job's number comes from the line that the batch system promises, whatever else is printed."""

import pytest

from lbhsweep.execution.job_number import NoJobNumberError, job_number

BANNER = "Welcome to Stampede3, node 2 of 560\n2 warnings in the last 24 hours\n"


@pytest.mark.parametrize("around", ["", BANNER])
@pytest.mark.parametrize(
    ("kind", "answer", "found"),
    [
        ("slurm", "Submitted batch job 5871", ("5871", "")),
        ("slurm", "Submitted batch job 5871 on cluster other", ("5871", "other")),
        ("slurm", "5871", ("5871", "")),
        ("slurm", "5871;other", ("5871", "other")),
        ("pbs", "5871.pbs-1.site.org", ("5871", "pbs-1.site.org")),
        ("sge", 'Your job 5871 ("lbhsweep") has been submitted', ("5871", "")),
        ("sge", "5871", ("5871", "")),
        ("lsf", "Job <5871> is submitted to queue <normal>.", ("5871", "")),
        ("lsf", "Job <5871> is submitted to default queue <normal>.", ("5871", "")),
        ("htcondor", "Submitting job(s).\n1 job(s) submitted to cluster 5871.", ("5871", "")),
        ("htcondor", "5871.0 - 5871.0", ("5871", "")),
    ],
)
def test_the_promised_line_among_others(kind, answer, found, around):
    assert job_number(kind, f"{around}{answer}\n{around}") == found


@pytest.mark.parametrize("kind", ["slurm", "pbs", "sge", "lsf", "htcondor"])
@pytest.mark.parametrize("answer", ["", BANNER, "job 12 of yours was submitted", "1.5", "12\n13\n"])
def test_no_other_number_is_taken(kind, answer):
    with pytest.raises(NoJobNumberError, match="without a job's number"):
        job_number(kind, answer)

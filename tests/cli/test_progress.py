from lbhsweep.cli.progress import BarProgress, LineProgress, note, state
from lbhsweep.execution.events import (
    PageOpened,
    RunFailed,
    RunProgress,
    StopRequested,
    SweepProgress,
    WorkerFaulty,
    WorkerLost,
)


def progress(**changes):
    values = {
        "total": 40,
        "done": 12,
        "failed": 1,
        "running": 2,
        "fraction": 0.334,
        "seconds_left": 130.0,
    }
    return SweepProgress(**(values | changes))


def test_the_state_in_a_line():
    assert state(progress()) == "33%: 12 of 40 done, 1 failed, 2 running, 2 min 10 s left"
    assert state(progress(seconds_left=None)).endswith("2 running")


def test_notes_say_what_a_user_should_know(monkeypatch):
    failed = RunFailed(run_id="a", label="0 GPa 300 K", error_class="not-finite", message="NaN")
    assert note(failed) == "failed: 0 GPa 300 K: not-finite: NaN"
    assert "0 GPa 300 K" in note(WorkerLost(worker="tcp://1", runs=("0 GPa 300 K",)))
    assert "again" not in note(StopRequested(reason="SIGINT")), "nobody is there to press it"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "again to stop at once" in note(StopRequested(reason="SIGINT"))
    assert "is submitted again: dropped" in note(WorkerFaulty(worker="", message="dropped"))
    assert "a worker is failing" in note(WorkerFaulty(worker="a:1", message="no module"))
    assert note(RunProgress(run_id="a", fraction=0.5)) == ""


def test_a_log_gets_a_line_now_and_then(capsys):
    with LineProgress() as observer:
        for _ in range(100):
            observer(progress())
    found = capsys.readouterr()
    assert found.err.splitlines() == [state(progress())]
    assert not found.out


def test_a_bar_leaves_nothing_on_stdout(capsys):
    with BarProgress() as observer:
        observer(progress())
        observer(StopRequested(reason="SIGINT"))
    found = capsys.readouterr()
    assert not found.out
    assert "stopping (SIGINT)" in found.err


def test_dasks_page_comes_with_the_way_to_it():
    said = note(PageOpened(address="http://127.0.0.1:8787/status"))
    assert "http://127.0.0.1:8787/status" in said
    assert "ssh -N -L 8787:127.0.0.1:8787 " in said

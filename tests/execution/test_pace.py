import time

import pytest

from lbhsweep.execution.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_time_left_is_work_left_at_the_pace_so_far(clock):
    pace = Pace({"a": 10.0, "b": 30.0}, before=60.0)
    assert pace.fraction == pytest.approx(0.6)
    assert pace.seconds_left is None
    clock[0] += 5.0
    pace.end("a")
    assert pace.fraction == pytest.approx(0.7)
    assert pace.seconds_left == pytest.approx(15.0)
    clock[0] += 15.0
    pace.end("b")
    assert (pace.fraction, pace.seconds_left) == (1.0, 0.0)


def test_what_a_checkpoint_brings_is_progress_but_no_pace(clock):
    pace = Pace({"a": 10.0}, before=0.0)
    pace.advance("a", 0.8)
    assert pace.fraction == pytest.approx(0.8)
    assert pace.seconds_left is None
    clock[0] += 3.0
    pace.advance("a", 0.9)
    assert pace.seconds_left == pytest.approx(3.0)


def test_preparations_before_the_first_run_are_no_slowness(clock):
    pace = Pace({"a": 10.0, "b": 10.0}, before=0.0)
    clock[0] += 60.0
    pace.start()
    clock[0] += 10.0
    pace.end("a")
    pace.start()
    assert pace.seconds_left == pytest.approx(10.0)

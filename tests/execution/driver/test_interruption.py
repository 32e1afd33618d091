import os
import signal

import pytest

from lbhsweep.execution.driver import interruption as interruption_module
from lbhsweep.execution.driver.interruption import Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_requests_a_stop_the_second_makes_it_urgent(tmp_path, monkeypatch, number):
    stop_file = tmp_path / "stop"
    before = signal.getsignal(number)
    with Interruption(stop_file) as interruption:
        assert not interruption.asked
        os.kill(os.getpid(), number)
        assert interruption.asked
        assert not interruption.urgent
        assert interruption.reason == signal.Signals(number).name
        assert stop_file.exists()
        if number == signal.SIGTERM:
            os.kill(os.getpid(), number)
            assert not interruption.urgent, "scancel sends two at once"
            monkeypatch.setattr(interruption_module, "SAME_S", 0.0)
        os.kill(os.getpid(), number)
        assert interruption.urgent
        assert signal.getsignal(number) == signal.SIG_DFL, "a third ends the process"
    assert signal.getsignal(number) == before
    assert stop_file.exists(), "workers that were not waited for must still find it"


def test_a_stop_file_requests_a_stop_too(tmp_path):
    with Interruption(tmp_path / "stop") as interruption:
        (tmp_path / "stop").touch()
        assert interruption.asked
        assert "stop exists" in interruption.reason
    assert not (tmp_path / "stop").exists()


def test_a_stop_needs_no_space_on_the_disk(tmp_path):
    stop_file = tmp_path / "absent" / "stop"
    with Interruption(stop_file) as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.asked

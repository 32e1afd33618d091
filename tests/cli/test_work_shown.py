"""What takes long is shown on stderr: a line that is written over, or lines of a log."""

import io

from own_clock import give_clock

from lbhsweep.cli import work_shown
from lbhsweep.cli.work_shown import WorkShown


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown_by(stream, monkeypatch):
    now = [0.0]
    give_clock(monkeypatch, work_shown, lambda: now[0])
    work = WorkShown("reading", stream)
    with work:
        now[0] = 3.0
        work.show()
        work("averaging replicas")
        now[0] = 75.0
        work.show()
    return stream.getvalue()


def test_a_log_gets_lines(monkeypatch):
    said = shown_by(io.StringIO(), monkeypatch)
    assert said == "reading, 3 s so far\naveraging replicas, 1 min 15 s so far\n"


def test_a_terminal_has_one_line_that_is_removed(monkeypatch):
    said = shown_by(Terminal(), monkeypatch)
    assert "\n" not in said
    last, blank = said.split("\r")[2:4]
    assert last == "averaging replicas, 1 min 15 s so far"
    assert blank == " " * len(last)


def test_what_is_quick_shows_nothing():
    stream = Terminal()
    with WorkShown("reading", stream):
        pass
    assert stream.getvalue() == ""

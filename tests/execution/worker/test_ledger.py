import errno
import fcntl
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.errors import StoreError
from lbhsweep.execution.worker.ledger import AttemptUnderwayError, Ledger


@pytest.fixture
def ledger(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return Ledger(folder / "attempts.jsonl")


def start(ledger, progress=0):
    return ledger.start(label="a run", worker="host:1", progress=progress)


def test_attempts_are_numbered_and_only_errors_count(ledger):
    assert start(ledger) == 1
    ledger.end("interrupted")
    assert start(ledger) == 2
    ledger.end("error", "OSError", "no space")
    assert start(ledger) == 3
    assert ledger.n_errors() == 1


def test_deaths_count_only_while_there_is_no_progress(ledger):
    for expected in range(4):
        start(ledger)
        assert ledger.n_deaths() == expected
    start(ledger, progress=17)
    assert ledger.n_deaths() == 0
    start(ledger, progress=17)
    assert ledger.n_deaths() == 1
    ledger.end("interrupted")
    start(ledger, progress=17)
    assert ledger.n_deaths() == 0


@given(cut=st.integers(min_value=1, max_value=200), junk=st.binary(max_size=20))
def test_a_torn_line_is_left_out_and_no_other(tmp_path_factory, cut, junk):
    ledger = Ledger(tmp_path_factory.mktemp("run") / "attempts.jsonl")
    start(ledger)
    whole, first = list(ledger.lines()), ledger.path.stat().st_size
    start(ledger)
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content[: max(len(content) - cut, first)] + junk)
    ledger.end("error", "OSError", "ö")
    lines = list(ledger.lines())
    assert lines[0] == whole[0]
    assert lines[-1]["ending"] == "error"
    assert ledger.n_errors() == 1
    assert start(ledger) in (2, 3)


@pytest.mark.parametrize("line", ['{"a": 1}', '{"event": "start"}', '{"event": ["end"]}'])
def test_an_incomplete_line_is_left_out(ledger, line):
    ledger.path.write_text(line + "\n")
    assert start(ledger) == 1
    assert (ledger.n_deaths(), ledger.n_errors()) == (0, 0)


def test_another_process_is_awaited_and_then_an_error(ledger):
    hold = (
        "import sys, time; from pathlib import Path\n"
        "from lbhsweep.execution.worker.ledger import Ledger\n"
        "with Ledger(Path(sys.argv[1])).hold(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(ledger.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(AttemptUnderwayError, match="another process works on this run"),
            ledger.hold(patience_s=0.2),
        ):
            pass
        other.kill()
        # The lock dies with its holder.
        with ledger.hold(patience_s=600.0):
            start(ledger)
    assert json.loads(ledger.path.read_text())["attempt"] == 1


class NoSpace:
    """A disk that is full from a number of written bytes on."""

    def __init__(self, monkeypatch):
        self.real = os.fsync
        monkeypatch.setattr(os, "fsync", self.fsync)
        self.is_full = False

    def fsync(self, descriptor):
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.real(descriptor)


def test_a_start_that_could_not_be_written_changes_no_earlier_attempt(ledger, monkeypatch):
    disk = NoSpace(monkeypatch)
    start(ledger)
    ledger.end("error", "RuntimeError", "odd")
    before = ledger.path.read_bytes()
    disk.is_full = True
    with pytest.raises(StoreError):
        start(ledger)
    assert ledger.path.read_bytes() == before
    ledger.withdraw()
    assert ledger.path.read_bytes() == before
    assert ledger.n_errors() == 1


def test_only_a_start_without_an_end_is_withdrawn(ledger):
    start(ledger)
    ledger.end("error", "RuntimeError", "odd")
    start(ledger)
    ledger.withdraw()
    ledger.withdraw()
    assert [line["event"] for line in ledger.lines()] == ["start", "end"]
    assert ledger.n_errors() == 1
    assert start(ledger) == 2


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_by_what_it_lacks(ledger, monkeypatch, number):
    def flock(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(StoreError, match="a file system without locks there"), ledger.hold():
        pass

import os
import signal
import socket
import subprocess
import sys

import pytest
from store.store_samples import made_folder

from lbhsweep.errors import StoreError, SweepLockedError
from lbhsweep.store.folder import SweepFolder

HOLD = """
import sys, time
from lbhsweep.store.folder import SweepFolder
with SweepFolder(sys.argv[1]).driver_lock():
    print("held", flush=True)
    time.sleep(3600)
"""


@pytest.fixture
def other_driver(tmp_path):
    made_folder(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_driver_is_refused_and_told_of_the_first(other_driver, tmp_path):
    with pytest.raises(SweepLockedError) as caught, SweepFolder(tmp_path).driver_lock():
        pass

    for part in (str(tmp_path), str(other_driver.pid), socket.gethostname(), "since 20"):
        assert part in str(caught.value)


def test_the_lock_dies_with_its_holder(other_driver, tmp_path):
    folder = SweepFolder(tmp_path)
    assert folder.driver().pid == other_driver.pid

    os.kill(other_driver.pid, signal.SIGKILL)
    other_driver.wait()

    assert folder.driver() is None
    with folder.driver_lock() as driver:
        assert driver.pid == os.getpid()
        assert folder.driver() == driver


def test_asking_who_drives_is_no_lock(tmp_path):
    folder = made_folder(tmp_path)
    assert folder.driver() is None

    with folder.driver_lock():
        pass

    assert folder.driver() is None
    assert folder.lock.read_text() == ""


def test_an_error_inside_frees_the_folder(tmp_path):
    folder = made_folder(tmp_path)
    with pytest.raises(ZeroDivisionError), folder.driver_lock():
        raise ZeroDivisionError

    with folder.driver_lock():
        assert folder.driver() is not None


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    folder = made_folder(tmp_path)

    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StoreError, match="has no locks"), folder.driver_lock():
        pass


def test_a_missing_folder_is_an_error_with_its_path(tmp_path):
    with (
        pytest.raises(StoreError, match="nowhere"),
        SweepFolder(tmp_path / "nowhere").driver_lock(),
    ):
        pass


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    folder = made_folder(tmp_path)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", refuse)
    with pytest.raises(StoreError, match=r"driver\.lock.*No space left"), folder.driver_lock():
        pass

"""A test that leaves something behind fails, and the next one doesn't meet it."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
HERE = Path(__file__).parent
CONFTEST = """\
import left_behind
left_behind.PATIENCE_S = 0.2

def pytest_configure(config):
    config.pluginmanager.register(left_behind)
"""
IMPORTS = """\
import os
import subprocess
import sys
import threading
import time
import psutil
import pytest
"""
LEAVING = {
    # What is done, what holds in the next test, and what is said.
    "a variable": (
        "os.environ['LEFT'] = 'x'",
        "assert 'LEFT' not in os.environ",
        "variable LEFT: 'x' instead of None",
    ),
    "a removed variable": (
        "del os.environ['THERE']",
        "assert os.environ['THERE'] == 'yes'",
        "variable THERE: None instead of 'yes'",
    ),
    "a folder": (
        "os.chdir('/')",
        "assert os.getcwd() != '/'",
        "another working directory: /",
    ),
    "a process": (
        "global left; left = subprocess.Popen(['sleep', '999'])",
        "assert not psutil.pid_exists(left.pid)",
        ": sleep 999",
    ),
    "a thread": (
        """\
global end; end = threading.Event()
    threading.Thread(target=end.wait, name='idle').start()""",
        "end.set()",
        "thread 'idle' (Event.wait)",
    ),
    "a daemon thread": (
        """\
global end; end = threading.Event()
    threading.Thread(target=end.wait, name='idle', daemon=True).start()""",
        "end.set()",
        "daemon thread 'idle' (Event.wait)",
    ),
    "a client": (
        """\
from distributed import Client, LocalCluster
    options = dict(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0")
    cluster = LocalCluster(**options, scheduler_kwargs={"dashboard": False})
    global left; left = Client(cluster)""",
        """\
from distributed import default_client
    assert left.status == left.cluster.status.name == 'closed'
    with pytest.raises(ValueError, match="No clients found"):
        default_client()
    import dask
    assert dask.config.get("scheduler", None) is None""",
        "an open Dask client of tcp://",
    ),
}
INNOCENT = """\
@pytest.fixture(scope=SCOPE)
def server():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    os.environ["SERVER"] = "up"
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    yield process
    done.set()
    process.communicate(b"bye\\n")
    del os.environ["SERVER"]

def test_begins_it_late(request):
    request.getfixturevalue("server")

def test_uses_it(server, monkeypatch, tmp_path):
    assert server.poll() is None
    monkeypatch.setenv("MINE", "1")
    monkeypatch.chdir(tmp_path)

def test_what_ends_soon_is_not_left():
    threading.Thread(target=time.sleep, args=[0.05]).start()
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run tests in a process of their own, with nothing but the fixture."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("THERE", "yes")
    monkeypatch.setenv("COLUMNS", "300")

    def run(text, *options, conftest=CONFTEST):
        # In a folder, as here: hooks of its own conftest don't hear of all fixtures.
        folder = pytester.mkdir("tests")
        (folder / "conftest.py").write_text(conftest)
        (folder / "test_them.py").write_text(IMPORTS + text)
        return pytester.runpytest_subprocess("-ra", "-p", "no:cacheprovider", "tests", *options)

    return run


def test_what_a_test_leaves_fails_it_and_is_removed(run):
    pairs = (
        f"def test_{number}_leaves():\n    {leave}\n\ndef test_{number}_next():\n    {look}\n"
        for number, (leave, look, _) in enumerate(LEAVING.values())
    )
    found = run("\n".join(pairs))
    found.assert_outcomes(passed=2 * len(LEAVING), errors=len(LEAVING))
    for number, (_, _, message) in enumerate(LEAVING.values()):
        said = f"ERROR tests/test_them.py::test_{number}_leaves - Failed: left behind: "
        assert any(line.startswith(said) and message in line for line in found.outlines), message


def test_the_clock_of_the_process_is_not_replaced(run):
    text = "def test_it(monkeypatch):\n    monkeypatch.setattr(time, 'monotonic', lambda: 5.0)\n"
    found = run(text)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*replaced the clock of all event loops here*"])


@pytest.mark.parametrize("scope", ["module", "session"])
def test_what_fixtures_of_a_wider_scope_start_is_theirs(run, scope):
    found = run(INNOCENT.replace("SCOPE", repr(scope)), conftest=CONFTEST.replace("0.2", "30.0"))
    found.assert_outcomes(passed=3)


NAMING = """\
from still_running import StillRunning

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(StillRunning(0.5))
"""
HANGING = """\
@pytest.mark.parametrize("hangs", [False, True])
def test_it(hangs):
    if hangs:
        threading.Event().wait()
"""


@pytest.mark.parametrize("processes", [[], ["-n", "2", "--dist", "loadfile"]])
def test_a_test_that_hangs_is_named_and_ends_with_its_stacks(run, processes):
    found = run(HANGING, "--timeout", "5", *processes, conftest=NAMING)
    found.assert_outcomes(passed=1, failed=1)
    found.stderr.re_match_lines([r"still running after \d+ s: tests/test_them.py::test_it\[True\]"])
    found.stdout.fnmatch_lines(["*threading.Event().wait()*", "*Timeout (>5.0s)*"])

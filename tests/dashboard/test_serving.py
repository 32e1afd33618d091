"""Who may ask for the page, where its scripts are, and which browser is opened."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
import webbrowser
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext

import pytest
from execution.execution_sweeps import Sweep, yaml_text
from execution.serial_executor import SerialExecutor
from own_clock import give_clock

from lbhsweep.cli import browser
from lbhsweep.dashboard import derived
from lbhsweep.dashboard.derived import Deriver
from lbhsweep.dashboard.watch import BusyTime, SweepWatch
from lbhsweep.execution.worker.workload import Rehearsal

PATIENCE_S = 600.0


@pytest.fixture
def sweep(tmp_path):
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(SerialExecutor()))
    sweep.run(workload=Rehearsal())
    return sweep


class TestAddress:
    @pytest.fixture
    def serve(self, sweep):
        pages = []

        def serve(*options):
            line = [sys.executable, "-m", "lbhsweep", "dashboard", str(sweep.path), "--json"]
            page = subprocess.Popen(
                [*line, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            pages.append(page)
            return json.loads(page.stdout.readline())["address"]

        yield serve
        for page in pages:
            page.terminate()
            page.wait(PATIENCE_S)
            page.stdout.close()

    def ask(self, address, host=None):
        request = urllib.request.Request(address, headers={"Host": host} if host else {})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def test_only_loopback_and_named_hosts_are_answered(self, serve):
        address = serve("--host", "hub.example.org")
        port = address.rstrip("/").rsplit(":", 1)[1]
        for host in (None, f"localhost:{port}", "hub.example.org", "hub.example.org:8000"):
            assert self.ask(address, host)[0] == 200
        for host in (f"other.example.org:{port}", "other.example.org", "localhost:1"):
            status, said = self.ask(address, host)
            assert status == 403
            assert "--host" in said

    def test_scripts_lie_beside_the_page_wherever_a_proxy_puts_it(self, serve):
        address = serve()
        _, page = self.ask(address)
        sources = [part.split('"')[0] for part in page.split('src="')[1:]]
        assert sources
        assert all(source.startswith("./static/") for source in sources)
        assert self.ask(address + sources[0].removeprefix("./"))[0] == 200

    def test_a_proxy_that_keeps_its_prefix(self, serve):
        address = serve("--prefix", "/user/me/proxy")
        assert address.endswith("/user/me/proxy/")
        _, page = self.ask(address)
        source = page.split('src="./')[1].split('"')[0]
        assert self.ask(address + source)[0] == 200


def test_the_grid_is_read_again_once_the_sweep_was_extended(sweep):
    watch = SweepWatch(sweep.folder)
    before = watch.look()
    assert watch.look().cells is before.cells
    sweep.run(text=yaml_text("[0 GPa, 0.2 GPa, 0.4 GPa]", 3), workload=Rehearsal())
    now = watch.look()
    assert len(now.cells.run_id) == len(now.status) == 18
    finished = sweep.folder.finished()
    assert set(now.cells.run_id) == set(finished)
    assert set(before.cells.run_id) < set(now.cells.run_id)


def test_a_rate_counts_no_idle_time():
    busy = BusyTime()
    for when, is_busy in ((0.0, True), (60.0, True), (100.0, False), (500.0, True)):
        busy.note(when, is_busy=is_busy)
    assert busy.seconds(0.0, 520.0) == 120.0
    assert busy.seconds(90.0, 520.0) == 30.0
    assert busy.seconds(200.0, 530.0) == 30.0


class TestDeriver:
    class Pool:
        """Answers as told; a broken one raises when something is submitted."""

        def __init__(self, answer=None, *, broken=False):
            self.answer, self.broken = answer, broken

        def submit(self, *_):
            if self.broken:
                raise BrokenProcessPool("killed")
            future = Future()
            if isinstance(self.answer, Exception):
                future.set_exception(self.answer)
            elif self.answer is not None:
                future.set_result(self.answer)
            return future

        def shutdown(self, **_):
            pass

    def deriver(self, monkeypatch, tmp_path, *pools):
        waiting = iter(pools)
        now = [0.0]
        give_clock(monkeypatch, derived, lambda: now[0])
        monkeypatch.setattr(derived, "_new_pool", lambda: next(waiting))
        return Deriver(tmp_path), now

    def test_a_killed_analysis_is_followed_by_another(self, monkeypatch, tmp_path):
        killed = self.Pool(BrokenProcessPool("killed"))
        deriver, now = self.deriver(monkeypatch, tmp_path, killed, self.Pool({"α": {}}))
        for now[0] in (10.0, 11.0, 12.0):
            deriver.look("state")
        assert "killed" in deriver.problem
        for now[0] in (100.0, 101.0):
            deriver.look("state")
        assert (deriver.found, deriver.problem) == ({"α": {}}, "")

    def test_one_that_was_killed_between_two_analyses_too(self, monkeypatch, tmp_path):
        deriver, now = self.deriver(
            monkeypatch, tmp_path, self.Pool(broken=True), self.Pool({"α": {}})
        )
        for now[0] in (10.0, 11.0, 12.0):
            deriver.look("state")
        assert deriver.found == {"α": {}}

    def test_the_panel_says_that_runs_are_being_analyzed(self, monkeypatch, tmp_path):
        from lbhsweep.dashboard.physics_panel import PhysicsPanel

        deriver, now = self.deriver(monkeypatch, tmp_path, self.Pool())
        panel = PhysicsPanel(deriver)
        panel.show(0)
        assert "no run is done" in panel._note.text
        now[0] = 10.0
        deriver.look("state")
        panel.show(12)
        assert "12 runs are done and being analyzed" in panel._note.text


class TestBrowser:
    @pytest.fixture
    def opened(self, monkeypatch):
        opened = []
        monkeypatch.setattr(webbrowser.BaseBrowser, "open", lambda *at: opened.append(at[1]))
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(browser.sys, "platform", "linux")
        return opened

    def choose(self, monkeypatch, one):
        monkeypatch.setattr(webbrowser, "get", lambda: one)

    def test_none_on_a_console(self, monkeypatch, opened):
        self.choose(monkeypatch, webbrowser.GenericBrowser("lynx"))
        assert not browser.open_page("http://127.0.0.1:1/")

    def test_no_text_browser_on_a_screen_either(self, monkeypatch, opened):
        monkeypatch.setenv("DISPLAY", ":0")
        for name in ("www-browser", "lynx", "w3m"):
            self.choose(monkeypatch, webbrowser.GenericBrowser(name))
            assert not browser.open_page("http://127.0.0.1:1/")

    def test_a_graphical_one_in_the_background(self, monkeypatch):
        class Graphical(webbrowser.BackgroundBrowser):
            def open(self, url, new=0, autoraise=True):
                seen.append((url, threading.current_thread() is threading.main_thread()))
                return done.set() is None

        import threading

        seen, done = [], threading.Event()
        monkeypatch.delenv("SSH_CONNECTION", raising=False)
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
        self.choose(monkeypatch, Graphical("firefox"))
        assert browser.open_page("http://127.0.0.1:1/")
        assert done.wait(PATIENCE_S)
        assert seen == [("http://127.0.0.1:1/", False)]

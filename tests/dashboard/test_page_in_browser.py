"""The live page in a real browser: it loads, a click shows a run, and it goes on by itself."""

import json
import math
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import nullcontext, suppress

import pytest
from dashboard.chromium import BrowserMissingError, need_chromium, open_browser
from execution.execution_sweeps import Sweep
from execution.serial_executor import SerialExecutor
from selenium.webdriver.common.action_chains import ActionChains

from lbhsweep.execution.worker.workload import Rehearsal

PATIENCE_S = 600.0
TEXTS = """
const texts = [];
const visit = root => { for (const one of root.querySelectorAll('*')) {
  if (one.shadowRoot) { texts.push(one.shadowRoot.textContent); visit(one.shadowRoot); } } };
visit(document); return texts.join('\\n');
"""
"""All that can be read on the page, whose parts lie in shadow trees."""
RAMPS = """\
name: ramps
axes: {pressure: 0 GPa, heating_rate: 20 K/ps, replica: 60}
protocol: {ramp: {temperature: 300 K .. 700 K, bin: 50 K, directions: [heating]}}
"""
CHOOSE = """
const [page] = Bokeh.documents;
const models = Object.fromEntries(['quantity', 'view', 'map-of-quantity', 'curves'].map(
  name => [name, page.get_model_by_name(name)]));
models.quantity.value = arguments[0];
if (models.view.options.includes(arguments[1])) models.view.value = arguments[1];
const map = models['map-of-quantity'];
return [map.visible, models.curves.visible, map.title.text,
  Object.fromEntries(Array.from(Object.entries(map.renderers[0].data_source.data),
    ([name, column]) => [name, Array.from(column)]))];
"""
"""Choose a quantity and how it is shown; what the map then shows."""
CELL = """
const model = Bokeh.documents[0].get_model_by_name('map');
const views = Object.values(Bokeh.index);
const walk = view => { if (view.model === model) return view;
  for (const child of view.child_views || []) { const got = walk(child); if (got) return got; }
  return null; };
const plot = views.map(walk).find(Boolean);
const box = plot.el.getBoundingClientRect();
const frame = plot.frame;
return [box.x + frame.x_scale.compute(arguments[0]), box.y + frame.y_scale.compute(arguments[1])];
"""
"""Where on the screen a place of the map is."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    try:
        need_chromium()
    except BrowserMissingError as missing:
        pytest.skip(str(missing))
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def sweep(tmp_path):
    """A sweep of which one run has failed and one is still missing."""
    sweep = Sweep(tmp_path / "out", lambda: nullcontext(SerialExecutor()))
    sweep.run(workload=Rehearsal(failure_rate=0.3))
    name = next(name for name, how in sweep.folder.finished().items() if how == "done")
    sweep.folder.record_path(name).unlink()
    return sweep


@pytest.fixture
def address(sweep):
    """Where the page of the sweep is served."""
    line = [sys.executable, "-m", "lbhsweep", "dashboard", str(sweep.path), "--json"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as page:
        try:
            yield json.loads(page.stdout.readline())["address"]
        finally:
            page.terminate()
            page.wait(PATIENCE_S)


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(Exception):
            if found := condition():
                return found
        time.sleep(0.1)
    raise AssertionError(f"waited too long for {what}")


def shown(browser):
    return browser.execute_script(TEXTS)


def click(browser, x, y):
    left, top = browser.execute_script(CELL, x, y)
    actions = ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(round(left), round(top))
    actions.w3c_actions.pointer_action.click()
    actions.perform()


def maps_fill(browser, sweep):
    """Maps hold what the analysis gives, with its errors, and nothing where that is nothing."""
    from lbhsweep.dashboard.derived import derive

    ((_, found),) = derive(str(sweep.path)).items()
    branch = "20 K/ps heating"
    for quantity, symbol in (("enthalpy", "H"), ("heat_capacity", "C_P"), ("volume", "V")):
        table = [
            (x, one["pressure"], y, error)
            for one in found["curves"][quantity]
            for x, y, error in zip(one["x"], one["y"], one["error"], strict=True)
            if one["branch"] == branch and math.isfinite(y)
        ]
        assert table

        def matches(quantity=quantity, symbol=symbol, table=table):
            as_map, as_curves, title, data = browser.execute_script(
                CHOOSE, quantity, f"map, {branch}"
            )
            drawn = zip(data["x"], data["y"], data["value"], data["error"], strict=True)
            is_shown = as_map and not as_curves and title.startswith(f"{symbol} (")
            return is_shown and all(
                one == pytest.approx(other, nan_ok=True)
                for one, other in zip(drawn, table, strict=True)
            )

        until(matches, f"the map of {quantity}")
    until(lambda: browser.execute_script(CHOOSE, "volume", "curves")[1], "the curves")


def test_a_page_loads_shows_a_run_at_a_click_and_goes_on_by_itself(browser, sweep, address):
    browser.get(address)
    until(lambda: "failed" in shown(browser) and "done" in shown(browser), "the counts")
    n_failed = list(sweep.folder.finished().values()).count("failed")
    assert f"{n_failed} failed" in shown(browser).replace("\n", "")
    assert "Click a cell of the map" in shown(browser)
    title = "return Bokeh.documents[0].get_model_by_name('curves').title.text"
    until(lambda: "V(T)" in browser.execute_script(title), "the analysis")
    maps_fill(browser, sweep)
    # Every cell shows its run at a click; of those that failed why, and what to do.
    rows, columns = 4, 2
    seen = {}
    for row in range(rows):
        for column in range(columns):
            before = shown(browser)
            click(browser, column + 0.5, row + 0.5)
            until(lambda before=before: shown(browser) != before, "the run's details")
            text = shown(browser)
            name = next(one for one in sweep.folder.finished() | {"": ""} if one in text)
            seen[name] = text
    failed = [name for name, how in sweep.folder.finished().items() if how == "failed"]
    assert failed
    for name in failed:
        assert f"lbhsweep retry {sweep.path} {name[:12]}" in seen[name]
    # What ends while the page is open appears in it.
    sweep.run(workload=Rehearsal(failure_rate=0.3))
    n_done = list(sweep.folder.finished().values()).count("done")
    until(lambda: f"{n_done} done" in shown(browser).replace("\n", ""), "the finished run")
    severe = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    # The browser asks for an icon, which is not served.
    assert not [line for line in severe if "favicon" not in line["message"]]


def test_many_look_at_once(browser, sweep, address):
    """In tabs, after a reload, and over another connection."""
    first = browser.current_window_handle
    for _ in range(3):
        browser.switch_to.new_window("tab")
        browser.get(address)
        until(lambda: "failed" in shown(browser) and "done" in shown(browser), "the page")
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own
            assert answer.status == 200
    browser.refresh()
    until(lambda: "failed" in shown(browser) and "done" in shown(browser), "the page again")
    for handle in set(browser.window_handles) - {first}:
        browser.switch_to.window(handle)
        browser.close()
    browser.switch_to.window(first)


def test_workers_are_seen_at_work(browser, tmp_path):
    file, out = tmp_path / "sweep.yaml", tmp_path / "out"
    file.write_text(RAMPS)
    line = [sys.executable, "-m", "lbhsweep", "run", str(file), "--output", str(out), "--workers"]
    line += ["1", "--rehearse", "--rehearse-seconds", "1.5", "--dashboard", "--json"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            said = ""
            while "http://" not in said:
                said = run.stderr.readline()
                assert said, "the run ended without a page"
            browser.get(re.search(r"http://[^ ]+", said)[0])
            seen = set()

            def three_runs():
                cells = re.search(r"runs done(.*?):\d+–(.*?r\d)", shown(browser), re.S)
                seen.add(cells[2])
                return len(seen) >= 3

            until(three_runs, "three runs of the worker on the screen")
        finally:
            run.terminate()
            run.communicate(timeout=PATIENCE_S)


def test_a_wrong_folder_says_so(tmp_path):
    line = [sys.executable, "-m", "lbhsweep", "dashboard", str(tmp_path), "--wait", "0"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2
    assert "no sweep here" in done.stderr

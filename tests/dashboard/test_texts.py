"""Texts of the live page: what they say, and that nothing in a folder becomes markup."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from report.page_reader import read_page

from lbhsweep.dashboard.texts import (
    headline,
    latest_notes,
    muted,
    no_run,
    run_details,
    worker_table,
)
from lbhsweep.dashboard.watch import Now, Worker
from lbhsweep.execution.folder.history import RunHistory
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.schema import Status

EVIL = "<script>alert('x')</script>"
IN_A_PATH = "<img src=x onerror=alert(1)>"
NOW = Now(
    cells=None,
    status=np.zeros(0, np.int64),
    counts={int(Status.DONE): 3, int(Status.FAILED): 2},
    run_hours=1.25,
    rate=12.0,
    driver=None,
    seconds_left=None,
    workers=(),
    notes=(),
    page="",
)


def a_driver(**changes):
    known = {"state": "running", "host": "here", "pid": 7, "job": "", "message": ""}
    return SimpleNamespace(**(known | changes))


def watch_of(name="out", history=None):
    folder = SweepFolder(Path("sweeps") / name)
    return SimpleNamespace(folder=folder, history=lambda run_id: history)


def text_of(html):
    return " ".join(read_page(html).text.split())


def test_the_headline_counts_runs_and_gives_the_command_that_goes_on():
    now = replace(NOW, counts=NOW.counts | {int(Status.PENDING): 4})
    assert text_of(headline(watch_of(), now)) == (
        "out 4 missing3 done2 failed wall time of all runs done: 1 h 15 min · "
        "12 runs an hour while any is under way · "
        "no driver: lbhsweep resume sweeps/out"
    )
    rehearsal = text_of(headline(watch_of("out/rehearsal"), now))
    assert rehearsal.startswith("out (rehearsal, synthetic physics)")
    assert rehearsal.endswith("lbhsweep resume sweeps/out --rehearsal")
    assert "resume" not in headline(watch_of(), NOW)


def test_the_headline_names_the_driver_its_job_and_dasks_page():
    page = "http://127.0.0.1:8787/status?a=1&b='2'"
    driver = a_driver(job="81", message="storage is full")
    html = headline(watch_of(), replace(NOW, driver=driver, seconds_left=3600.0, page=page))
    assert text_of(html).endswith(
        "left · driver running on here, pid 7, SLURM job 81: storage is full · Dask's page"
    )
    assert read_page(html).attributes("a") == [{"href": page, "target": "_blank"}]


def test_workers_and_notes_are_listed_or_said_to_be_absent():
    assert text_of(worker_table(NOW)) == "Workers none"
    assert text_of(latest_notes(NOW)) == "Latest nothing yet"
    worker = Worker("here:1", "", "0 GPa", "abc", 0.0, 5)
    page = read_page(worker_table(replace(NOW, workers=(worker,))))
    cells = [data for tag, data in page.pieces if tag == "td"]
    assert cells[:3] == ["here:1", "–", "0 GPa"]
    assert cells[4] == "5"
    assert text_of(latest_notes(replace(NOW, notes=("b", "a")))) == "Latest ba"
    assert text_of(muted("nothing yet")) == "nothing yet"
    assert "Click a cell" in no_run()


def a_history(text=""):
    return RunHistory(
        run_id="0123456789abcdef",
        label=f"0.2 GPa{text}",
        status="failed",
        error={"error_class": f"BlowUp{text}", "step": 12, "message": f"atoms 3 & 4{text}"},
        provenance={"host": f"node{text}", "pid": 9, "wall_seconds": 1.23456},
        attempts=(),
        events=({"event": "run-failed", "time": 0.0, "message": f"it ended{text}"},),
    )


def test_details_of_a_run_have_its_error_and_the_command_that_retries_it():
    details = run_details(watch_of(history=a_history()), "0123456789abcdef", Status.FAILED)
    page = read_page(details)
    assert page.balanced
    rows = [data for tag, data in page.pieces if tag == "td"]
    assert rows == ["status", "failed", "host", "node", "pid", "9", "wall time", "1 s"]
    logs = [data for tag, data in page.pieces if tag == "pre"]
    assert logs[0] == "BlowUp at step 12: atoms 3 & 4"
    assert logs[1].endswith("run-failed message it ended")
    assert page.of("code") == "lbhsweep retry sweeps/out 0123456789ab"
    plain = replace(a_history(), error=None, events=())
    page = read_page(run_details(watch_of(history=plain), "0123456789abcdef", Status.DONE))
    assert page.of("pre") == "nothing yet"


@pytest.mark.parametrize("name", [IN_A_PATH, f"{IN_A_PATH}/rehearsal"])
def test_hostile_names_stay_text(name):
    driver = a_driver(state=EVIL, host=EVIL, job=EVIL, message=EVIL)
    worker = Worker(EVIL, EVIL, EVIL, EVIL, 0.0, 5)
    now = replace(
        NOW, driver=driver, workers=(worker,), notes=(EVIL,), page=f"http://x/'\">{EVIL}",
        counts={int(Status.PENDING): 1},
    )  # fmt: skip
    watch = watch_of(name, a_history(EVIL))
    texts = {
        "headline": headline(watch, now),
        "without a driver": headline(watch, replace(now, driver=None)),
        "workers": worker_table(now),
        "notes": latest_notes(now),
        "problem": muted(EVIL),
        "run": run_details(watch, "0123456789abcdef", Status.FAILED),
    }
    for where, html in texts.items():
        page = read_page(html)
        assert page.balanced, where
        assert not {"script", "img"} & set(page.tags), where
        assert EVIL in page.text or IN_A_PATH in page.text, where

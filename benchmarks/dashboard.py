"""What the live page of a large sweep costs: seconds to its first paint, and a refresh.

    python benchmarks/dashboard.py FOLDER [--rehearsal]

FOLDER is that of a sweep, for example of 10 000 synthetic runs.  ``look`` reads what is new in
the folder, ``show`` brings one page up to date; their processor time is what a refresh takes, once
a second.  The first paint is from opening the address in headless Chromium (with chromedriver) to
the map being drawn.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bokeh.document import Document
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from lbhsweep.dashboard.derived import Deriver
from lbhsweep.dashboard.page import Page
from lbhsweep.dashboard.watch import SweepWatch
from lbhsweep.store.folder import SweepFolder

DRAWN = "return !!(window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].is_idle)"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rehearsal", action="store_true")
    arguments = parser.parse_args()
    folder = SweepFolder(arguments.folder.absolute())
    folder = folder.rehearsal if arguments.rehearsal else folder
    start = time.process_time()
    watch = SweepWatch(folder)
    now = watch.look()
    print(f"runs                                 {len(now.status)}")
    print(f"first look at the folder, CPU        {time.process_time() - start:.2f} s")
    deriver = Deriver(folder.path)
    document, page = Document(), Page(watch, deriver)
    page.attach(document, now)
    start = time.process_time()
    for _ in range(10):
        page.show(watch.look())
    print(f"a refresh, CPU                       {(time.process_time() - start) / 10:.3f} s")
    deriver.close()
    print(f"first paint in Chromium              {first_paint(arguments):.2f} s")


def first_paint(arguments: argparse.Namespace) -> float:
    """Open the page in a browser and wait until all of it is drawn."""
    line = [sys.executable, "-m", "lbhsweep", "dashboard", str(arguments.folder), "--json"]
    line += ["--rehearsal"] if arguments.rehearsal else []
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split('"address": "')[1].split('"')[0]
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS.split(), f"--user-data-dir={tempfile.mkdtemp()}"]:
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            start = time.perf_counter()
            browser.get(address)
            WebDriverWait(browser, 60, poll_frequency=0.02).until(
                lambda driver: driver.execute_script(DRAWN)
            )
            return time.perf_counter() - start
        finally:
            browser.quit()
            server.terminate()


if __name__ == "__main__":
    main()

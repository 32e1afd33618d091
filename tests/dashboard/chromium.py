"""A headless Chromium, installed where that is allowed."""

from __future__ import annotations

import shutil
from pathlib import Path

from debian import command_for, install
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PACKAGES = ("chromium", "chromium-driver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--window-size=1720,1200"
)


class BrowserMissingError(Exception):
    """There is no Chromium here and it can't be installed."""


def need_chromium() -> None:
    """See that Chromium and its driver are installed; install them where this user may.

    Raises
    ------
    BrowserMissingError
        Saying how to install them.
    """
    if shutil.which("chromium") and shutil.which("chromedriver"):
        return
    install(PACKAGES)
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        raise BrowserMissingError(f"no Chromium here; as root: {' '.join(command_for(PACKAGES))}")


def open_browser(profile: Path) -> webdriver.Chrome:
    """Start one with an empty profile, which keeps what its console says."""
    options = Options()
    options.binary_location = str(shutil.which("chromium"))
    for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))

"""Opening a page in the user's browser, where there is a screen for one."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def open_page(address: str) -> bool:
    """Open a page in a graphical browser, in the background; return whether one was found.

    On a console there is none: the module `webbrowser` would start a text browser, which takes the
    terminal and keeps the page's own server waiting.
    """
    if not _has_screen():
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if _takes_the_terminal(browser):
        return False
    threading.Thread(target=browser.open, args=(address,), daemon=True).start()
    return True


def _has_screen() -> bool:
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return any(os.environ.get(name) for name in _SCREENS) and "SSH_CONNECTION" not in os.environ


def _takes_the_terminal(browser: webbrowser.BaseBrowser) -> bool:
    """Whether the browser runs in the foreground, as text browsers do."""
    return isinstance(browser, webbrowser.GenericBrowser) and not isinstance(
        browser, webbrowser.BackgroundBrowser
    )

"""Look of the page: colours and words of run states, and the style of its texts."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from bokeh.models import Div

from lbhsweep.plots.shared.style import AMBER, BLUE, ORANGE, PURPLE
from lbhsweep.store.schema import Status

LOOKS = {
    Status.PENDING: ("missing", "#E8E8E8"),
    Status.RUNNING: ("running", AMBER),
    Status.DONE: ("done", BLUE),
    Status.FAILED: ("failed", ORANGE),
    Status.QUARANTINED: ("put aside", PURPLE),
}
"""Words and colours of Okabe and Ito; running and failed cells also have a mark."""
MARKS = {int(Status.RUNNING): "▶", int(Status.FAILED): "×", int(Status.QUARANTINED): "?"}
_CSS = files("lbhsweep.dashboard").joinpath("templates/style.css").read_text("utf-8")
"""Each part of the page needs it, since a surrounding style doesn't reach it.

It is a text, since a model of Bokeh belongs to one page.
"""


def text(width: int | None = None, **properties: Any) -> Div:
    """Build a text of the page, whose content is HTML."""
    return Div(stylesheets=[_CSS], width=width, **properties)

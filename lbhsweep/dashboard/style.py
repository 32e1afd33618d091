"""How the page's texts look."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from bokeh.models import Div

_CSS = """
h1 { font: 600 20px system-ui, sans-serif; margin: 0 0 4px; }
h2 { font: 600 15px system-ui, sans-serif; margin: 6px 0 3px; }
div, p, td { font-family: system-ui, sans-serif; }
.chip { display: inline-block; padding: 1px 10px; margin: 2px 6px 3px 0; border-radius: 9px;
  border: 1px solid #bbb; font-size: 13px; }
.swatch { display: inline-block; width: 11px; height: 11px; margin-right: 6px; }
.muted { color: #555; font-size: 12px; }
pre { white-space: pre-wrap; margin: 2px 0; font-size: 12px; max-height: 170px; overflow: auto;
  background: #f5f5f5; padding: 4px 6px; }
table { border-collapse: collapse; font-size: 13px; }
td, th { padding: 1px 12px 1px 0; text-align: left; }
.many { max-height: 220px; overflow: auto; }
"""
"""Of each part of a page; that of those around it doesn't reach it.  A text, since a model of
Bokeh belongs to one page."""


def text(width: int | None = None, **properties: Any) -> Div:
    """Give a text of the page, in HTML."""
    return Div(stylesheets=[_CSS], width=width, **properties)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table in HTML, which scrolls if it is long."""
    head = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<div class='many'><table>{f'<tr>{head}</tr>' if head else ''}{body}</table></div>"

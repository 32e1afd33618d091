"""HTML from Python values: everything that isn't `Html` already is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_VOID = frozenset({"img", "meta", "br"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """Make an element.

    Parameters
    ----------
    name : str
        Of the element.
    *children : object
        `Html` goes in as it is, all else as escaped text.
    **attributes : object
        Values are escaped; a trailing underscore of the name is left out (``class_``), other
        underscores become hyphens.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[object]) -> Html:
    """Put pieces one after the other, escaping what isn't HTML."""
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(str(child), quote=False)
            for child in children
        )
    )


def table(header: Sequence[object], rows: Iterable[Sequence[object]], caption: str = "") -> Html:
    """Make a table that scrolls sideways where it is too wide; rows begin with their heading."""
    head = tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in header)))
    body = tag(
        "tbody",
        *(
            tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest))
            for first, *rest in rows
        ),
    )
    title = (tag("caption", caption),) if caption else ()
    return tag("div", tag("table", *title, head, body), class_="wide")


def bullets(items: Iterable[object], **attributes: object) -> Html:
    """Make a list; nothing of no items."""
    entries = [tag("li", item) for item in items]
    return tag("ul", *entries, **attributes) if entries else Html("")


def definitions(pairs: Iterable[tuple[object, object]]) -> Html:
    """Make a list of terms and what is to be said of each."""
    return tag(
        "dl", *(piece for term, said in pairs for piece in (tag("dt", term), tag("dd", said)))
    )


def folded(summary: str, *children: object) -> Html:
    """Make a part that opens on a click; browsers do that without scripts."""
    return tag("details", tag("summary", summary), *children)


def section(title: str, *children: object, key: str) -> Html:
    """Make a part of the page with its heading, which can be linked to."""
    return tag("section", tag("h2", title), *children, id=key)

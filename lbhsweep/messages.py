"""How values and names appear in messages about files that users write."""

from __future__ import annotations

from difflib import get_close_matches

MAX_TEXT = 60
"""Characters of a value in a message."""


def shown(value: object) -> str:
    """Format a value of the file for a message, cut to a line."""
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case bool():
            return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def nearest(name: str, known: tuple[str, ...]) -> str:
    """Suggest the known name nearest to `name`, and list all."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known: {', '.join(known)}"

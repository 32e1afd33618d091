"""Examples at the end of a command's help."""

from __future__ import annotations

HEADING = "Examples:"


def examples(*lines: str) -> str:
    """Build a command's epilog: its examples, one a line."""
    # \b keeps click from filling the paragraph.
    return "\n".join(["\b", HEADING, *(f"  {line}" for line in lines)])

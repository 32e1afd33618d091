"""Sizes of texts as the renderer draws them, and breaking them into lines that fit."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.text import Text


def text_inches(figure: Figure, text: str, size: float) -> float:
    """Return the width of a text, formulas included, at a size in points; in inches."""
    box = Text(0, 0, text, fontsize=size, figure=figure).get_window_extent(
        figure.canvas.get_renderer()  # type: ignore[attr-defined]
    )
    return float(box.width / figure.dpi)


def fold(figure: Figure, text: str, size: float, room: float) -> list[str]:
    """Break a text between words into lines no wider than `room` inches; a longer word is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if text_inches(figure, longer, size) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while text_inches(figure, line, size) > room and len(line) > 1:
            cut = next(n for n in range(len(line) - 1, 0, -1)
                       if n == 1 or text_inches(figure, line[:n], size) <= room)  # fmt: skip
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines or [""]

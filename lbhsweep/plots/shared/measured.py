"""Texts as the renderer draws them: formulas, widths, and lines that fit."""

from __future__ import annotations

import re

from matplotlib.figure import Figure
from matplotlib.text import Text

_SYMBOL = re.compile(r"(?<![\w$])(ΔS|ΔT|[CEHPSTk])_(iso|ad|rev|[PBacht])\b")
_TOGETHER = re.compile(r"(?<=\d) (?=(?:K|GPa|J|eV|ps|%)\b)|(?<=fig\.|tab\.) (?=\d)")
"""Spaces at which no line ends: before a unit, and before the number of a figure or table."""
_MINUS = re.compile(r"(?<![\w.)-])-(?=\d)")
_POWER = re.compile(r"(\w)\^\(([^()]+)\)")


def typeset(text: str) -> str:
    """Write the symbols of a plain text as formulas (``T_t``, ``r^(2/3)``), and minus signs."""
    text = _MINUS.sub("−", text)
    text = _SYMBOL.sub(r"$\1_{\2}$", text).replace("T_0", "T₀")
    return _POWER.sub(r"\1$^{\2}$", text)


def text_inches(figure: Figure, text: str, size: float) -> float:
    """Return the width of a text, formulas included, at a size in points; in inches."""
    box = Text(0, 0, text, fontsize=size, figure=figure).get_window_extent(
        figure.canvas.get_renderer()  # type: ignore[attr-defined]
    )
    return float(box.width / figure.dpi)


def fold(figure: Figure, text: str, size: float, room: float) -> list[str]:
    """Break a text between words into lines no wider than `room` inches; a longer word is cut."""
    parts = _TOGETHER.sub("\u00a0", " ".join(text.split())).split(" ")
    lines: list[str] = []
    line = ""
    for word in (part.replace("\u00a0", " ") for part in parts):
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

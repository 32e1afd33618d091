"""Look of each phase: the same in every figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase
from lbhsweep.plots.shared.style import BLACK, BLUE, GREY, ORANGE, SKY

Line = Literal["-", "--", "-.", ":"] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """Name in legends, colour where colour distinguishes phases, line, filling of markers."""

    name: str
    colour: str
    line: Line
    fill: Literal["full", "none", "top", "bottom", "left", "right"]


LOOKS = MappingProxyType(
    {
        "alpha": Look("α", BLUE, "-", "full"),
        "alpha_cap": Look("α-b", SKY, ":", "bottom"),
        "beta": Look("β", ORANGE, "--", "none"),
        "mixed": Look("mixed", GREY, "-.", "left"),
        "undecided": Look("phase unknown", BLACK, (0, (5, 1, 1, 1, 1, 1)), "right"),
    }
)
"""By the phase's name in datasets."""


def look_of(code: int) -> Look:
    """Return the look of a phase by its code."""
    return LOOKS[LONG_NAMES[Phase(code)]]


def phase_handles(
    phases: Iterable[str], *, marker: str = "o", line: bool = True, colour: str = "0.2"
) -> list[Artist]:
    """Return an entry of a legend for each phase.

    Parameters
    ----------
    phases : iterable of str
        Names in datasets; they are listed in the order of `LOOKS`.
    marker : str
        Whose filling tells the phase; empty for none.
    line : bool
        Whether the line tells it, too.
    colour : str
        Of both.
    """
    there = set(phases)
    return [
        Line2D(
            [], [], color=colour, marker=marker, fillstyle=look.fill,
            linestyle=look.line if line else "none", label=look.name,
        )
        for name, look in LOOKS.items()
        if name in there
    ]  # fmt: skip

"""Look of each phase where curves of several phases are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase
from lbhsweep.plots.shared.style import BLACK, BLUE, GREY, ORANGE, SKY

Line = Literal["-", "--", "-.", ":"] | tuple[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """Name in legends, colour where colour distinguishes phases, line, filling of markers."""

    name: str
    colour: str
    line: Line
    fill: Literal["full", "none", "top", "left"]


LOOKS = MappingProxyType(
    {
        "alpha": Look("α", BLUE, "-", "full"),
        "alpha_cap": Look("α, Li over cage faces", SKY, ":", "top"),
        "beta": Look("β", ORANGE, "--", "none"),
        "mixed": Look("mixed", GREY, "-.", "top"),
        "undecided": Look("phase unknown", BLACK, (0, (5, 1, 1, 1, 1, 1)), "left"),
    }
)
"""By the phase's name in datasets."""


def look_of(code: int) -> Look:
    """Return the look of a phase by its code."""
    return LOOKS[LONG_NAMES[Phase(code)]]


def line_legend(figure: Figure, phases: Iterable[str]) -> None:
    """Add a legend of the phases' lines below the panels."""
    looks = [LOOKS[phase] for phase in phases]
    lines: list[Artist] = [Line2D([], [], color="0.2", linestyle=look.line) for look in looks]
    names = [look.name for look in looks]
    figure.legend(lines, names, loc="outside lower center", ncols=len(looks))

"""What a figure declares about itself: the one place where it is described.

Each figure's module ends with its declaration.  From these follow the registries, the names that
``lbhsweep plot --only`` takes, and the captions of the report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import xarray as xr
from matplotlib import rc_context
from matplotlib.figure import Figure

from lbhsweep.analysis.published import Reference
from lbhsweep.plots.shared.style import STYLE, Nothing

Draw = Callable[[xr.DataTree, xr.DataTree], Figure | Nothing]


class Topic(StrEnum):
    """Headings of the report, in the order of the page."""

    TRANSITION = "Phase transition"
    CALORIC = "Thermodynamics and barocaloric effect"
    STRUCTURE = "Structure"
    DYNAMICS = "Dynamics"
    RELIABILITY = "Reliability"


@dataclass(frozen=True, slots=True)
class Needs:
    """A part of the results or of the analysis without which a figure can't be drawn.

    Attributes
    ----------
    tree : {'results', 'analysis'}
        Where it is.
    group : str
        Path of the group.
    reason : str
        Reported when it is absent.
    variables : tuple of str
        Variables of the group, all of which must be there.
    or_group : str
        Another group that is enough; empty if there is none.
    """

    tree: Literal["results", "analysis"]
    group: str
    reason: str
    variables: tuple[str, ...] = ()
    or_group: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        """Paths of the groups, one of which is enough."""
        return (self.group, self.or_group) if self.or_group else (self.group,)

    def is_met(self, results: xr.DataTree, analysis: xr.DataTree) -> bool:
        """Check whether one of the groups is there with all the variables."""
        tree = results if self.tree == "results" else analysis
        present = [group for group in self.groups if f"/{group}" in tree.groups]
        return any(set(self.variables) <= set(tree[group].variables) for group in present)


@dataclass(frozen=True, slots=True)
class FigureDeclaration:
    """A figure: how it is drawn and what belongs to it.

    Attributes
    ----------
    name : str
        Of its file, and of its module.
    draw : callable
        Draws it from results and analysis, or returns why there is nothing to draw.
    rank : int
        Figures are drawn and listed by rank, the lowest first.
    topic : Topic
        Heading of the report under which it is shown.
    caption : str
        A sentence: what is drawn.
    variables : tuple of str
        Those whose formula and source the report prints below the figure.
    needs : tuple of Needs
        Checked in this order before anything is drawn.
    references : tuple of Reference
        Sources of the published values in it.
    over : tuple of str
        Dimensions in which the materials differ that the figure compares; none: it shows one.
    includes : tuple of str
        Names of former figures that are panels of this one: ``--only`` takes them, too.
    """

    name: str
    draw: Draw
    rank: int
    topic: Topic
    caption: str
    variables: tuple[str, ...] = ()
    needs: tuple[Needs, ...] = ()
    references: tuple[Reference, ...] = ()
    over: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()

    def make(self, results: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
        """Draw the figure in the project's style, or return the reason why it can't be drawn.

        Parameters
        ----------
        results, analysis : DataTree
            One material's part, or that of the materials which are compared.
        """
        for need in self.needs:
            if not need.is_met(results, analysis):
                return Nothing(need.reason)
        with rc_context(STYLE):
            return self.draw(results, analysis)

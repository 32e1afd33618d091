"""Tracer diffusion of lithium against temperature at every pressure."""

from __future__ import annotations

from collections import Counter

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.analysis import published
from lbhsweep.analysis.transport.coefficients import NO_HOLD
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.isobars import draw_isobars
from lbhsweep.plots.shared.style import (
    AMBER,
    Nothing,
    finish,
    known,
    label,
    new_figure,
    shared_legend,
)

PUBLISHED_LABEL = f"0 GPa, {published.SAU_2021.short}, suppl. fig. 5"


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw D(T) on a logarithmic axis; a cross at the foot is a cell without a value."""
    transport = analysis["transport"].to_dataset()
    if not known(transport["diffusion_coefficient"].values):
        return Nothing(why_no_diffusion(transport))
    figure, (axes,) = new_figure(1, panel=(6.0, 3.8), foot=0.8)
    axes.set_yscale("log", nonpositive="clip")
    axes.set_xlabel("Temperature T (K)")
    axes.set_ylabel(label(transport["diffusion_coefficient"], "D"))
    draw_isobars(axes, transport, "diffusion_coefficient", absent="no value")
    if has_published(tree, transport):
        draw_published(axes)
    shared_legend(figure, [axes], columns=2)
    return finish(figure, tree, "Diffusion of Li")


def why_no_diffusion(transport: xr.Dataset) -> str:
    """Return why no cell has a diffusion coefficient, as the analysis says of most cells."""
    if "diffusion_reason" in transport:
        reasons = [str(one) for one in transport["diffusion_reason"].values.ravel()]
        counts = Counter(one for one in reasons if one and not one.startswith(NO_HOLD))
        if counts:
            return counts.most_common(1)[0][0]
    return "no hold gives a diffusion coefficient"


def has_published(tree: xr.DataTree, transport: xr.Dataset) -> bool:
    """Check whether the published coefficients are those of this material and pressure."""
    potential, vacancies = str(tree.attrs.get("potential", "")), tree.attrs.get("n_vacancies", 0)
    return potential.startswith("lbh") and not vacancies and 0.0 in transport["pressure"].values


def draw_published(axes: Axes, *, inverse: bool = False) -> None:
    """Mark the published coefficients, against T or 1000/T."""
    x = [1000.0 / t if inverse else t for t in published.DIFFUSION]
    axes.plot(
        x, list(published.DIFFUSION.values()), marker="*", markersize=11, color=AMBER,
        markeredgecolor="0.3", markeredgewidth=0.5, linestyle="none", label=PUBLISHED_LABEL,
        zorder=6,
    )  # fmt: skip


FIGURE = FigureDeclaration(
    name="diffusion",
    draw=draw,
    rank=130,
    topic=Topic.DYNAMICS,
    caption="Tracer diffusion coefficient of Li in each phase at every pressure.",
    variables=("diffusion_coefficient",),
    needs=(
        Needs("analysis", "transport", "neither diffusion nor rotation was measured"),
        Needs(
            "analysis",
            "transport",
            "diffusion was not measured",
            variables=("diffusion_coefficient",),
        ),
    ),
    references=(published.SAU_2021,),
)

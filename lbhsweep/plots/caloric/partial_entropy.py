"""Harmonic entropies of both phases, and the parts of the crystal that make their difference."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lbhsweep.plots.shared.absence import why_no_hold
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.style import (
    AMBER,
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    Nothing,
    finish,
    gigapascal,
    hatch,
    known,
    label_panels,
    new_figure,
    shared_legend,
)
from lbhsweep.quantities import stderr_name

_KINDS = {"classical": "full", "quantum": "none"}
_PARTS = {
    "all": ("all", "o", BLACK),
    "li": ("Li", "s", AMBER),
    "translation": ("translation of anions", "^", SKY),
    "libration": ("libration of anions", "v", GREEN),
    "internal": ("inside anions", "D", PURPLE),
}
_SUBLATTICES = {
    "Li": ("Li, by freezing", "s", AMBER),
    "anions": ("anions, by freezing", "P", SKY),
    "interplay": ("interplay, by freezing", "X", "0.5"),
}
_PHASES = {"alpha": ("α", "s", BLUE), "beta": ("β", "o", ORANGE)}


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw S of each phase, S(β) − S(α) by part, and, where runs were frozen, by sublattice."""
    dataset = analysis["partial_entropy"].to_dataset()
    if "frozen" in dataset.dims:
        names = list(dataset["frozen"].values)
        dataset = dataset.sel(frozen="none" if "none" in names else names[0])
    if not known(dataset["entropy_classical"].values):
        return Nothing(why_no_hold(tree["hold"].to_dataset(), "velocity spectra"))
    by_freezing = "frozen_part_classical" in dataset and known(
        dataset["frozen_part_classical"].values
    )
    columns = 3 if by_freezing else 2
    pressures = dataset["pressure"].values
    figure, panels = new_figure(
        columns * len(pressures), columns=columns, aspect=0.8 if by_freezing else 0.6
    )
    label_panels(panels, "Temperature T (K)", "")
    for i, pressure in enumerate(pressures):
        row = panels[columns * i : columns * (i + 1)]
        here = dataset.sel(pressure=pressure)
        whole = here.sel(part="all")
        _draw(row[0], whole, "entropy", "phase", _PHASES, "S of {}")
        _draw(row[1], here, "entropy_change", "part", _PARTS, "{}")
        if by_freezing:
            _draw(row[2], here, "frozen_part", "sublattice", _SUBLATTICES, "{}")
        titles = ("harmonic entropy", "S(β) − S(α)", "S(β) − S(α) by freezing")
        for axes, title in zip(row, titles, strict=False):
            axes.set_title(f"{gigapascal(pressure)}, {title}")
        row[0].set_ylabel("S (J kg⁻¹ K⁻¹)")
        for axes in row[1:]:
            axes.set_ylabel("ΔS (J kg⁻¹ K⁻¹)")
    shared_legend(figure, panels, columns=3)
    note = str(dataset["note"].item())
    return finish(
        figure, tree, "Partial entropies, filled classical, open quantum", [note] if note else []
    )


def _draw(
    axes: Axes, here: xr.Dataset, name: str, dim: str, looks: dict[str, Any], text: str
) -> None:
    """Draw one quantity of both kinds against temperature, a series for each value of `dim`."""
    drawn = False
    for kind, fill in _KINDS.items():
        array = here[f"{name}_{kind}"]
        error = here[stderr_name(f"{name}_{kind}")]
        for value, (word, marker, colour) in looks.items():
            if not known(array.sel({dim: value}).values):
                continue
            axes.errorbar(
                here["temperature"].values, array.sel({dim: value}).values,
                yerr=error.sel({dim: value}).values, marker=marker, fillstyle=fill, color=colour,
                linewidth=0.7, linestyle="-" if fill == "full" else "--",
                label=text.format(word) if fill == "full" else None,
            )  # fmt: skip
            drawn = True
    if not drawn:
        reasons = {
            str(reason) for reason in here["reason"].values if str(reason) not in ("", "nan")
        }
        several = "no temperature at which holds in both phases have spectra"
        hatch(axes, several if len(reasons) > 1 else "".join(reasons) or "not simulated")
    elif name != "entropy":
        axes.axhline(0, color="0.5", linewidth=0.8)


FIGURE = FigureDeclaration(
    name="partial_entropy",
    draw=draw,
    rank=250,
    topic=Topic.CALORIC,
    caption=(
        "Harmonic entropies of each phase, and the parts of lithium, of the anions and of their "
        "interplay."
    ),
    variables=("entropy_change_classical", "vibrational_entropy_classical"),
    needs=(
        Needs("analysis", "partial_entropy", "no holds with velocity spectra (observable spectra)"),
    ),
    over=("frozen",),
)

"""V(T), a(T) and H(T) on heating and cooling, with the half-height temperatures of the volume."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.plots.shared.branches import Loop, draw_branches
from lbhsweep.plots.shared.declaration import FigureDeclaration, Needs, Topic
from lbhsweep.plots.shared.reduced_enthalpy import reduce_enthalpy
from lbhsweep.plots.shared.style import Nothing, label, unit_text


def draw(tree: xr.DataTree, analysis: xr.DataTree) -> Figure | Nothing:
    """Draw the loops; dotted lines and bands are half heights ± error, arrows their bounds.

    Of H a straight line is taken away.
    """
    dataset = analysis["hysteresis"].to_dataset()
    loops = [Loop(dataset, "volume", label(dataset["volume"]), "V (Å³)")]
    if "lattice_a" in dataset:
        loops.append(Loop(dataset, "lattice_a", label(dataset["lattice_a"]), "a (Å)"))
    remarks = []
    reduced = reduce_enthalpy(dataset) if "enthalpy" in dataset else None
    if reduced is not None:
        enthalpy, slope, t0 = reduced
        loops.append(
            Loop(enthalpy, "enthalpy", "H − H₀ − c(T − T₀) (kJ mol⁻¹)", "H − … (kJ mol⁻¹)")
        )
        unit = unit_text("kJ/mol/K")
        remarks.append(
            f"H is less H₀ + c(T − T₀): T₀ = {t0:g} K, c = {slope:.3f} {unit}, the mean dH/dT of "
            "heating below the transitions"
        )
    return draw_branches(tree, loops, "Hysteresis", dataset, remarks)


FIGURE = FigureDeclaration(
    name="hysteresis",
    draw=draw,
    rank=10,
    topic=Topic.TRANSITION,
    caption=(
        "Volume, lattice parameter and enthalpy (less a straight line, so that the latent heat is "
        "visible) on heating and cooling at every pressure; dotted lines and bands are half "
        "heights of the volume and their errors, arrows instead where not all replicas transform: "
        "the mean lies there."
    ),
    variables=(
        "volume",
        "lattice_a",
        "enthalpy",
        "half_height_temperature",
        "midpoint_temperature",
        "hysteresis_width",
    ),
    needs=(
        Needs("analysis", "hysteresis", "the results have no ramps"),
        Needs("analysis", "hysteresis", "no volume of ramps in the results", variables=("volume",)),
    ),
    includes=("lattice", "enthalpy"),
)

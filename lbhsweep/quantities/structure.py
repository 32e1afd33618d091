"""Densities, sites, order parameters, radial distributions."""

from __future__ import annotations

from lbhsweep.quantities.quantity import Quantity

STRUCTURE = (
    Quantity(
        "li_density",
        "1/angstrom**3",
        "number density of Li",
        groups=("hold",),
        dims=("fraction_a", "fraction_b", "fraction_c"),
        averaged=False,
        observable="density",
    ),
    Quantity(
        "h_density",
        "1/angstrom**3",
        "number density of H",
        groups=("hold",),
        dims=("fraction_a", "fraction_b", "fraction_c"),
        averaged=False,
        observable="density",
    ),
    Quantity(
        "li_tetrahedral",
        "1",
        "share of Li on tetrahedral sites",
        observable="sites",
    ),
    Quantity(
        "li_octahedral",
        "1",
        "share of Li on octahedral sites",
        observable="sites",
    ),
    Quantity(
        "li_window",
        "1",
        "share of Li in windows of three anions",
        observable="sites",
    ),
    Quantity(
        "li_elsewhere",
        "1",
        "share of Li far from ideal sites",
        observable="sites",
    ),
    Quantity(
        "alpha_lithium",
        "1",
        "fractional coordinate x of Li in alpha",
        observable="sites",
    ),
    Quantity(
        "alpha_order",
        "1",
        "orientational order of alpha",
        observable="sites",
    ),
    Quantity(
        "alpha_coherence",
        "1",
        "coherence of the anions' turn in alpha",
        observable="sites",
    ),
    Quantity(
        "alpha_turn",
        "degree",
        "turn of anions about their threefold axes in alpha",
        observable="sites",
    ),
    Quantity(
        "rdf_li_li",
        "1",
        "radial distribution of Li-Li",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_li_b",
        "1",
        "radial distribution of Li-B",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_li_h",
        "1",
        "radial distribution of Li-H",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_h_h",
        "1",
        "radial distribution of H-H between anions",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_anion_anion",
        "1",
        "radial distribution of anions' centres",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
    Quantity(
        "rdf_li_anion",
        "1",
        "radial distribution of Li and anions' centres",
        groups=("hold",),
        dims=("radius",),
        observable="radial",
    ),
)

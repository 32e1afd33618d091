"""Figures of heat capacities, entropies and the barocaloric effect."""

from lbhsweep.plots.caloric import (
    barocaloric,
    entropy,
    heat_capacity,
    partial_entropy,
    published,
    reversible,
)

FIGURES = (
    heat_capacity.FIGURE,
    entropy.FIGURE,
    barocaloric.FIGURE,
    reversible.FIGURE,
    published.FIGURE,
    partial_entropy.FIGURE,
)

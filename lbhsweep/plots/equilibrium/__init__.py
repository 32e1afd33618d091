"""Figures of two phases in one cell."""

from lbhsweep.plots.equilibrium import growth, profile

FIGURES = (
    growth.FIGURE,
    profile.FIGURE,
)

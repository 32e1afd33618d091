"""Figures of the transition."""

from lbhsweep.plots.transition import hysteresis, lattice, phase_diagram, rate

FIGURES = (
    hysteresis.FIGURE,
    lattice.FIGURE,
    phase_diagram.FIGURE,
    rate.FIGURE,
)

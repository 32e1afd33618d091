"""Figures of the transition."""

from lbhsweep.plots.transition import hysteresis, phase_diagram, rate

FIGURES = (
    hysteresis.FIGURE,
    phase_diagram.FIGURE,
    rate.FIGURE,
)

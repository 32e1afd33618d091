"""Figures of the properties of each phase."""

from lbhsweep.plots.phases import hold, phase_properties

FIGURES = (
    hold.FIGURE,
    phase_properties.FIGURE,
)

"""Figures of structure and vibrations."""

from lbhsweep.plots.structure import (
    density,
    radial,
    sites,
    spectra,
)

FIGURES = (
    sites.FIGURE,
    density.FIGURE,
    radial.FIGURE,
    spectra.FIGURE,
)

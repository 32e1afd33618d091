"""Figures of structure and vibrations."""

from lbhsweep.plots.structure import (
    correlation,
    correlation_vacancies,
    density,
    radial,
    rotation,
    sites,
    spectra,
)

FIGURES = (
    sites.FIGURE,
    density.FIGURE,
    radial.FIGURE,
    spectra.FIGURE,
    rotation.FIGURE,
    correlation.FIGURE,
    correlation_vacancies.FIGURE,
)

"""Figures of diffusion, conduction and reorientation."""

from lbhsweep.plots.transport import (
    anion_fluctuation,
    arrhenius,
    conductivity,
    convergence,
    correlation,
    correlation_vacancies,
    displacement,
    rotation,
)

FIGURES = (
    arrhenius.FIGURE,
    displacement.FIGURE,
    anion_fluctuation.FIGURE,
    convergence.FIGURE,
    conductivity.FIGURE,
    rotation.FIGURE,
    correlation.FIGURE,
    correlation_vacancies.FIGURE,
)

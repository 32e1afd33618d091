"""Figures of diffusion, conduction and reorientation."""

from lbhsweep.plots.transport import (
    activation_energy,
    anion_fluctuation,
    arrhenius,
    conductivity,
    convergence,
    correlation,
    correlation_vacancies,
    diffusion,
    displacement,
    reorientation,
    rotation,
)

FIGURES = (
    diffusion.FIGURE,
    reorientation.FIGURE,
    arrhenius.FIGURE,
    displacement.FIGURE,
    anion_fluctuation.FIGURE,
    convergence.FIGURE,
    conductivity.FIGURE,
    activation_energy.FIGURE,
    rotation.FIGURE,
    correlation.FIGURE,
    correlation_vacancies.FIGURE,
)

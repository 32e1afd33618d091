"""Figures of a sweep, one file each for all materials, drawn without any display."""

from lbhsweep.plots.figures import COMPARISONS, FIGURES, FORMER, FigureReport, draw_figures

__all__ = ["COMPARISONS", "FIGURES", "FORMER", "FigureReport", "draw_figures"]

"""Figures of a sweep, one file each, drawn with matplotlib without any display."""

from lbhsweep.plots.figures import COMPARISONS, FIGURES, FigureReport, draw_figures

__all__ = ["COMPARISONS", "FIGURES", "FigureReport", "draw_figures"]

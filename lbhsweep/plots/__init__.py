"""Figures of a sweep, one file each, drawn with matplotlib without any display."""

from lbhsweep.plots.figures import FIGURES, FigureReport, draw_figures

__all__ = ["FIGURES", "FigureReport", "draw_figures"]

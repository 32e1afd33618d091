"""Figures of a sweep, one file each, drawn with matplotlib without any display."""

from lbhsweep.plots.figures import FAMILY_FIGURES, FIGURES, FigureReport, draw_figures

__all__ = ["FAMILY_FIGURES", "FIGURES", "FigureReport", "draw_figures"]

"""Figures of the transition."""

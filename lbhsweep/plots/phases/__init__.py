"""Figures of the properties of each phase."""

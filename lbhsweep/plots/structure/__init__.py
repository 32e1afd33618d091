"""Figures of structure and vibrations."""

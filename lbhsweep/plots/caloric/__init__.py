"""Figures of heat capacities, entropies and the barocaloric effect."""

"""Frames of reference: the anions, their lattice, and a cell that turns."""

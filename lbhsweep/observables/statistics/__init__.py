"""Means over blocks, their standard errors, and whether a run is equilibrated."""

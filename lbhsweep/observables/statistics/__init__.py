"""Means over blocks, their standard errors, and whether a run had settled."""

"""Diffusion, conduction and reorientation by phase, and their activation energies."""

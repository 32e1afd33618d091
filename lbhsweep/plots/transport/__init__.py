"""Figures of diffusion, conduction and reorientation."""

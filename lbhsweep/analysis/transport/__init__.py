"""Diffusion, conduction and reorientation by phase, and their activation energies."""

from lbhsweep.analysis.transport.products import names_read, transport_products

__all__ = ["names_read", "transport_products"]

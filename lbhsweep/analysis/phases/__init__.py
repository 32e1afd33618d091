"""Which phase each run is in, and the properties of each phase."""

from lbhsweep.analysis.phases.products import READ, phase_products

__all__ = ["READ", "phase_products"]

"""Heat capacities, entropies, and the barocaloric effect."""

from lbhsweep.analysis.caloric.products import READ, caloric_products

__all__ = ["READ", "caloric_products"]

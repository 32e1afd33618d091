"""Where two phases are in equilibrium: the zero of the speed at which one grows into the other."""

from lbhsweep.analysis.equilibrium.products import equilibrium_products, names_read

__all__ = ["equilibrium_products", "names_read"]

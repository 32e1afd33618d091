"""Where the phases transform into each other: steps of runs, routes, the boundary T_t(P)."""

from lbhsweep.analysis.transition.products import Transition, transition_products

__all__ = ["Transition", "transition_products"]

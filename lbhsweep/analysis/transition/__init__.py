"""Where the phases transform into each other: steps of runs, routes, the boundary T_t(P)."""

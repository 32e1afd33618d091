"""Heat capacities, entropies, and the barocaloric effect."""

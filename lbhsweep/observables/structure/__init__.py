"""Where atoms are: densities, radial distributions, lithium's sites and the order of the anions."""

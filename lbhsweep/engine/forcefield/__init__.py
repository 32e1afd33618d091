"""The pairwise force field: parameters for a structure, and sums of energies and forces."""

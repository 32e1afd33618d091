"""What coordinates refer to: the anions, their lattice, and a cell that turns."""

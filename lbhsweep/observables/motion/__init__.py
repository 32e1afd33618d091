"""How atoms move: diffusion of lithium, rotation and fluctuation of the anions."""

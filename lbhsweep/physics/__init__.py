"""What is simulated: crystals, force fields as data, topology, charges."""

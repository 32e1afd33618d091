"""Which phase each run is in, and the properties of each phase."""

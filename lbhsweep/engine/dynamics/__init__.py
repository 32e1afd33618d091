"""Motion: states, integrators, thermostat and barostat, minimization, checkpoints, limits."""

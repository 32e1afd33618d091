"""What a rehearsal makes up for the observable in recipes.py."""

import numpy as np

from lbhsweep.sweep.point import RunPoint


def rehearse_cell_anisotropy(point: RunPoint, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Make up a cell that is a cube but for a thousandth."""
    if point.group == "ramp":
        return {}
    return {"cell_anisotropy": 1e-3 * np.abs(rng.standard_normal(2))}

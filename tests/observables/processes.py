"""Random series of which all is known."""

import numpy as np
from scipy.signal import lfilter


def autoregressive(rng, shape, memory):
    """AR(1) series of unit variance along the last axis: g = (1 + memory)/(1 - memory)."""
    kicks = rng.normal(size=shape)
    kicks[..., 1:] *= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], kicks, axis=-1)


def independent(rng, shape, number):
    """AR(1) series that are worth so many independent samples."""
    g = shape[-1] / number
    return autoregressive(rng, shape, (g - 1) / (g + 1))

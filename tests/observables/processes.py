"""Random series with known statistics."""

import numpy as np
from scipy.signal import lfilter


def autoregressive(rng, shape, coefficient):
    """AR(1) series of unit variance along the last axis: g = (1 + φ)/(1 - φ), φ the coefficient."""
    kicks = rng.normal(size=shape)
    kicks[..., 1:] *= np.sqrt(1 - coefficient**2)
    return lfilter([1.0], [1.0, -coefficient], kicks, axis=-1)


def independent(rng, shape, number):
    """AR(1) series that hold this number of independent samples."""
    g = shape[-1] / number
    return autoregressive(rng, shape, (g - 1) / (g + 1))

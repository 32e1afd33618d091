"""The window over which a velocity spectrum is taken, and the wavenumbers on which it is stored."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.units import LIGHT_SPEED

INTERVAL_PS = 0.004
"""Longest time between samples: wavenumbers up to 4170 cm⁻¹ are resolved."""
WINDOW_PS = 4.096
"""Length of a window: lines 8 cm⁻¹ apart are resolved."""
LARGEST_WAVENUMBER = 3000.0
"""cm⁻¹; up to here spectra are stored.  The stiffest vibrations, of B–H, are near 2500."""
MOST_WINDOWS = 64
FEWEST_WINDOWS = 8
"""If they fit into the run."""
DUTY = 4
"""Lengths of a window from one window to the next, once there are more than the fewest."""


class SpectralWindow(NamedTuple):
    """One window: `n_samples` (even) of them, `every` outer steps apart, in all `length` steps."""

    every: int
    n_samples: int
    outer_step: float

    @property
    def length(self) -> int:
        """Outer steps in a window."""
        return self.every * self.n_samples

    @property
    def wavenumbers(self) -> FloatArray:
        """Wavenumbers (n_samples/2 + 1,) of a window's Fourier transform, cm⁻¹."""
        duration = self.length * self.outer_step
        return np.arange(self.n_samples // 2 + 1) / (duration * LIGHT_SPEED)

    @property
    def stored_wavenumbers(self) -> FloatArray:
        """Those of them that are stored."""
        return self.wavenumbers[self.wavenumbers <= LARGEST_WAVENUMBER]


def spectral_window(outer_step: float) -> SpectralWindow:
    """Choose the window for a length of outer steps in ps."""
    every = max(1, int(INTERVAL_PS / outer_step * (1.0 + 1e-9)))
    return SpectralWindow(every, 2 * round(0.5 * WINDOW_PS / (every * outer_step)), outer_step)


def n_windows(window: SpectralWindow, produce_steps: int) -> int:
    """Compute the number of windows in a hold from its outer steps."""
    fitting = produce_steps // window.length
    return min(MOST_WINDOWS, fitting, max(FEWEST_WINDOWS, fitting // DUTY))

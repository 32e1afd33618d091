"""Which blocks of a ramp belong to a temperature bin, and from which its error is estimated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BINS_AROUND = 3
"""Neighbours on either side of a ramp's bin from which its error is estimated."""

Mask = npt.NDArray[np.bool_]


def bin_and_neighbours(filled: Mask, n_bins: int, number: int) -> tuple[Mask, Mask]:
    """Return the filled blocks of a bin, and those of it and its neighbours.

    Parameters
    ----------
    filled : (n_blocks,) bool
        Blocks with samples.
    n_bins : int
        Bins of equal numbers of blocks.
    number : int
        The bin.

    Returns
    -------
    inside, around : (n_blocks,) bool
        At the ends of the ramp as many bins are around as in its middle.
    """
    bins = np.arange(len(filled)) // (len(filled) // n_bins)
    first = max(0, min(number - BINS_AROUND, n_bins - 2 * BINS_AROUND - 1))
    around = (bins >= first) & (bins <= first + 2 * BINS_AROUND)
    return filled & (bins == number), filled & around

"""How much heat an effect moves over how many kelvin: its full width at half maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.integrate import cumulative_trapezoid

from lbhsweep.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class HalfMaximum:
    """An effect over its full width at half maximum.

    Attributes
    ----------
    peak, width, area : (...) array
        Largest magnitude, the width in K, and ∫ |y| dT over it.
    is_open : (...) array of bool
        Where it reaches the end of the temperatures, so that width and area are lower bounds.
    """

    peak: FloatArray
    width: FloatArray
    area: FloatArray
    is_open: BoolArray


def half_maximum(temperature: FloatArray, values: FloatArray) -> HalfMaximum:
    """Integrate |y| over the stretch around its largest value in which it is half of that or more.

    Between temperatures |y| is taken as straight.

    Parameters
    ----------
    temperature : (t,) array
        K, ascending.
    values : (..., t) array
        NaN throughout gives NaN; single NaN count as 0.
    """
    y = np.nan_to_num(np.abs(values))
    size = temperature.size
    number = np.arange(size)
    top = y.argmax(axis=-1)[..., None]
    peak = np.take_along_axis(y, top, axis=-1)
    below = y < peak / 2
    left = np.where(below & (number < top), number, -1).max(axis=-1, keepdims=True)
    right = np.where(below & (number > top), number, size).min(axis=-1, keepdims=True)
    first, last = left + 1, right - 1
    areas = cumulative_trapezoid(y, temperature, axis=-1, initial=0.0)
    area = np.take_along_axis(areas, last, -1) - np.take_along_axis(areas, first, -1)
    width = temperature[last] - temperature[first]
    for inside, outside in ((first, left), (last, right)):
        there = (outside >= 0) & (outside < size)
        beyond = np.clip(outside, 0, size - 1)
        y_inside, y_outside = (np.take_along_axis(y, index, -1) for index in (inside, beyond))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(there, (y_inside - peak / 2) / (y_inside - y_outside), 0.0)
        reach = share * np.abs(temperature[inside] - temperature[beyond])
        width = width + reach
        area = area + reach * (y_inside + peak / 2) / 2
    known = peak[..., 0] > 0
    is_open = ((left < 0) | (right >= size))[..., 0]
    peak, width, area = (np.where(known, each[..., 0], np.nan) for each in (peak, width, area))
    return HalfMaximum(peak, width, area, known & is_open)

"""A phase's line fitted over several ranges and in two orders: what it depends on.

V(T) of α is convex, so that ΔV at T_t depends on which temperatures are fitted, and how.  The order
is chosen by evidence at all pressures together.  What other admissible choices give is a
systematic error, apart from the statistical one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.transition.polynomial import Polynomial, fit_degrees
from lbhsweep.arrays import FloatArray, IntArray

SHARES = ((0.25, 1.0), (0.0, 0.75), (0.0, 0.5))
"""Parts of the temperatures, counted from the transition, that are also fitted by themselves."""
FEWEST_TEMPERATURES = 4
"""Temperatures without which a part of the range is not fitted by itself."""
UNLIKELY = 0.05
"""Probability of χ² below which a fit is no admissible alternative."""
FURTHEST = 0.5
"""Share of its own range beyond which an alternative is not drawn."""


@dataclass(frozen=True, slots=True)
class LineFits:
    """Fits of one quantity of one phase at one pressure.

    Attributes
    ----------
    whole : tuple of Polynomial
        Over all temperatures, by degree: a straight line and perhaps a parabola.
    parts : tuple of Polynomial
        Over parts of the range, in both orders.
    """

    whole: tuple[Polynomial, ...]
    parts: tuple[Polynomial, ...]

    def of_degree(self, degree: int) -> Polynomial:
        """Return the fit over all temperatures; straight where there is no parabola."""
        return self.whole[min(degree, len(self.whole)) - 1]

    def systematic_error(self, chosen: Polynomial, temperature: float) -> float:
        """Compute how far other admissible fits are from the chosen one at a temperature in K.

        The largest √(d² − |σ² − σ₀²|), d the distance and σ the standard errors of both.  Of fits
        to some of the same points, the variance of d is the difference of their variances
        (Hausman, Econometrica 46, 1251 (1978)), so that only what noise does not explain is left.
        Admissible are fits whose χ² has a probability above 5 %.  They are drawn no further beyond
        their temperatures than half their range.
        """
        if not np.isfinite(temperature):
            return float("nan")
        found = [0.0]
        for fit in (*self.whole, *self.parts):
            beyond = max(fit.t_min - temperature, temperature - fit.t_max, 0.0)
            far = beyond > FURTHEST * (fit.t_max - fit.t_min)
            if fit is chosen or fit.probability < UNLIKELY or far:
                continue
            distance = float(fit(temperature) - chosen(temperature))
            noise = abs(fit.variance(temperature) - chosen.variance(temperature))
            if np.isfinite(noise):
                found.append(float(np.sqrt(max(distance**2 - noise, 0.0))))
        return max(found)


def fit_ranges(
    temperature: FloatArray,
    values: FloatArray,
    stderrs: FloatArray,
    runs: IntArray,
    *,
    transition_above: bool,
) -> LineFits | None:
    """Fit all temperatures and parts of them; see `fit_degrees`.

    Parameters
    ----------
    temperature, values, stderrs, runs : (n,) array
        As of `fit_degrees`.
    transition_above : bool
        Whether the transition is at the upper end of the range.

    Returns
    -------
    LineFits or None
        None with too few points for any line.
    """
    whole = fit_degrees(temperature, values, stderrs, runs)
    if not whole:
        return None
    known = np.unique(temperature[np.isfinite(values)])
    nearest_first = known[::-1] if transition_above else known
    parts: list[Polynomial] = []
    for first, last in SHARES:
        begin, end = round(first * known.size), round(last * known.size)
        used = nearest_first[begin:end]
        if FEWEST_TEMPERATURES <= used.size < known.size:
            inside = np.isin(temperature, used)
            parts += fit_degrees(temperature[inside], values[inside], stderrs[inside], runs[inside])
    return LineFits(whole, tuple(parts))


def choose_degree(fits: Sequence[LineFits]) -> int:
    """Choose the order of one phase's lines at all pressures: 1 or 2.

    The one with the smaller sum of Akaike's criterion over the pressures with a choice.
    """
    both = [one.whole for one in fits if len(one.whole) == 2]
    gain = sum(straight.criterion - curved.criterion for straight, curved in both)
    return 2 if gain > 0 else 1

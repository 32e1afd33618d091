"""Where T_t, or a bound of it, contradicts what is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.published import AMBIENT_GPA, OTHER_POTENTIAL, PublishedTransition
from lbhsweep.analysis.transition.bounds import SIGNS, Bound
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.variables import text, variable

SIGNIFICANT = 2.0
"""Standard errors from which a value, not a bound, is said to lie beside a published one."""
_DIMS = ("statement",)


def published_caveats(
    pressure: Sequence[float],
    estimates: Sequence[Mapping[str, Estimate]],
    statements: Sequence[PublishedTransition],
) -> list[str]:
    """Compare all numbers of T_t with what is published at ambient pressure.

    A bound on the wrong side of a statement is named, with the distance in standard errors; a value
    is named if that is at least `SIGNIFICANT`.  Statements from another potential are left out,
    since nothing contradicts them.

    Parameters
    ----------
    pressure : sequence of float
        GPa.
    estimates : sequence of mapping of str to Estimate
        By pressure, numbers of T_t by the words for where they are from.
    statements : sequence of PublishedTransition
        Those that apply to the material.

    Returns
    -------
    list of str
        By pressure; empty where nothing is to be said.
    """
    compared = [one for one in statements if one.kind != OTHER_POTENTIAL]
    return [
        "; ".join(note for one in compared if (note := _compare(one, found)))
        if abs(p) <= AMBIENT_GPA
        else ""
        for p, found in zip(pressure, estimates, strict=True)
    ]


def describe_published(statements: Sequence[PublishedTransition]) -> xr.Dataset:
    """Build the group `published`: what is known of T_t elsewhere, with its sources.

    Returns
    -------
    Dataset
        By statement: transition_low, transition_high in K (equal for one temperature), kind
        (measured or simulated), source; the statements are the coordinate.
    """
    return xr.Dataset(
        {
            "transition_low": variable(
                _DIMS, [one.low for one in statements], "K", "lower limit of the published T_t"
            ),
            "transition_high": variable(
                _DIMS, [one.high for one in statements], "K", "upper limit of the published T_t"
            ),
            "kind": text(
                _DIMS, [one.kind for one in statements], "measured, or how it was simulated"
            ),
            "source": text(_DIMS, [one.source.full for one in statements], "reference"),
        },
        coords={"statement": text(_DIMS, [one.label for one in statements], "what is published")},
    )


def _compare(statement: PublishedTransition, found: Mapping[str, Estimate]) -> str:
    below, above = [], []
    for where, estimate in found.items():
        if not estimate.known:
            continue
        low = statement.low - estimate.value
        high = estimate.value - statement.high
        is_bound = estimate.bound.is_one_sided
        if low > 0 and estimate.bound != Bound.LOWER and _matters(low, estimate, is_bound):
            below.append(_beside(where, estimate, low))
        if high > 0 and estimate.bound != Bound.UPPER and _matters(high, estimate, is_bound):
            above.append(_beside(where, estimate, high))
    parts = [
        f"{' and '.join(items)} {side} what is published: {statement.label}"
        for side, items in (("below", below), ("above", above))
        if items
    ]
    return "; ".join(parts)


def _matters(distance: float, estimate: Estimate, is_bound: bool) -> bool:
    if is_bound or estimate.bound == Bound.EITHER:
        return is_bound
    return bool(distance >= SIGNIFICANT * estimate.stderr)


def _beside(where: str, estimate: Estimate, distance: float) -> str:
    sign = SIGNS.get(estimate.bound, "=")
    # Holds that left their phase are evidence without an error; that of their bound is a gap.
    is_limit = estimate.bound.is_one_sided and np.isfinite(estimate.limits).any()
    if is_limit or not (np.isfinite(estimate.stderr) and estimate.stderr > 0):
        return f"T_t {sign} {estimate.value:.0f} K ({where}) lies {distance:.0f} K"
    apart = distance / estimate.stderr
    within = ", within its error" if apart < 1 else ""
    return (
        f"T_t {sign} {estimate.value:.0f} ± {_rounded(estimate.stderr)} K ({where}) lies "
        f"{distance:.0f} K ({_rounded(apart)}σ{within})"
    )


def _rounded(number: float) -> str:
    """Write a number to two digits, without exponents."""
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"

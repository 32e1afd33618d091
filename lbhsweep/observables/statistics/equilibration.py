"""Whether a hold is equilibrated, and whether it is long enough to decide that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.late_pymbar import import_pymbar
from lbhsweep.observables.statistics.errors_of_means import (
    about_polynomial,
    is_constant,
    mean_error,
    statistical_inefficiency,
)

FEWEST_INDEPENDENT = 15.0
"""Independent samples below which a series says nothing of its own error.

Series so short seem to hold more samples than they do, because they don't show what is slow.
Measured on AR(1) processes of 32 to 512 samples, the share that seems to have fewer than 15 is
93 to 96 % of those with 3 independent samples, and 98 % of those with 1 or less.  It is 13 % of
those with 20 and 1 % of those with 40.  The true mean is within one error in 47 % of those with 3,
in 65 % of those with 20.  With a limit of 10 a quarter of those with 3 would pass."""
FEWEST_SAMPLES = 8
"""Shorter series are not examined."""
AGREEMENT = 1.5
"""Standard errors of the settled part's mean by which that of the whole may differ from it."""
STARTS = 64
"""Places at which the settled part may begin."""

Verdict = Literal["settled", "unsettled", "too_short"]


@dataclass(frozen=True, slots=True)
class Settling:
    """The result of examining a series.

    Attributes
    ----------
    verdict : {'settled', 'unsettled', 'too_short'}
        Whether the mean of the whole is that of a stationary series.
    start : float
        Share of the series that comes before its stationary part; NaN if it is very short.
    correlation_time : float
        Integrated correlation time in samples, g/2.
    """

    verdict: Verdict
    start: float
    correlation_time: float


def settling(series: FloatArray) -> Settling:
    """Decide whether a series is settled.

    The stationary part is that of the most independent samples, pymbar's `detect_equilibration`
    (Chodera, J. Chem. Theory Comput. 12, 1799 (2016), https://doi.org/10.1021/acs.jctc.5b00784).
    The series is *unsettled* if its mean differs from that part's by more than `AGREEMENT`
    standard errors, or if it drifts (`drifts`).  A drift to the end leaves no stationary part,
    and a few independent samples at most.  Otherwise the series is *too short* if it has fewer
    than `FEWEST_INDEPENDENT` independent samples, and settled if it has more.

    Measured on AR(1) processes of 256 samples: settled are 98 % of stationary series of 100
    independent samples, 90 % of 30, 81 % of 20, 23 % of 7, 2 % of 2 and fewer.  A relaxation by
    6 standard deviations over a tenth of the series is seen in 99 %, by 2 over three tenths in
    91 % (100 independent samples) or 64 % (30), a drift by 8 always.  A relaxation that passes
    shifts the mean of the whole by half an error to 1.5 if it takes a tenth of the series, and
    by 3 if it takes three tenths.  A series this short can't show anything slower.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples, or means of equal blocks.
    """
    n = len(series)
    inefficiency = statistical_inefficiency(series)
    correlation_time = 0.5 * inefficiency
    if n < FEWEST_SAMPLES:
        return Settling("too_short", np.nan, correlation_time)
    if is_constant(series):
        return Settling("settled", 0.0, correlation_time)
    every = max(1, n // STARTS)
    first = int(import_pymbar().timeseries.detect_equilibration(series, nskip=every)[0])
    part = series[first:]
    agrees = abs(series.mean() - part.mean()) <= AGREEMENT * mean_error(part)
    longest = max(n / inefficiency, len(part) / statistical_inefficiency(part))
    verdict: Verdict = "settled"
    if drifts(series) or (not agrees and longest >= FEWEST_INDEPENDENT):
        verdict = "unsettled"
    elif n / inefficiency < FEWEST_INDEPENDENT:
        verdict = "too_short"
    return Settling(verdict, first / n, correlation_time)


def drifts(series: FloatArray) -> bool:
    """Check whether the halves of a series differ by more than three standard errors.

    The errors are those of the series about its line, so that a drift can't hide in them.
    """
    half = len(series) // 2
    residual = about_polynomial(series, 1)
    error = np.hypot(mean_error(residual[:half]), mean_error(residual[-half:]))
    return bool(abs(series[:half].mean() - series[-half:].mean()) > 3.0 * error)

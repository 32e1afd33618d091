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

OUTLYING = 3.5
"""Standard deviations from the median beyond which samples at the beginning are outliers."""
NORMAL_MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

Verdict = Literal["settled", "unsettled", "too_short"]
_FROM_BEST: tuple[Verdict, ...] = ("settled", "too_short", "unsettled")


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

    Outliers at the beginning (`early_outliers`) are examined apart.  They would make the variance
    larger and the correlation shorter, so that what follows would seem better known than it
    is.  The verdict is the worst of the series with all of them, with all but the first, and so on
    to none, and *unsettled* if they shift the mean by more than `AGREEMENT` standard errors.  So
    outliers before a series never make it more settled.

    Measured on AR(1) processes of 256 samples: settled are 98 % of stationary series of 100
    independent samples, 92 % of 30, 79 % of 20, 22 % of 7, 4 % of 2 and 3 % of 1.  A relaxation by
    6 standard deviations over a tenth of the series is seen in 94 % or more, by 2 over three tenths
    in 89 % (100 independent samples) or 56 % (30), a drift by 8 always.  A relaxation by 2 that
    passes shifts the mean of the whole by 1.0 to 1.5 errors if it takes a tenth of the series, and
    by 3 to 4 if it takes three tenths.  A series this short can't show anything slower.

    Parameters
    ----------
    series : (n,) float64
        Equally spaced samples, or means of equal blocks.
    """
    n = len(series)
    if n < FEWEST_SAMPLES:
        return Settling("too_short", np.nan, 0.5 * statistical_inefficiency(series))
    if is_constant(series):
        return Settling("settled", 0.0, 0.5)
    n_early = early_outliers(series)
    rest = series[n_early:]
    found = _settling(rest)
    start = (n_early + found.start * len(rest)) / n
    shift = np.abs(series[:n_early] - rest.mean()).sum() / len(rest)
    worst = found.verdict
    if worst == "settled" and n_early and not shift <= AGREEMENT * mean_error(rest):
        worst = "unsettled"
    for first in range(n_early):
        if worst == "unsettled":
            break
        worst = max(worst, _settling(series[first:]).verdict, key=_FROM_BEST.index)
    return Settling(worst, start, found.correlation_time)


def early_outliers(series: FloatArray) -> int:
    """Count the samples at the beginning that are outliers, before the first that isn't.

    Those of more than `OUTLYING` standard deviations from the median.  Median and deviation are
    those of the last half, as a power of two, so that what the beginning is like, and how
    long it is, changes neither.
    """
    last = series[-(1 << (len(series).bit_length() - 2)) :]
    median = np.median(last)
    deviation = NORMAL_MAD * np.median(np.abs(last - median))
    first = series[: len(series) - len(last)]
    ordinary = np.abs(first - median) <= OUTLYING * deviation
    return int(np.argmax(ordinary)) if ordinary.any() else len(first)


def _settling(series: FloatArray) -> Settling:
    """Examine a series without outliers at its beginning."""
    n = len(series)
    if is_constant(series):
        return Settling("settled", 0.0, 0.5)
    inefficiency = statistical_inefficiency(series)
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
    return Settling(verdict, first / n, 0.5 * inefficiency)


def drifts(series: FloatArray) -> bool:
    """Check whether the halves of a series differ by more than three standard errors.

    The errors are those of the series about its line, so that a drift can't hide in them.
    """
    half = len(series) // 2
    residual = about_polynomial(series, 1)
    error = np.hypot(mean_error(residual[:half]), mean_error(residual[-half:]))
    return bool(abs(series[:half].mean() - series[-half:].mean()) > 3.0 * error)

"""Ranges in a sweep file: ``0 GPa .. 1 GPa step 0.2 GPa`` or ``{from, to, step}``."""

from __future__ import annotations

import re
from collections.abc import Callable

from lbhsweep.units import BASE_UNITS

MAX_VALUES = 100_000
_EXAMPLES = {
    "pressure": ("0 GPa", "1 GPa", "0.2 GPa"),
    "temperature": ("300 K", "700 K", "25 K"),
    "rate": ("5 K/ps", "20 K/ps", "5 K/ps"),
}
_TEXT = re.compile(r"\s*(?P<from>.+?)\s*\.\.\s*(?P<to>.+?)(?:\s+step\s+(?P<step>.+?))?\s*")


def is_span(value: object) -> bool:
    """Return whether the user wrote a range rather than values."""
    return isinstance(value, dict) or (isinstance(value, str) and ".." in value)


def span_form(dimension: str, *, step: bool) -> str:
    """Return both ways of writing a range, for messages."""
    low, high, width = _EXAMPLES[dimension]
    if step:
        return f"'{low} .. {high} step {width}' or {{from: {low}, to: {high}, step: {width}}}"
    return f"'{low} .. {high}' or {{from: {low}, to: {high}}}"


def _parts(value: object, dimension: str, *, step: bool) -> list[object]:
    found: dict[str, object] = {}
    if isinstance(value, dict):
        found = value
    elif isinstance(value, str) and (match := _TEXT.fullmatch(value)):
        found = {key: text for key, text in match.groupdict().items() if text}
    keys = ("from", "to", "step") if step else ("from", "to")
    if set(found) != set(keys):
        raise ValueError(f"not a range, wanted {span_form(dimension, step=step)}")
    return [found[key] for key in keys]


def span_ends(value: object, dimension: str) -> list[object]:
    """Split a range without step into its two ends; ValueError if it is none."""
    return _parts(value, dimension, step=False)


def span_texts(value: object, read: Callable[[object], float], dimension: str) -> list[str]:
    """Write out a range with a step, both ends included.

    Parameters
    ----------
    value : object
        What the user wrote.
    read : callable
        Reads the ends; raises ValueError for values out of bounds.
    dimension : str
        A key of `lbhsweep.units.BASE_UNITS`, in whose base unit `read` gives values.

    Returns
    -------
    list of str
        Values with their unit, each the decimal that the user would have written.

    Raises
    ------
    ValueError
        If it is no range, or the step doesn't divide it.
    """
    unit = BASE_UNITS[dimension]
    low, high, step = (read(part) for part in _parts(value, dimension, step=True))
    if low >= high:
        raise ValueError(f"the range from {low:g} to {high:g} {unit} is empty, wanted from < to")
    if step <= 0:
        raise ValueError(f"step {step:g} {unit}, wanted more than 0 {unit}")
    count = (high - low) / step
    if count > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values, wanted a larger step")
    if not divides(step, high - low):
        raise ValueError(
            f"step {step:g} {unit} does not divide the range from {low:g} to {high:g} {unit}, "
            f"wanted for example {nearest_divisor(high - low, step):g} {unit}"
        )
    n_steps = round(count)
    # Through decimal text: 3 · 0.2 must be the float 0.6 that a list would give.
    return [f"{low + i * (high - low) / n_steps:.12g} {unit}" for i in range(n_steps + 1)]


def divides(step: float, length: float) -> bool:
    """Return whether the length is a whole number of steps, to a part in a billion."""
    count = round(length / step)
    return count >= 1 and abs(length - count * step) <= 1e-9 * length


def nearest_divisor(length: float, step: float) -> float:
    """Find the length's divisor nearest to `step` that is written with few digits."""
    divisors = (float(f"{length / count:.3g}") for count in range(1, 1001))
    short = (divisor for divisor in divisors if divides(divisor, length))
    return min(short, key=lambda divisor: abs(divisor - step), default=length)

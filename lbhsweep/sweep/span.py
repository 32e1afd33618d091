"""Ranges in a sweep file: ``0 GPa .. 1 GPa step 0.2 GPa`` or ``{from, to, step}``."""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_VALUES = 100_000
SPAN_FORMS = {
    "axis": "'0 GPa .. 1 GPa step 0.2 GPa' or {from: 0 GPa, to: 1 GPa, step: 0.2 GPa}",
    "ends": "'300 K .. 700 K' or {from: 300 K, to: 700 K}",
}
_TEXT = re.compile(r"\s*(?P<low>.+?)\s*\.\.\s*(?P<high>.+?)(?:\s+step\s+(?P<step>.+?))?\s*")


def is_span(value: object) -> bool:
    """Tell whether the user wrote a range rather than values."""
    return isinstance(value, dict) or (isinstance(value, str) and ".." in value)


def _parts(value: object, keys: tuple[str, ...], form: str) -> list[object]:
    found: dict[str, object] = {}
    if isinstance(value, dict):
        found = value
    elif isinstance(value, str) and (match := _TEXT.fullmatch(value)):
        texts = match.groupdict()
        found = {"from": texts["low"], "to": texts["high"]}
        found |= {"step": texts["step"]} if texts["step"] else {}
    if set(found) != set(keys):
        raise ValueError(f"not a range, wanted {SPAN_FORMS[form]}")
    return [found[key] for key in keys]


def span_end_points(value: object) -> list[object]:
    """Split a range without step into its two ends; ValueError if it is none."""
    return _parts(value, ("from", "to"), "ends")


def span_texts(value: object, read: Callable[[object], float], unit: str) -> list[str]:
    """Write out a range with a step, both ends included.

    Parameters
    ----------
    value : object
        What the user wrote.
    read : callable
        Reads the ends; raises ValueError for values out of bounds.
    unit : str
        Unit in which `read` gives values.

    Returns
    -------
    list of str
        Values with their unit, each the decimal that the user would have written.

    Raises
    ------
    ValueError
        If it is no range, or the step doesn't divide it.
    """
    low_text, high_text, step_text = _parts(value, ("from", "to", "step"), "axis")
    low, high, step = read(low_text), read(high_text), read(step_text)
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
    """Tell whether a whole number of steps makes the length, to a part in a billion."""
    count = round(length / step)
    return count >= 1 and abs(length - count * step) <= 1e-9 * length


def nearest_divisor(length: float, step: float) -> float:
    """Find the length's divisor nearest to `step` that is written with few digits."""
    divisors = (float(f"{length / count:.3g}") for count in range(1, 1001))
    short = (divisor for divisor in divisors if divides(divisor, length))
    return min(short, key=lambda divisor: abs(divisor - step), default=length)

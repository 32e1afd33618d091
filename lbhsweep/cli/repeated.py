"""Options that may be given several times, or once with commas."""

from __future__ import annotations

import click


def split_at_commas(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the names of a repeated option, as its callback: ``a,b`` is ``a`` and ``b``."""
    names = (name.strip() for value in values for name in value.split(","))
    return tuple(name for name in names if name)

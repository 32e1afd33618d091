"""Descriptions of variables from their attributes: long name, unit, formula, source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import xarray as xr

from lbhsweep.quantities import CATALOGUE


@dataclass(frozen=True, slots=True)
class Description:
    """Attributes of a variable; empty if it has none."""

    long_name: str
    units: str = ""
    formula: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """Formula and source in one sentence, empty if there is neither."""
        source = f"source: {self.source}" if self.source else ""
        return "; ".join(part for part in (self.formula, source) if part)


def describe_variable(name: str, trees: Iterable[xr.DataTree]) -> Description | None:
    """Find a variable's attributes, those of one with a formula if there is any.

    Parameters
    ----------
    name : str
        Of the variable.
    trees : iterable of DataTree
        Searched in this order, and after them the catalogue of stored quantities.
    """
    found = sorted(_all(name, trees), key=lambda one: not one.formula)
    return found[0] if found else None


def _all(name: str, trees: Iterable[xr.DataTree]) -> Iterator[Description]:
    for tree in trees:
        for node in tree.subtree:
            if name in node.data_vars:
                attrs = {key: str(value) for key, value in node[name].attrs.items()}
                yield Description(
                    attrs.get("long_name", name.replace("_", " ")),
                    attrs.get("units", ""),
                    attrs.get("formula", ""),
                    attrs.get("source", ""),
                )
    if name in CATALOGUE:
        yield Description(CATALOGUE[name].long_name, CATALOGUE[name].units)

"""What the coordinates inside a run depend on: its production, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lbhsweep.quantities.quantity import Dimension, Group

InnerAxes = Mapping[str, tuple[float | str, ...]]
"""Coordinates inside one run by dimension."""

TIME = Dimension("time", "ps", "time since equilibration")


@dataclass(frozen=True, slots=True)
class Production:
    """The part of a run over which averages are taken.

    Attributes
    ----------
    group : {'hold', 'ramp', 'coexist'}
        Group of the dataset in which the run is stored.
    outer_step_ps : float
        Length of an outer step.
    steps : int
        Outer steps.
    block_times : tuple of float
        Middles of the blocks over which time series are averaged, in ps from the start of
        production; none in a ramp.
    layers : int
        Layers of anions along c: two in each conventional cell.
    """

    group: Group
    outer_step_ps: float
    steps: int
    block_times: tuple[float, ...] = ()
    layers: int = 0


def no_axes(production: Production) -> InnerAxes:
    """Return no coordinates: all quantities are numbers of the run."""
    return {}

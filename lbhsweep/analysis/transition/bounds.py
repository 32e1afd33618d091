"""What a temperature says of T_t: its value, or only a bound; the same for all T_t everywhere.

Every variable of a T_t has ``<name>_bound`` beside it, an integer with CF flag attributes
(`bound_variable`), from which tables, JSON, figures and pages write ≤ and ≥ or draw arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.arrays import FloatArray, IntArray


class Bound(IntEnum):
    """What the true value is to a number; codes of the flag variables."""

    ABSENT = -1
    """There is no number."""
    VALUE = 0
    """It is the number, within its error."""
    UPPER = 1
    """It is at most the number."""
    LOWER = 2
    """It is at least the number."""
    INTERVAL = 3
    """It is anywhere between two limits, of which the number is the middle."""
    EITHER = 4
    """It may be on either side by more than the error."""

    @property
    def is_one_sided(self) -> bool:
        """Whether the number is a limit of the true value and not an estimate of it."""
        return self in (Bound.UPPER, Bound.LOWER)


WORDS = MappingProxyType(
    {
        Bound.ABSENT: "absent",
        Bound.VALUE: "value",
        Bound.UPPER: "upper bound",
        Bound.LOWER: "lower bound",
        Bound.INTERVAL: "interval",
        Bound.EITHER: "either side",
    }
)
"""Of each kind, as JSON and texts write it; with underscores in the flags' meanings."""
SIGNS = MappingProxyType({Bound.UPPER: "≤", Bound.LOWER: "≥", Bound.EITHER: "≈"})
"""Before a number; none before values and intervals."""


def bound_name(name: str) -> str:
    """Return the name of the flag variable beside a temperature."""
    return f"{name}_bound"


def bound_variable(dims: Sequence[str], kinds: npt.ArrayLike, of: str) -> xr.Variable:
    """Build the flag variable of kinds of bounds.

    Parameters
    ----------
    dims : sequence of str
        Dimensions.
    kinds : array_like of Bound
        The kinds.
    of : str
        Of what the number is a value or a bound.
    """
    return xr.Variable(
        tuple(dims),
        np.asarray(kinds, dtype=np.int8),
        {
            "long_name": f"whether it is a value or a bound of {of}",
            "flag_values": np.array([int(kind) for kind in Bound], dtype=np.int8),
            "flag_meanings": " ".join(WORDS[kind].replace(" ", "_") for kind in Bound),
        },
    )


def read_bounds(dataset: xr.Dataset, name: str) -> IntArray:
    """Return the kinds of a temperature's numbers, as codes of `Bound`.

    Analyses of earlier versions have no flags: their numbers count as values.
    """
    known = np.isfinite(dataset[name].values)
    if bound_name(name) not in dataset:
        kinds = np.zeros(known.shape, dtype=np.int64)
    else:
        flags = dataset[bound_name(name)].transpose(*dataset[name].dims).values
        # Joined materials of different axes leave NaN where one has no cell.
        kinds = np.nan_to_num(flags.astype(np.float64), nan=float(Bound.ABSENT)).astype(np.int64)
    return np.where(known, kinds, int(Bound.ABSENT))


def read_flag(dataset: xr.Dataset, name: str) -> Bound:
    """Return a scalar flag variable; that of a value where there is none or no cell."""
    flag = float(dataset[name]) if name in dataset else np.nan
    return Bound(int(flag)) if np.isfinite(flag) else Bound.VALUE


def read_bound(dataset: xr.Dataset, name: str) -> Bound:
    """Return the kind of a scalar temperature."""
    return Bound(int(read_bounds(dataset, name)))


def direction_bound(direction: str) -> Bound:
    """Return what the half height of a branch is to T_t: phases are metastable beyond it."""
    return {"heating": Bound.UPPER, "cooling": Bound.LOWER}.get(direction, Bound.VALUE)


def interpolate_bounds(
    pressure: FloatArray, nodes: FloatArray, kinds: Sequence[Bound]
) -> list[Bound]:
    """Return the kinds of temperatures interpolated linearly between pressures at which some are.

    Parameters
    ----------
    pressure : (n,) array
        GPa.
    nodes : (m,) array
        Pressures of `kinds`, ascending, GPa.
    kinds : sequence of Bound
        By node.
    """
    known = [i for i, kind in enumerate(kinds) if kind != Bound.ABSENT]
    found = []
    for p in pressure:
        same = np.flatnonzero(np.abs(nodes - p) < 1e-9)
        below = [kinds[i] for i in known if nodes[i] < p]
        above = [kinds[i] for i in known if nodes[i] > p]
        if same.size:
            found.append(kinds[int(same[0])])
        elif below and above:
            found.append(combine((below[-1], above[0])))
        else:
            found.append(Bound.ABSENT)
    return found


def reverse(kind: Bound) -> Bound:
    """Return the kind of a number with the other sign."""
    return {Bound.UPPER: Bound.LOWER, Bound.LOWER: Bound.UPPER}.get(kind, kind)


def combine(kinds: Iterable[Bound]) -> Bound:
    """Return the kind of a sum or mean of numbers; intervals have errors and count as values."""
    sides = {kind for kind in kinds if kind not in (Bound.VALUE, Bound.INTERVAL)}
    if not sides:
        return Bound.VALUE
    if Bound.ABSENT in sides:
        return Bound.ABSENT
    return sides.pop() if len(sides) == 1 else Bound.EITHER

"""The group `coexist` of the results: which phases met, and what each run says of their growth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from lbhsweep.analysis.equilibrium.evidence import Evidence
from lbhsweep.analysis.equilibrium.transition import Side
from lbhsweep.arrays import BoolArray, FloatArray, IntArray
from lbhsweep.document import Document
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.interfaces import DECIDED_SHARE
from lbhsweep.quantities.profile import ONE_SIGMA, PHASES, Growth, Winner, growth_parts
from lbhsweep.store.schema import Status
from lbhsweep.sweep.file.spec import CoexistSection

READ = (
    "growth_speed",
    stderr_name("growth_speed"),
    "growth_time",
    "growth_status",
    "winner",
    "decision_time",
    "layer_spacing",
    "share",
    "status",
)
"""Variables that the analysis reads."""
OTHER_SHARE = 0.25
"""Share of the layers in a third phase beyond which a run says nothing of the two that met."""
_HOT = "beta"
"""The phase that is known to be stable above all others."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The two phases that meet in a sweep.

    Attributes
    ----------
    phases : (2,) tuple of str
        In the lower and in the upper half of the cell.
    lateral_A : float
        Lattice parameter at which a and b are held, Å; NaN where they relax.
    """

    phases: tuple[str, str]
    lateral_A: float

    @property
    def high(self) -> Side:
        """Which is stable above T_t: 1 the second, −1 the first, 0 unknown beforehand."""
        first, second = (phase == _HOT for phase in self.phases)
        if first == second:
            return 0
        return 1 if second else -1


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Runs at one pressure.

    Attributes
    ----------
    n_done : int
        Runs that are done.
    n_other : int
        Runs in which a third phase grew.
    n_apart : int
        Runs in which the two phases never stood side by side.
    """

    n_done: int
    n_other: int
    n_apart: int


def meeting_of(sweep: Document | None) -> Meeting:
    """Read from the sweep's file which phases meet; α and β where it does not say so."""
    given = None if sweep is None else sweep.at(("protocol", "coexist"))
    try:
        section = CoexistSection.model_validate(given or {})
    except ValueError:
        section = CoexistSection()
    first, second = section.phases[0], section.phases[-1]
    return Meeting((first, second), section.laterals or float("nan"))


def read_runs(coexist: xr.Dataset, meeting: Meeting) -> list[tuple[Evidence, Counts]]:
    """Read one material's runs.

    A run says nothing of the two phases if they never stood side by side, or if a third phase won
    or holds more than `OTHER_SHARE` of the layers in the end.

    Parameters
    ----------
    coexist : Dataset
        Its part of the group, loaded.
    meeting : Meeting
        The two phases.

    Returns
    -------
    list of (Evidence, Counts)
        By pressure.
    """
    return [_read(coexist.isel(pressure=i), meeting) for i in range(coexist.sizes["pressure"])]


def _read(here: xr.Dataset, meeting: Meeting) -> tuple[Evidence, Counts]:
    runs = here.stack(run=("temperature", "replica"))
    done = runs["status"].values == Status.DONE
    runs = runs.isel(run=np.flatnonzero(done))
    codes = runs["winner"].values.astype(np.int64)
    apart = runs["growth_status"].values == Growth.NO_INTERFACE
    other = ~apart & _is_other(runs, codes, meeting)
    used = np.flatnonzero(~apart & ~other)
    counts = Counts(
        n_done=int(done.sum()),
        n_other=int(other.sum()),
        n_apart=int(apart.sum()),
    )
    return _evidence(runs.isel(run=used), codes[used], meeting), counts


def _evidence(runs: xr.Dataset, codes: IntArray, meeting: Meeting) -> Evidence:
    first, second = (Winner[name.upper()] for name in meeting.phases)
    winner = (codes == second).astype(np.int64) - (codes == first)
    time = runs["growth_time"].values.astype(np.float64)
    speed = np.where(time > 0.0, runs["growth_speed"].values, np.nan)
    interval = float(np.diff(runs["time"].values[:2]).item()) if runs.sizes["time"] > 1 else np.nan
    blocks = np.rint(np.nan_to_num(time) / interval).astype(np.int64) + 1
    n_dof = np.array([max(growth_parts(int(n)) - 1, 0) for n in blocks], dtype=np.int64)
    # Of no degree of freedom the factor is NaN.
    error = runs[stderr_name("growth_speed")].values / stdtrit(n_dof.astype(float), ONE_SIGMA)
    decided = runs["decision_time"].values.astype(np.float64)
    # Each of two interfaces has crossed a quarter of the cell when it is full.
    length = _last(runs["layer_spacing"].sum("layer", skipna=False))
    distance = 0.5 * length * (DECIDED_SHARE - 0.5)
    return Evidence(
        temperature=runs["temperature"].values.astype(np.float64),
        speed=speed,
        time=time,
        variance=error**2,
        n_dof=n_dof,
        winner=winner,
        least_speed=np.where(winner != 0, distance / decided, np.nan),
        decision_time=decided,
    )


def _is_other(runs: xr.Dataset, codes: IntArray, meeting: Meeting) -> BoolArray:
    """Find runs in which a third phase grew."""
    mine = [Winner[name.upper()] for name in meeting.phases]
    third = [name for name in PHASES if name not in meeting.phases]
    shares = sum(_last(runs["share"].sel(phase=name)) for name in third)
    won = (codes > Winner.NONE) & ~np.isin(codes, mine)
    return np.asarray(won | (np.nan_to_num(shares) > OTHER_SHARE))


def _last(series: xr.DataArray) -> FloatArray:
    """Return the last known values (n_runs,) of series in time."""
    values = series.transpose("time", "run").values
    known = np.isfinite(values)
    last = len(values) - 1 - known[::-1].argmax(axis=0)
    return np.asarray(values[last, np.arange(values.shape[1])], dtype=np.float64)

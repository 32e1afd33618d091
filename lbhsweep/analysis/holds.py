"""Holds: volume, enthalpy and lattice parameter against temperature at every pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.runs import CURVES, counted, mean_over_replicas, too_short
from lbhsweep.analysis.variables import IntArray, text, variable, with_error
from lbhsweep.quantities import CATALOGUE
from lbhsweep.store.schema import Status

_DIMS = ("pressure", "temperature")
_PLACES_NAMED = 6
"""Cells that a sentence names before it only counts them."""


def analyze_holds(hold: xr.Dataset) -> xr.Dataset:
    """Average the holds of one material over replicas; those that drift don't count.

    Of those too short for their own correlation time the values count, and errors are then
    the scatter between replicas; a single one has no error.

    Returns
    -------
    Dataset
        By (pressure, temperature): volume, enthalpy, lattice_a, n_done, n_equilibrated,
        n_too_short; flagged, a sentence on those not equilibrated, empty if all are.
    """
    variables: dict[str, xr.Variable] = {}
    for name in CURVES:
        if name in hold:
            mean, stderr, _ = mean_over_replicas(hold, name)
            variables |= with_error(
                name,
                _DIMS,
                mean.transpose(*_DIMS).values,
                stderr.transpose(*_DIMS).values,
                CATALOGUE[name].units,
                CATALOGUE[name].long_name,
                formula="mean over replicas; error: larger of within-run and between-run",
            )
    short = (counted(hold) & too_short(hold)).sum("replica")
    _, _, used = mean_over_replicas(hold, "volume")
    done = (hold["status"] == Status.DONE).sum("replica") if "status" in hold else used
    counts = {
        name: count.transpose(*_DIMS).values
        for name, count in (
            ("n_done", done),
            ("n_equilibrated", used - short),
            ("n_too_short", short),
        )
    }
    for (name, count), long_name in zip(
        counts.items(),
        (
            "replicas that are done",
            "replicas that are done and equilibrated",
            "replicas that are done and too short for their own correlation time",
        ),
        strict=True,
    ):
        variables[name] = variable(_DIMS, count, "1", long_name)
    where = [hold[dim].values for dim in _DIMS]
    variables["flagged"] = text((), _flagged(counts, *where), "holds not equilibrated, by kind")
    return xr.Dataset(variables, coords={dim: hold[dim].variable for dim in _DIMS})


def _flagged(counts: dict[str, IntArray], pressure: IntArray, temperature: IntArray) -> str:
    """Say how many holds drift or are too short, where they are and what became of them."""
    done, short = counts["n_done"], counts["n_too_short"]
    drifting = done - counts["n_equilibrated"] - short
    sentences = []
    for count, what in (
        (drifting, "not equilibrated, left out"),
        (short, "too short for their own correlation time, averaged, with errors that may be low"),
    ):
        places = np.argwhere(count > 0)
        if len(places):
            named = [f"{pressure[i]:g} GPa {temperature[j]:g} K" for i, j in places[:_PLACES_NAMED]]
            more = len(places) - len(named)
            named += [f"{more} more cells"] if more else []
            sentences.append(f"{count.sum()} of {done.sum()} holds {what}: {', '.join(named)}")
    return "; ".join(sentences)

"""Holds: volume, enthalpy and lattice parameter against temperature at every pressure."""

from __future__ import annotations

import xarray as xr

from lbhsweep.analysis.runs import CURVES, mean_over_replicas
from lbhsweep.analysis.variables import variable, with_error
from lbhsweep.quantities import CATALOGUE
from lbhsweep.store.schema import Status

_DIMS = ("pressure", "temperature")


def analyze_holds(hold: xr.Dataset) -> xr.Dataset:
    """Average the holds of one material over replicas; those not equilibrated don't count.

    Returns
    -------
    Dataset
        By (pressure, temperature): volume, enthalpy, lattice_a, n_done, n_equilibrated.
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
    _, _, used = mean_over_replicas(hold, "volume")
    done = (hold["status"] == Status.DONE).sum("replica") if "status" in hold else used
    for name, count, text in (
        ("n_done", done, "replicas that are done"),
        ("n_equilibrated", used, "replicas that are done and equilibrated"),
    ):
        variables[name] = variable(_DIMS, count.transpose(*_DIMS).values, "1", text)
    return xr.Dataset(variables, coords={dim: hold[dim].variable for dim in _DIMS})

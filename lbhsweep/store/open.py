"""Opening the results of a sweep."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from lbhsweep.errors import SchemaError, StoreError
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.one_phase import hide_what_is_none, show_all
from lbhsweep.store.schema import RESULTS_SCHEMA
from lbhsweep.store.texts import tree_with_plain_texts


def open_results(path: str | Path, *, unsettled: bool = False) -> xr.DataTree:
    """Open the results of a sweep; also works while the sweep runs.

    The same as ``xarray.open_datatree(".../results.zarr", engine="zarr")``, with messages.  In
    results of earlier versions, too, properties of a phase are NaN where holds are not settled or
    changed phase (`lbhsweep.store.one_phase`).

    Parameters
    ----------
    path : str or Path
        A sweep's folder, its folder `rehearsal`, or the dataset itself.
    unsettled : bool
        Show what was measured also where holds have no properties of a phase.

    Returns
    -------
    xarray.DataTree
        Group `hold`, `ramp` or `coexist`; values are read when they are used.

    Raises
    ------
    StoreError
        If there are no results, or they can't be read.
    SchemaError
        If a newer lbhsweep wrote them.
    """
    path = Path(path)
    results = path if path.suffix == ".zarr" else SweepFolder(path).results
    if not results.is_dir():
        raise StoreError(
            f"{results}: no results here; compute them first with "
            f"'lbhsweep run SWEEP.yaml --output {results.parent}'"
        )
    try:
        tree = tree_with_plain_texts(xr.open_datatree(results, engine="zarr"))
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"{results}: can't read the results: {error}; delete that folder and give the "
            "'lbhsweep run' command again, which collects the records from scratch"
        ) from error
    found = tree.attrs.get("schema_version")
    if isinstance(found, int) and found > RESULTS_SCHEMA:
        raise SchemaError(
            f"{results}: got results of schema {found}, wanted at most {RESULTS_SCHEMA}; "
            "read them with a newer lbhsweep"
        )
    if "hold" in tree.children:
        stored = tree["hold"].to_dataset()
        hold = hide_what_is_none(stored)
        hold = show_all(hold) if unsettled else hold
        if hold is not stored:
            tree["hold"] = xr.DataTree(hold)
    return tree

"""Common selections and averages of a sweep's dataset, as an xarray accessor.

from lbhsweep.interop.explore import open_sweep

tree = open_sweep("DIR")
tree["ramp"].to_dataset().lbh.at(pressure="300 MPa", direction="heating").volume
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep.analysis import current_analysis
from lbhsweep.analysis.phases.assignment import LONG_NAMES, assign_phases
from lbhsweep.analysis.statistics import combine_replicas
from lbhsweep.errors import RunNotFoundError
from lbhsweep.quantities import stderr_name
from lbhsweep.store.coordinates import place_of
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results
from lbhsweep.store.schema import Status


def open_sweep(
    folder: str | Path, *, rehearsal: bool = False, unsettled: bool = False
) -> xr.DataTree:
    """Open results and analysis of a sweep as one tree.

    The analysis is computed if it is missing or not that of the results.

    Parameters
    ----------
    folder : str or Path
        The sweep's folder.
    rehearsal : bool
        Open the folder's rehearsal.
    unsettled : bool
        Show diffusion coefficients, heat capacities of fluctuations and other properties also of
        holds that are not settled or changed phase; by default they are NaN there
        (``property_status``).  The analysis leaves such holds out in either case.

    Returns
    -------
    DataTree
        Group ``hold``, ``ramp`` or ``coexist``, and ``analysis`` with all that DESIGN.md lists.

    Raises
    ------
    StoreError
        If there are no results, or they can't be read.
    """
    sweep = SweepFolder(Path(folder))
    sweep = sweep.rehearsal if rehearsal else sweep
    results = open_results(sweep.path)
    shown = open_results(sweep.path, unsettled=True) if unsettled else results
    tree = xr.DataTree.from_dict({name: node.to_dataset() for name, node in shown.children.items()})
    tree.attrs = dict(results.attrs)
    return tree.assign({"analysis": current_analysis(results, sweep.analysis)})


@xr.register_dataset_accessor("lbh")  # type: ignore[no-untyped-call]
class Explorer:
    """Selections and averages of one group of a sweep, as ``dataset.lbh``."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def at(self, **coordinates: object) -> xr.Dataset:
        """Select by coordinates, given as numbers or as texts with units.

        Parameters
        ----------
        **coordinates
            By dimension: a text with a unit (``"300 MPa"``), a number in the coordinate's own unit,
            or another text (``direction="heating"``).  Temperature bins and points of a map are
            selected by the nearest value, everything else must match.

        Returns
        -------
        Dataset
            Without the dimensions that were given; those of length 1 are dropped too.

        Raises
        ------
        RunNotFoundError
            If there is no such dimension or value; the message lists those that there are.
        UnitError
            If a text has a wrong unit.
        """
        chosen = self._dataset
        for dim, wanted in coordinates.items():
            if dim not in chosen.dims:
                raise RunNotFoundError(
                    f"{dim} is no dimension here, wanted {', '.join(map(str, chosen.dims))}"
                )
            chosen = chosen.isel({dim: self._index(dim, wanted)})
        return chosen.squeeze(drop=False)

    def _index(self, dim: str, wanted: object) -> int:
        is_grid = "status" in self._dataset and dim in self._dataset["status"].dims
        return place_of(self._dataset[dim], wanted, nearest=not is_grid)

    @property
    def phase(self) -> xr.DataArray:
        """Phase of every cell, by orientational order (see `assign_phases`).

        Raises
        ------
        RunNotFoundError
            If the runs hold two phases each.
        """
        if "volume" not in self._dataset and "winner" in self._dataset:
            raise RunNotFoundError(
                "got runs in which two phases meet, wanted runs in one phase each; `winner` says "
                "which phase fills the cell at the end"
            )
        codes = assign_phases(self._dataset)
        names = np.array([LONG_NAMES[code] for code in sorted(LONG_NAMES)])
        return codes.copy(data=names[codes.values]).assign_attrs(
            long_name="phase by orientational order"
        )

    def in_phase(self, phase: str) -> xr.Dataset:
        """Select what was measured in one phase, NaN elsewhere.

        Raises
        ------
        RunNotFoundError
            If there is no such phase, or the runs hold two phases each.
        """
        if phase not in LONG_NAMES.values():
            known = ", ".join(LONG_NAMES.values())
            raise RunNotFoundError(f"no phase {phase!r}, wanted one of {known}")
        inside = self.phase == phase
        floats = [
            name
            for name, one in self._dataset.data_vars.items()
            if one.dtype.kind == "f" and set(inside.dims) <= set(one.dims)
        ]
        return self._dataset[floats].where(inside)

    def failed(self) -> Any:
        """List the runs that failed: a pandas DataFrame of coordinates, run id and error."""
        dataset = self._dataset
        dims = dataset["status"].dims
        about = dataset[["status", "error", "run_id", "attempts"]]
        frame = about.to_dataframe(dim_order=list(dims))
        failed = frame[frame["status"].isin((Status.FAILED, Status.QUARANTINED))]
        return failed.reset_index()[[*map(str, dims), "run_id", "error", "attempts"]]

    def replicas(self, name: str) -> xr.Dataset:
        """Average one quantity over replicas, whatever phase they are in.

        Returns
        -------
        Dataset
            ``mean``, its standard error ``stderr`` (`join_errors`), and ``count``.

        Raises
        ------
        RunNotFoundError
            If there is no such quantity, or it has no replicas.
        """
        if name not in self._dataset or "replica" not in self._dataset[name].dims:
            names = map(str, self._dataset.data_vars)
            averaged = [one for one in names if stderr_name(one) in self._dataset]
            raise RunNotFoundError(
                f"{name!r} is no quantity with replicas, wanted one of {', '.join(averaged)}"
            )
        values = self._dataset[name]
        error = self._dataset.get(stderr_name(name), xr.full_like(values, np.nan))
        axis = values.get_axis_num("replica")
        assert isinstance(axis, int)  # noqa: S101 - of one dimension
        found = combine_replicas(values.values, error.transpose(*values.dims).values, axis)
        dims = [dim for dim in values.dims if dim != "replica"]
        coords = {dim: values.coords[dim] for dim in dims if dim in values.coords}
        made = dict(zip(("mean", "stderr", "count"), found, strict=True))
        return xr.Dataset({key: (dims, one) for key, one in made.items()}, coords).assign_attrs(
            quantity=name, units=str(values.attrs.get("units", "1"))
        )

"""Any group of a sweep's results or analysis as one netCDF, CSV or Parquet file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep.analysis import current_analysis
from lbhsweep.atomic import storing
from lbhsweep.errors import FolderError
from lbhsweep.quantities import DIMENSIONS
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.open import open_results

RESULTS = "results"
NEEDS = {".parquet": ("pyarrow", "parquet"), ".nc": ("h5py", "netcdf")}
"""Module and extra that a format needs."""
ENDINGS = (".csv", ".parquet", ".nc")
_INSIDE = set(DIMENSIONS) - {"phase"}
"""Dimensions without rows of their own; phases are rows of the analysis, as pressures are."""


def open_group(folder: str | Path, name: str, *, rehearsal: bool = False) -> xr.Dataset:
    """Open one group: of the analysis by its name, of the results as ``hold`` or ``results/hold``.

    Of a group that holds nothing but another one, that one is meant.  The analysis is computed if
    it is missing or not that of the results.

    Raises
    ------
    FolderError
        If there is no such group, or it has several below it and no table of its own.
    StoreError
        If there are no results.
    """
    sweep = SweepFolder(Path(folder))
    sweep = sweep.rehearsal if rehearsal else sweep
    results = open_results(sweep.path)
    known = {f"{RESULTS}/{group}": results[group] for group in results.children}
    wanted = name.strip("/")
    if wanted in results.children:
        wanted = f"{RESULTS}/{wanted}"
    if wanted not in known:
        analysis = current_analysis(results, sweep.analysis)
        known |= {node.path.strip("/"): node for node in analysis.subtree if node.data_vars}
    inside = sorted(one for one in known if one.startswith(f"{wanted}/"))
    if wanted not in known and len(inside) == 1:
        (wanted,) = inside
    if wanted not in known:
        got = f"group {name!r}" + (", which has several tables" if inside else "")
        raise FolderError(
            f"{sweep.path}: got {got}, wanted one of {', '.join(inside or sorted(known))}"
        )
    return known[wanted].to_dataset()


def write_table(path: Path, dataset: xr.Dataset) -> dict[str, Any]:
    """Write a group to one file, in the format of its ending.

    In CSV and Parquet a row is a cell of the group's grid, the coordinates are the first columns,
    and names contain units, as ``volume [angstrom**3]``.  Variables with further axes, such as
    times or lattice vectors, are left out.  netCDF keeps everything, attributes included.

    Parameters
    ----------
    path : Path
        Ends in .csv, .parquet or .nc.
    dataset : Dataset
        From `open_group`.

    Returns
    -------
    dict
        ``variables``: how many were written, ``left_out``: names of the others.

    Raises
    ------
    FolderError
        If the ending is another one, or a package for it is not installed.
    StoreError
        If the file can't be written.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FolderError(f"{path}: got ending {ending!r}, wanted one of {', '.join(ENDINGS)}")
    module, extra = NEEDS.get(ending, ("numpy", ""))
    if find_spec(module) is None:
        raise FolderError(f"{path}: {ending} needs {module}: pip install 'lbhsweep[{extra}]'")
    if ending == ".nc":
        with storing(path):
            _plain(dataset).to_netcdf(path, engine="h5netcdf")
        return {"variables": len(dataset.data_vars), "left_out": []}
    kept = [name for name, one in dataset.data_vars.items() if not set(one.dims) & _INSIDE]
    flat = _at_their_route(dataset[kept])
    dims = tuple(str(dim) for dim in flat.dims)
    frame = flat.to_dataframe(dim_order=list(dims)).reset_index() if dims else _one_row(flat)
    frame = frame.rename(columns={str(name): _titled(flat[name]) for name in flat.variables})
    with storing(path):
        if ending == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
    left_out = sorted(str(name) for name in set(dataset.data_vars) - set(kept))
    return {"variables": len(kept), "left_out": left_out}


def _at_their_route(dataset: xr.Dataset) -> xr.Dataset:
    """Keep what belongs to one entry of a dimension out of the rows of the others.

    A variable's attribute of the dimension's name says which variable names that entry, as
    ``route: used_route`` of what is taken at T_t of one route.
    """
    kept: dict[str, xr.Variable] = {}
    for dim in map(str, dataset.dims):
        for name, one in dataset.data_vars.items():
            if chosen := one.attrs.get(dim):
                here = _objects(dataset[dim]) == _objects(dataset[str(chosen)])
                is_text = one.dtype.kind in "OT"
                values = _objects(one) if is_text else xr.DataArray(one.variable)
                found = values.where(here, "" if is_text else np.nan)
                kept[str(name)] = found.variable
                kept[str(name)].attrs = one.attrs
    return dataset.assign(kept)


def _objects(texts: xr.DataArray) -> xr.DataArray:
    """Return texts as Python's own: NumPy's variable strings don't compare with others."""
    flat = np.empty(texts.size, dtype=object)
    flat[:] = [str(one) for one in texts.values.ravel()]
    return xr.DataArray(flat.reshape(texts.shape), dims=texts.dims)


def _one_row(dataset: xr.Dataset) -> Any:
    return dataset.expand_dims("row").to_dataframe().reset_index(drop=True)


def _titled(variable: xr.DataArray) -> str:
    unit = str(variable.attrs.get("units", "1"))
    return str(variable.name) if unit == "1" else f"{variable.name} [{unit}]"


def _plain(dataset: xr.Dataset) -> xr.Dataset:
    """Convert texts to a type that netCDF has, and drop the encoding of zarr."""
    plain = dataset.load().drop_encoding()
    return plain.assign(
        {
            name: one.copy(
                data=np.array([str(text) for text in one.values.flat]).reshape(one.shape)
            )
            for name, one in plain.variables.items()
            if one.dtype.kind in "OT"
        }
    )

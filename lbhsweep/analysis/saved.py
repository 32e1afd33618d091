"""The analysis on disk: written beside and swapped in, reused while the results are the same."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path

import xarray as xr
from zarr.errors import ZarrUserWarning

from lbhsweep.analysis.analyze import analyze_results
from lbhsweep.analysis.digest import results_digest
from lbhsweep.errors import StoreError
from lbhsweep.store.texts import tree_with_plain_texts, with_storable_texts


def write_analysis(analysis: xr.DataTree, path: Path) -> None:
    """Write the analysis to `path`: built beside and swapped in whole by renames.

    Raises
    ------
    StoreError
        When the folder can't be written.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    old = path.with_name(f"{path.name}.{os.getpid()}.old")
    storable = xr.DataTree.from_dict(
        {
            node.path: with_storable_texts(node.to_dataset(inherit=False))
            for node in analysis.subtree
        }
    )
    try:
        shutil.rmtree(beside, ignore_errors=True)
        with warnings.catch_warnings():
            # xarray opens without a warning only what is consolidated, zarr warns that it is.
            warnings.filterwarnings("ignore", "Consolidated metadata", ZarrUserWarning)
            storable.to_zarr(beside, mode="w", consolidated=True)
        if path.exists():
            path.rename(old)
        beside.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise StoreError(
            f"{path}: the analysis can't be written: {error}; "
            "free space or make the folder writable, then run the command again"
        ) from error


def read_analysis(path: Path) -> xr.DataTree | None:
    """Read a written analysis; None where there is none that can be read."""
    if not path.is_dir():
        return None
    try:
        written = xr.open_datatree(path, engine="zarr", consolidated=True)
        return tree_with_plain_texts(written).load()
    except (OSError, ValueError, KeyError):
        return None


def current_analysis(results: xr.DataTree, path: Path) -> xr.DataTree:
    """Return the analysis of these results: the written one if it matches, else a new one.

    A new one is written to `path`.
    """
    written = read_analysis(path)
    if written is not None and written.attrs.get("results_digest") == results_digest(results):
        return written
    analysis = analyze_results(results)
    write_analysis(analysis, path)
    return analysis

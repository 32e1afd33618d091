"""The analysis on disk: written beside and swapped in, reused while the results are the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import xarray as xr

from lbhsweep.analysis.analyze import Stage, analyze_results, no_stage
from lbhsweep.analysis.digest import results_digest
from lbhsweep.atomic import replace_folder
from lbhsweep.errors import StoreError
from lbhsweep.store.texts import tree_with_plain_texts
from lbhsweep.store.tree_writer import write_tree


def write_analysis(analysis: xr.DataTree, path: Path) -> None:
    """Write the analysis to `path`: built beside, synced, and renamed into its place.

    Raises
    ------
    StoreError
        When the folder can't be written.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        write_tree(analysis, beside)
        replace_folder(path, beside)
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


def current_analysis(results: xr.DataTree, path: Path, *, stage: Stage = no_stage) -> xr.DataTree:
    """Return the analysis of these results: the written one if it matches, else a new one.

    A new one is written to `path`; `stage` is called as by `analyze_results`.
    """
    written = read_analysis(path)
    if written is not None and written.attrs.get("results_digest") == results_digest(results):
        return written
    analysis = analyze_results(results, stage=stage)
    write_analysis(analysis, path)
    return analysis

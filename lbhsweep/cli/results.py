"""Finding the sweep and the results of a command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lbhsweep.errors import FolderError

if TYPE_CHECKING:
    import xarray as xr

    from lbhsweep.store.folder import SweepFolder


def open_sweep(folder: Path, *, rehearsal: bool) -> tuple[SweepFolder, xr.DataTree]:
    """Find a sweep's folder, or its rehearsal, and open its results; empty if there are none.

    Raises
    ------
    FolderError
        If there is no sweep.
    StoreError
        If there are results and they can't be read.
    """
    import xarray as xr

    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.store.open import open_results

    sweep = SweepFolder(folder)
    hint = _hint(sweep, rehearsal=rehearsal)
    sweep = sweep.rehearsal if rehearsal else sweep
    if sweep.results.is_dir():
        return sweep, open_results(sweep.path)
    if sweep.sweep_yaml.exists():
        return sweep, xr.DataTree()
    raise FolderError(
        f"{sweep.path}: no results and no sweep here, wanted the folder given to "
        f"'lbhsweep run --output'{hint}"
    )


def find_sweep(folder: Path, *, rehearsal: bool, need_atoms: bool = False) -> SweepFolder:
    """Find a sweep's folder, or its rehearsal, that a driver has worked in.

    Rehearsals have nothing for commands that `need_atoms`.

    Raises
    ------
    FolderError
        If there is no sweep.
    """
    from lbhsweep.store.folder import SweepFolder

    whole = SweepFolder(folder.absolute())
    sweep = whole.rehearsal if rehearsal else whole
    if not sweep.sweep_yaml.exists():
        raise FolderError(
            f"{sweep.path}: no sweep here, wanted the folder given to 'lbhsweep run --output'"
            + _hint(whole, rehearsal=rehearsal, need_atoms=need_atoms)
        )
    return sweep


def _hint(sweep: SweepFolder, *, rehearsal: bool, need_atoms: bool = False) -> str:
    if rehearsal or not sweep.rehearsal.path.exists():
        return ""
    what = "which has no atoms; run the sweep itself" if need_atoms else "add --rehearsal"
    return f"; it has a rehearsal, {what}"

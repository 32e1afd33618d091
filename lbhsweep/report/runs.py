"""The state of the runs, and the commands that supply those which are missing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.parts import Table, TableCell, table
from lbhsweep.store.schema import Status

_MOST_LISTED = 25
_FAILED = (Status.FAILED, Status.QUARANTINED)
_MISSING = (Status.PENDING, Status.RUNNING)
_HEADER = ("run", "status", "reason", "run id")


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs of one kind that are not done.

    Attributes
    ----------
    title : str
        Failed or missing.
    n_runs, n_more : int
        How many there are, and how many of them are not shown.
    shown : Table
        The first of them.
    is_folded : bool
        Whether the table opens on a click only.
    command : str
        That runs them.
    """

    title: str
    n_runs: int
    n_more: int
    shown: Table
    is_folded: bool
    command: str


@dataclass(frozen=True, slots=True)
class Runs:
    """Counts of runs, and those that are not done."""

    n_done: int
    n_failed: int
    n_missing: int
    groups: tuple[RunGroup, ...]


def describe_runs(
    results: xr.DataTree, counts: Mapping[str, int], folder: Path, *, rehearsal: bool
) -> Runs:
    """Count runs, list the failed and the missing ones with reasons, and build the commands.

    Parameters
    ----------
    results : DataTree
        Of the sweep.
    counts : mapping of str to int
        Runs done, failed, missing.
    folder : Path
        As passed to ``lbhsweep run --output``.
    rehearsal : bool
        Whether the runs are of a rehearsal.
    """
    groups = []
    for title, codes, more in (
        ("Failed", _FAILED, ["--retry-failed"]),
        ("Missing", _MISSING, []),
    ):
        rows = _rows(results, codes)
        if not rows:
            continue
        words = ["lbhsweep", "run", "SWEEP.yaml", "--output", str(folder), *more]
        words += ["--rehearse"] if rehearsal else []
        groups.append(
            RunGroup(
                title=title,
                n_runs=len(rows),
                n_more=max(len(rows) - _MOST_LISTED, 0),
                shown=table(_HEADER, rows[:_MOST_LISTED]),
                is_folded=codes is _MISSING,
                command=shlex.join(words),
            )
        )
    return Runs(counts["done"], counts["failed"], counts["missing"], tuple(groups))


def _rows(results: xr.DataTree, codes: tuple[Status, ...]) -> list[tuple[str, str, str, TableCell]]:
    """Return rows (run, status, reason, run id) of the runs with one of some codes."""
    rows = []
    for node in results.children.values():
        dataset = node.to_dataset()
        if "status" not in dataset:
            continue
        status = dataset["status"].values
        for place in np.argwhere(np.isin(status, codes)):
            at = dict(zip(dataset["status"].dims, map(int, place), strict=True))
            rows.append(
                (
                    _label(dataset, at),
                    Status(int(status[tuple(place)])).name.lower(),
                    _text(dataset, "error", at) or "–",
                    TableCell(_text(dataset, "run_id", at)[:12] or "–", is_code=True),
                )
            )
    return rows


def _label(dataset: xr.Dataset, at: Mapping[Any, int]) -> str:
    """Describe a run by its coordinates, those along which the sweep varies."""
    words = []
    for dim, number in at.items():
        coordinate = dataset[dim]
        if coordinate.size == 1 and dim not in ("pressure", "temperature"):
            continue
        value = coordinate.values[number]
        shown = f"{value:g}" if coordinate.dtype.kind in "fiu" else str(value)
        unit = unit_text(str(coordinate.attrs.get("units", "1")))
        named = "" if unit != "1" or coordinate.dtype.kind not in "iu" else f"{dim} "
        words.append(f"{named}{shown}" + ("" if unit == "1" else f" {unit}"))
    return ", ".join(words)


def _text(dataset: xr.Dataset, name: str, at: Mapping[Any, int]) -> str:
    return str(dataset[name].isel(at).item()) if name in dataset else ""

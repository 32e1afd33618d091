"""What has become of the runs, and the commands that supply those that lack."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep.plots.shared.style import unit_text
from lbhsweep.report.html import Html, folded, section, table, tag
from lbhsweep.store.schema import Status

_MOST_LISTED = 25
_FAILED = (Status.FAILED, Status.QUARANTINED)
_MISSING = (Status.PENDING, Status.RUNNING)


def runs_section(
    results: xr.DataTree, counts: Mapping[str, int], folder: Path, *, rehearsal: bool
) -> Html:
    """Count runs, list the failed and the missing ones with reasons, and give the commands.

    Parameters
    ----------
    results : DataTree
        Of the sweep.
    counts : mapping of str to int
        Runs done, failed, missing.
    folder : Path
        As given to ``lbhsweep run --output``.
    rehearsal : bool
        Whether these are make-believe runs.
    """
    pieces: list[object] = [
        tag(
            "p",
            f"{counts['done']} runs done, {counts['failed']} failed, {counts['missing']} missing.",
        )
    ]
    for title, codes, more in (
        ("Failed", _FAILED, ["--retry-failed"]),
        ("Missing", _MISSING, []),
    ):
        rows, header = _rows(results, codes)
        if not rows:
            continue
        words = ["lbhsweep", "run", "SWEEP.yaml", "--output", str(folder), *more]
        words += ["--rehearse"] if rehearsal else []
        left = len(rows) - _MOST_LISTED
        listed = [table(header, rows[:_MOST_LISTED]), f"… and {left} more" if left > 0 else ""]
        pieces += [
            tag("h3", f"{title} runs"),
            folded(f"Which: {len(rows)}", *listed) if codes is _MISSING else tag("div", *listed),
            tag("p", "What would supply them, with the sweep file they belong to:"),
            tag("pre", tag("code", shlex.join(words))),
        ]
    return section("Runs", *pieces, key="runs")


def _rows(
    results: xr.DataTree, codes: tuple[Status, ...]
) -> tuple[list[tuple[object, ...]], tuple[str, ...]]:
    """Give rows (run, status, reason, run id) of the runs with one of some codes."""
    rows: list[tuple[object, ...]] = []
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
                    tag("code", _text(dataset, "run_id", at)[:12] or "–"),
                )
            )
    return rows, ("run", "status", "reason", "run id")


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

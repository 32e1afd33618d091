"""The runs of a sweep's folder, and finding one by a user's text."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from lbhsweep.errors import LbhsweepError, RunNotFoundError, StoreError
from lbhsweep.execution.folder.settings import folder_grid
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import read_record
from lbhsweep.sweep.identity import point_from_json, run_id
from lbhsweep.sweep.point import RunPoint

MOST_NAMED = 5


def known_runs(folder: SweepFolder) -> dict[str, str]:
    """Return the labels of all runs by run id: of the sweep, and of others with a record."""
    labels: dict[str, str] = {}
    with suppress(LbhsweepError, OSError):
        labels = {run_id(point): point.label for point in folder_grid(folder).points}
    for name in folder.finished().keys() - labels.keys():
        path = folder.find_record(name)
        labels[name] = ""
        with suppress(StoreError, ValueError):
            labels[name] = point_from_json(read_record(path).header.point).label if path else ""
    return labels


def find_runs(labels: Mapping[str, str], text: str) -> list[str]:
    """Return the run ids that match a text: the beginning of an id, a label, or part of labels.

    Parts are the label's words, with or without those between: ``0.3 GPa r1``.

    Raises
    ------
    RunNotFoundError
        If there is none.
    """
    wanted = text.strip()
    lowered = wanted.lower()
    ids = [name for name in labels if name.startswith(lowered)] if lowered else []
    exact = [name for name, label in labels.items() if label == wanted]
    within = [name for name, label in labels.items() if lowered and lowered in label.lower()]
    words = [name for name, label in labels.items() if lowered and _has_words(label, lowered)]
    found = ids or exact or within or words
    if not found:
        raise RunNotFoundError(
            f"no run has an id that begins with {wanted!r} or a label with it, such as "
            f"{next(iter(labels.values()), 'nothing: there are no runs')!r}"
        )
    return found


def _has_words(label: str, text: str) -> bool:
    """Return whether a label has all words of a text, in the same order."""
    rest = iter(label.lower().split())
    return all(word in rest for word in text.split())


def find_run(labels: Mapping[str, str], text: str) -> str:
    """Return the one run id that matches a text.

    Raises
    ------
    RunNotFoundError
        If there is none, or several.
    """
    found = find_runs(labels, text)
    if len(found) > 1:
        some = "; ".join(f"{name[:12]} ({labels[name]})" for name in found[:MOST_NAMED])
        raise RunNotFoundError(f"{len(found)} runs match {text!r}, such as {some}; give more of it")
    return found[0]


def find_point(folder: SweepFolder, text: str) -> RunPoint:
    """Return the point of the one run that matches a text, done or not.

    Raises
    ------
    RunNotFoundError
        If there is none, or several.
    StoreError
        If it is no longer part of the sweep and its record can't be read.
    """
    name = find_run(known_runs(folder), text)
    for point in folder_grid(folder).points:
        if run_id(point) == name:
            return point
    path = folder.find_record(name)
    if path is None:
        raise RunNotFoundError(f"run {name[:12]} is no longer there; give the command again")
    return point_from_json(read_record(path).header.point)

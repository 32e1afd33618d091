"""Runs that are done and would drop out of a folder's results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lbhsweep.errors import FolderError

if TYPE_CHECKING:
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import Grid

MOST_SHOWN = 3


def refuse_to_drop(folder: SweepFolder, grid: Grid, sweep: Path) -> None:
    """Refuse a sweep whose results would lack runs that the folder's own sweep has done.

    Raises
    ------
    FolderError
        Naming some of the runs, and how to go on.
    """
    from lbhsweep.execution.folder.run_names import known_runs
    from lbhsweep.execution.folder.status import planned_runs
    from lbhsweep.sweep import make_plan

    if not folder.sweep_yaml.exists():
        return
    finished = folder.finished()
    points = make_plan(grid, finished).points
    dropped = sorted(
        name for name in planned_runs(folder) if name not in points and finished.get(name) == "done"
    )
    if not dropped:
        return
    labels = known_runs(folder)
    named = "; ".join(f"{labels.get(one) or one[:12]}" for one in dropped[:MOST_SHOWN])
    raise FolderError(
        f"{folder.path}: {len(dropped)} runs that are done here are no part of {sweep}, such as "
        f"{named}; nothing was changed. Choose another --output, or add --replace if they should "
        "drop out of the results (their records stay); 'lbhsweep plan' shows what differs"
    )

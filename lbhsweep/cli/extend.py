"""``lbhsweep extend``: another sweep for a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import FolderError
from lbhsweep.units import core_hours

if TYPE_CHECKING:
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import Plan

MOST_SHOWN = 10


@click.command(
    "extend", epilog=examples("lbhsweep extend DIR more-pressures.yaml", "lbhsweep resume DIR")
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("sweep", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Also if runs that are done drop out of the sweep.")
@click.option("--rehearsal", is_flag=True, help="Extend the folder's rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, sweep: Path, yes: bool, rehearsal: bool, as_json: bool) -> None:
    """Make SWEEP the sweep of FOLDER; its runs that are done stay done.

    Starts no run.  Refused while a driver works.  Needs --yes if runs that are done are no part of
    the new sweep: their records would stay, but the results would not contain them.
    """
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.execution.folder.settings import files_to_keep, keep_sweep, read_settings
    from lbhsweep.execution.folder.status import planned_runs
    from lbhsweep.sweep import expand_grid, load_sweep, make_plan

    held = find_sweep(folder, rehearsal=rehearsal)
    spec = load_sweep(sweep)
    grid = expand_grid(spec, rehearsal=rehearsal)
    with held.driver_lock():
        before = set(planned_runs(held))
        finished = held.finished()
        plan = make_plan(grid, finished)
        dropped = sorted(
            name for name in before - plan.points.keys() if finished.get(name) == "done"
        )
        if dropped and not yes:
            raise FolderError(
                f"{sweep}: {len(dropped)} runs that are done are no part of this sweep, such as "
                f"{_described(held, dropped)}; the folder stays as it is. Add --yes if they "
                "should drop out of the results (their records stay), or choose another folder"
            )
        settings = replace(read_settings(held), file=str(sweep.absolute()))
        text = sweep.read_text(encoding="utf-8-sig")
        keep_sweep(held, text, files_to_keep(held, spec, settings))
    flag = " --rehearsal" if rehearsal else ""
    summary = _summary(plan, before, dropped) | {"next": f"lbhsweep resume {folder}{flag}"}
    if as_json:
        print_json(summary)
        return
    click.echo(
        f"{summary['added']} runs added, {summary['removed']} removed ({len(dropped)} of them "
        f"done); of {summary['total']} runs {summary['done']} are done, {summary['missing']} "
        f"missing: about {core_hours(summary['core_hours'])} core-hours"
    )
    if summary["missing"]:
        click.echo(f"to do them: {summary['next']}")


def _summary(plan: Plan, before: set[str], dropped: list[str]) -> dict[str, Any]:
    return {
        "added": len(plan.points.keys() - before),
        "removed": len(before - plan.points.keys()),
        "dropped": dropped,
        "total": len(plan.points),
        "done": len(plan.done),
        "failed": len(plan.failed),
        "missing": len(plan.missing),
        "core_hours": round(plan.core_hours, 4),
    }


def _described(folder: SweepFolder, names: list[str]) -> str:
    from lbhsweep.execution.folder.run_names import known_runs

    labels = known_runs(folder)
    return "; ".join(f"{labels.get(one) or one[:12]}" for one in names[:MOST_SHOWN])

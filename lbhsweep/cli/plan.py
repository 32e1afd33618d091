"""``lbhsweep plan``: the grid of a sweep, what of it is done, and the cost of the rest."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import LbhsweepError, StoreError
from lbhsweep.units import core_hours, duration, plain_number

if TYPE_CHECKING:
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import Grid, Plan, SweepSpec

MOST_VALUES_SHOWN = 8
MOST_RECORDS_READ = 20
UNITS = {"cutoff": "Å", "pressure": "GPa", "temperature": "K", "heating_rate": "K/ps"}


@click.command(
    "plan",
    epilog=examples(
        "lbhsweep plan sweeps/quickstart.yaml",
        "lbhsweep plan my.yaml --output DIR --cluster cluster/slurm.yaml",
    ),
)
@click.argument("sweep", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="Folder of the sweep, to see what is done."
)
@click.option(
    "--cluster",
    type=click.Path(path_type=Path),
    help="Cluster file, to estimate the number of jobs and the time.",
)
@click.option("--pilot", is_flag=True, help="Measure the speed of this machine, for some seconds.")
@click.option("--rehearse", is_flag=True, help="Plan a rehearsal, with synthetic data.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    sweep: Path,
    output: Path | None,
    cluster: Path | None,
    pilot: bool,
    rehearse: bool,
    as_json: bool,
) -> None:
    """Show the grid of SWEEP, what is done and missing, and the estimated core-hours.

    Starts and writes nothing.  Core-hours are those of the speed of runs done in DIR, of a pilot,
    or of a typical core.
    """
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep import expand_grid, load_sweep, make_plan

    try:
        spec = load_sweep(sweep)
        grid = expand_grid(spec, rehearsal=rehearse)
        folder = SweepFolder(output) if output else None
        folder = folder.rehearsal if folder and rehearse else folder
        plan = make_plan(grid, folder.finished() if folder else {})
        summary = _summary(spec, grid, plan, _changes(folder, grid, plan))
        if plan.missing and not rehearse:
            summary |= _at_speed(plan, folder, pilot=pilot)
            if cluster is not None:
                summary["forecast"] = _forecast(plan, folder, cluster)
    except LbhsweepError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        print_json(summary)
    else:
        _show(summary)


def _summary(spec: SweepSpec, grid: Grid, plan: Plan, changed: dict[str, Any]) -> dict[str, Any]:
    from lbhsweep.sweep.cost import n_atoms

    return {
        "name": spec.name,
        "group": grid.group,
        "rehearsal": grid.points[0].rehearsal,
        "atoms": sorted({n_atoms(point) for point in grid.points}),
        "axes": {dim: list(values) for dim, values in grid.coordinates.items()},
        "bin_centres": list(grid.bin_centres or ()),
        "points": len(plan.points),
        "done": len(plan.done),
        "failed": len(plan.failed),
        "missing": len(plan.missing),
        "others": len(plan.others),
        "changed": changed,
        "core_hours": round(plan.core_hours, 4),
        "chain_hours": round(plan.chain_hours, 4),
        "following": sum(1 for name in plan.missing if plan.points[name].follows),
        "trajectory_bytes": plan.trajectory_bytes,
    }


def _at_speed(plan: Plan, folder: SweepFolder | None, *, pilot: bool) -> dict[str, Any]:
    """Estimate the core-hours of the missing runs at the best known speed."""
    from lbhsweep.execution.clusters.forecast import Speed, known_speed
    from lbhsweep.sweep.cost import REFERENCE_NS_PER_DAY

    if pilot:
        from lbhsweep.execution.clusters.check import measure_speed

        speed = Speed(measure_speed(), "measured by a pilot here")
    else:
        speed = known_speed(plan, folder, None)
    slower = REFERENCE_NS_PER_DAY / speed.ns_per_day
    return {
        "core_hours": round(plan.core_hours * slower, 4),
        "chain_hours": round(plan.chain_hours * slower, 4),
        "ns_per_day": speed.ns_per_day,
        "speed_source": speed.source,
    }


def _forecast(plan: Plan, folder: SweepFolder | None, cluster: Path) -> dict[str, Any]:
    from lbhsweep.execution.clusters.forecast import forecast, known_speed
    from lbhsweep.execution.clusters.spec import load_cluster

    spec = load_cluster(cluster)
    speed = known_speed(plan, folder, spec)
    found = forecast(plan, spec, speed)
    return {"cluster": str(cluster), **asdict(speed), **(asdict(found) if found else {})}


def _changes(folder: SweepFolder | None, grid: Grid, plan: Plan) -> dict[str, Any]:
    """Find what has changed since some finished runs outside the grid."""
    from lbhsweep.store.record import read_record
    from lbhsweep.sweep import PHYSICS_VERSION, point_from_json
    from lbhsweep.sweep.plan import changed_physics

    changes: dict[str, Any] = {}
    points = []
    for run_id in plan.others[:MOST_RECORDS_READ]:
        path = folder.find_record(run_id) if folder else None
        # A damaged or older record is no reason not to plan: it is only not explained.
        with suppress(StoreError, ValueError):
            header = read_record(path).header if path else None
            points += [point_from_json(header.point)] if header else []
            if header and header.physics_version != PHYSICS_VERSION:
                changes["physics_version"] = (header.physics_version, PHYSICS_VERSION)
    return changed_physics(points, plan, tuple(grid.coordinates)) | changes


def _show(summary: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    console = Console(highlight=False, soft_wrap=True)
    kind = "rehearsal, synthetic data" if summary["rehearsal"] else summary["group"]
    atoms = " or ".join(map(str, summary["atoms"]))
    console.print(f"{summary['name']} ({kind}; {atoms} atoms)", markup=False)
    table = Table("axis", "values", Column("number", justify="right"))
    for dim, values in summary["axes"].items():
        table.add_row(dim, escape(_some(values, UNITS.get(dim, ""))), str(len(values)))
    if summary["bin_centres"]:
        bins = summary["bin_centres"]
        table.add_row("temperature bins", _some(bins, "K"), str(len(bins)))
    console.print(table)
    console.print(
        f"{summary['points']} runs: {summary['done']} done, {summary['failed']} failed, "
        f"{summary['missing']} missing; estimated core-hours: {core_hours(summary['core_hours'])}"
    )
    if "ns_per_day" in summary:
        console.print(
            f"at {summary['ns_per_day']:.0f} ns/day of 832 atoms a core "
            f"({summary['speed_source']})",
            markup=False,
        )
    if "forecast" in summary:
        console.print(_forecast_note(summary["forecast"]), markup=False)
    if summary["trajectory_bytes"]:
        console.print(f"trajectories will take about {_size(summary['trajectory_bytes'])}")
    if summary["following"]:
        console.print(
            f"{summary['following']} runs follow another run: the longest chain takes "
            f"{core_hours(summary['chain_hours'])} hours on any number of cores"
        )
    if summary["others"]:
        console.print(_others_note(summary), style="yellow", markup=False)


def _forecast_note(found: dict[str, Any]) -> str:
    speed = f"{found['ns_per_day']:.0f} ns/day of 832 atoms a worker ({found['source']})"
    if "workers" not in found:
        return f"{found['cluster']}: {speed}; the number of its scheduler's workers is unknown"
    jobs = ""
    if found["jobs"]:
        later = found["jobs_in_all"] - found["jobs"]
        jobs = f" in {found['jobs']} jobs" + (f" and {later} after their walltime" if later else "")
    end = time.strftime("%a %d %b %H:%M", time.localtime(time.time() + found["seconds"]))
    return (
        f"{found['cluster']}: {found['workers']} workers{jobs}, {speed}: "
        f"{core_hours(found['core_hours'])} core-hours, {duration(found['seconds'])} once they are "
        f"there; if that were now, done {end}"
    )


def _size(n_bytes: int) -> str:
    power = min(4, max(1, (len(str(n_bytes)) - 1) // 3))
    return f"{plain_number(n_bytes / 1000**power)} {('kB', 'MB', 'GB', 'TB')[power - 1]}"


def _some(values: list[Any], unit: str) -> str:
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    if len(shown) > MOST_VALUES_SHOWN:
        shown = [*shown[:3], "…", *shown[-2:]]
    return f"{', '.join(shown)} {unit}".rstrip()


def _shown(name: str, value: Any) -> Any:
    if name == "follows":
        return f"run {value[:12]}" if value else "none"
    return value


def _others_note(summary: dict[str, Any]) -> str:
    note = f"{summary['others']} finished runs of the folder are not in this grid"
    changes = [
        f"{name}: {_shown(name, old)} → {_shown(name, new)}"
        for name, (old, new) in summary["changed"].items()
    ]
    if changes:
        return f"{note}; their settings changed, so their points run again ({'; '.join(changes)})"
    return f"{note}; their records stay, and count if the grid contains them again"

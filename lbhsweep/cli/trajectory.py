"""``lbhsweep trajectory``: the runs with frames, and one of them as extended XYZ."""

from __future__ import annotations

import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import FolderError

if TYPE_CHECKING:
    import xarray as xr

NO_ASE = "writing extended XYZ needs ASE; install it with: pip install ase"
MOST_LISTED = 50


@click.command(
    "trajectory",
    epilog=examples(
        "lbhsweep trajectory DIR",
        "lbhsweep trajectory DIR 5f3a9c --output run.extxyz --every 10",
        "lbhsweep trajectory DIR '0.3 GPa 600 K r0' --output run.extxyz",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("run", required=False)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the frames of RUN to this file, as extended XYZ.",
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Write every n-th frame.",
)
@click.option("--wrap", is_flag=True, help="Wrap ions into the cell; anions stay whole.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    folder: Path, run: str | None, output: Path | None, every: int, wrap: bool, as_json: bool
) -> None:
    """List the trajectories in FOLDER, or describe that of RUN and write it to a file.

    RUN is the beginning of its id, or words of its label that no other run's has.
    """
    from lbhsweep.execution.folder.run_names import find_run, known_runs
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.store.trajectory import open_trajectory

    if run is None:
        if output is not None:
            raise click.UsageError("--output needs a RUN; without it runs are listed")
        _list(folder, as_json=as_json)
        return
    if not set(run.lower()) <= set(string.hexdigits):
        run = find_run(known_runs(SweepFolder(folder)), run)
    with open_trajectory(folder, run) as trajectory:
        summary = _summary(trajectory)
        if output is not None:
            summary |= {
                "output": str(output),
                "frames_written": _write(trajectory, output, every, wrap),
            }
    if as_json:
        print_json(summary)
    else:
        _show(summary)


def _write(trajectory: xr.Dataset, output: Path, every: int, wrap: bool) -> int:
    try:
        from lbhsweep.interop.trajectory_ase import write_extxyz
    except ImportError as error:
        raise click.UsageError(f"{NO_ASE} ({error})") from error
    return write_extxyz(trajectory, output, every=every, wrap=wrap)


def _summary(trajectory: xr.Dataset) -> dict[str, Any]:
    from lbhsweep.store.trajectory import written_frames

    written = written_frames(trajectory)
    times = written["time"].values
    return {
        "run_id": trajectory.attrs["run_id"],
        "label": trajectory.attrs["label"],
        "atoms": trajectory.sizes["atom"],
        "frames": written.sizes["time"],
        "frames_planned": trajectory.sizes["time"],
        "velocities": "velocities" in trajectory,
        "first_ps": float(times[0]) if len(times) else None,
        "last_ps": float(times[-1]) if len(times) else None,
    }


def _show(summary: dict[str, Any]) -> None:
    click.echo(f"{summary['label']} ({summary['run_id'][:12]})")
    what = "positions and velocities" if summary["velocities"] else "positions"
    span = (
        f" from {summary['first_ps']:g} to {summary['last_ps']:g} ps" if summary["frames"] else ""
    )
    click.echo(
        f"{summary['frames']} of {summary['frames_planned']} frames{span}, {what} of "
        f"{summary['atoms']} atoms"
    )
    if "output" in summary:
        click.echo(f"{summary['frames_written']} frames written to {summary['output']}")


def _list(folder: Path, *, as_json: bool) -> None:
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.store.trajectory import open_trajectory, trajectory_ids

    sweep = SweepFolder(folder)
    if not sweep.path.is_dir():
        raise FolderError(
            f"{folder}: no sweep here, wanted the folder given to 'lbhsweep run --output'"
        )
    names = trajectory_ids(sweep)
    if as_json:
        print_json({"run_ids": names})
        return
    for name in names[:MOST_LISTED]:
        with open_trajectory(folder, name) as trajectory:
            click.echo(
                f"{name[:12]}  {trajectory.sizes['time']:6d} frames  {trajectory.attrs['label']}"
            )
    if len(names) > MOST_LISTED:
        click.echo(f"… and {len(names) - MOST_LISTED} more ('--json' names all)")
    if not names:
        click.echo(
            "no trajectories; write for example 'trajectory: {every: 1 ps}' into the sweep file "
            "and give the 'lbhsweep run' command again"
        )

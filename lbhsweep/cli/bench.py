"""``lbhsweep bench``: throughput on this machine, where the time goes, conservation of energy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import LbhsweepError, SpecError

if TYPE_CHECKING:
    from lbhsweep.simulation.benchmark import Prepared
    from lbhsweep.sweep.grid import Grid

MIN_STEPS = 50
OPTIONS = MappingProxyType(
    {
        "system.supercell": "--supercell",
        "axes.temperature": "--temperature",
        "axes.pressure": "--pressure",
        "axes.potential": "--potential",
        "model.cutoff": "--cutoff",
        "dynamics.ensemble": "--ensemble",
    }
)
"""Option for each key of the sweep of one point that is measured."""


def _in(unit: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """Build a callback that adds a unit to a bare number."""

    def complete(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
        try:
            return f"{float(text):.12g} {unit}"
        except ValueError:
            return text

    return complete


def wrong_options(error: LbhsweepError) -> list[str]:
    """Format errors of `bench_grid`, one a line, by option or by the parameter file's line."""
    if not isinstance(error, SpecError):
        return [f"{OPTIONS['axes.potential']}: {error}"]
    return [
        f"{OPTIONS[key]}: {problem.message}"
        if (key := problem.key.partition("[")[0]) in OPTIONS
        else str(problem)
        for problem in error.problems
    ]


@click.command(
    "bench",
    epilog=examples("lbhsweep bench", "lbhsweep bench --supercell 3 --temperature '600 K' --drift"),
)
@click.option("--supercell", default=2, show_default=True, help="Cubic cells along each axis.")
@click.option("--temperature", callback=_in("K"), default="300 K", show_default=True)
@click.option("--pressure", callback=_in("GPa"), default="0 GPa", show_default=True)
@click.option(
    "--ensemble", type=click.Choice(["npt", "nvt", "nve"]), default="npt", show_default=True
)
@click.option(
    "--cutoff",
    callback=_in("Å"),
    default="9 Å",
    show_default=True,
    help="Less than half the box: a single cell needs about '4.5 Å'.",
)
@click.option(
    "--potential",
    default="lbh-2021",
    show_default=True,
    help="A shipped parameter set, or the path of a parameter file (.yaml).",
)
@click.option(
    "--steps",
    type=click.IntRange(MIN_STEPS),
    default=1000,
    show_default=True,
    help=f"Outer steps to be timed, at least {MIN_STEPS}.",
)
@click.option(
    "--equilibrate",
    type=click.IntRange(0),
    default=500,
    show_default=True,
    help="Outer steps before.",
)
@click.option("--drift", is_flag=True, help="Also measure the drift of the total energy in NVE.")
@click.option(
    "--drift-steps",
    type=click.IntRange(100),
    default=10_000,
    show_default=True,
    help="Outer steps of that run, after 1 ps that is left out; wanted 10 ps or more.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    steps: int, equilibrate: int, drift: bool, drift_steps: int, as_json: bool, **settings: Any
) -> None:
    """Measure how fast one core runs α-Li2B12H12, where the time goes, and the energy's drift.

    All other settings are the defaults of sweeps. Here bare numbers are K, GPa and Å. Kernels are
    compiled before anything is timed.
    """
    from lbhsweep.simulation.benchmark import bench_grid, prepare, time_steps

    try:
        grid = bench_grid(**settings)
    except LbhsweepError as error:
        click.echo("\n".join(wrong_options(error)), err=True)
        sys.exit(2)
    _say("compiling, relaxing and equilibrating")
    prepared = prepare(grid, equilibrate)
    _say(f"timing {steps} outer steps of {prepared.potential.n_atoms} atoms")
    found = _summary(grid, prepared, time_steps(prepared, steps))
    if drift:
        found |= _drift(prepared, drift_steps, 1.0 / found["steps_per_second"])
    if as_json:
        print_json(found)
    else:
        _show(found)


def _say(text: str) -> None:
    click.echo(f"{text} …", err=True)


def _drift(prepared: Prepared, steps: int, seconds_a_step: float) -> dict[str, float]:
    from lbhsweep.simulation.benchmark import RELIABLE_DRIFT_PS, nve_drift

    length = steps * prepared.integrator.dynamics.outer_step
    _say(f"measuring the drift over {length:g} ps, about {steps * seconds_a_step:.0f} s")
    if length < RELIABLE_DRIFT_PS:
        click.echo(
            f"warning: {length:g} ps are too short to separate drift and scatter, wanted at least "
            f"{RELIABLE_DRIFT_PS:g} ps: --drift-steps "
            f"{round(steps * RELIABLE_DRIFT_PS / length)}",
            err=True,
        )
    measured = nve_drift(prepared, steps)
    return {
        "nve_drift_kT_per_atom_per_ns": measured.slope,
        "nve_drift_stderr_kT_per_atom_per_ns": measured.stderr,
        "nve_drift_ps": measured.length_ps,
        "nve_temperature_K": measured.temperature,
    }


def _summary(grid: Grid, prepared: Prepared, timing: Any) -> dict[str, Any]:
    import numpy as np

    from lbhsweep.simulation.benchmark import breakdown
    from lbhsweep.simulation.provenance import provenance

    (point,) = grid.points
    outer_ps = point.dynamics.outer_step_ps
    by_block = timing.ns_per_day(outer_ps)
    about = provenance()
    return {
        "n_atoms": prepared.potential.n_atoms,
        "steps_per_second": float(1.0 / np.median(timing.seconds)),
        "ns_per_day": float(np.median(by_block)),
        "ns_per_day_spread": [float(by_block.min()), float(by_block.max())],
        "cpu_share": timing.cpu_share,
        "compile_seconds": prepared.compile_seconds,
        "timestep_fs": point.dynamics.timestep_fs,
        "outer_timestep_fs": outer_ps * 1e3,
        "list_rebuilds_per_step": timing.rebuilds,
        "breakdown": breakdown(prepared, timing),
        "temperature_K": prepared.temperature,
        "pressure_GPa": point.pressure_GPa,
        "ensemble": point.dynamics.ensemble,
        "potential": point.model.potential,
        "cutoff_A": point.model.cutoff_A,
        "cpu": about["cpu"],
        "cpu_features": about["cpu_features"],
        "package": about["package"],
    }


def _show(found: dict[str, Any]) -> None:
    click.echo(
        f"{found['n_atoms']} atoms, {found['potential']}, cutoff {found['cutoff_A']:g} Å, "
        f"{found['ensemble'].upper()}, {found['temperature_K']:g} K, {found['pressure_GPa']:g} GPa"
    )
    click.echo(f"{found['cpu']}: {found['cpu_features']}")
    low, high = found["ns_per_day_spread"]
    click.echo(
        f"{found['ns_per_day']:.1f} ns/day (blocks from {low:.1f} to {high:.1f}; "
        f"{found['cpu_share']:.0%} of the time on the processor)"
    )
    click.echo(
        f"{found['steps_per_second']:.1f} outer steps/s of {found['outer_timestep_fs']:g} fs, "
        f"inner step {found['timestep_fs']:g} fs; a list lasts "
        f"{_steps_a_list(found['list_rebuilds_per_step'])} outer steps"
    )
    click.echo(
        f"kernels compiled, or loaded from the cache, in {found['compile_seconds']:.1f} s before\n"
    )
    step = 1.0 / found["steps_per_second"]
    click.echo(f"{'an outer step':<16}{'ms':>8}{'share':>8}")
    for part, seconds in [*found["breakdown"].items(), ("sum", step)]:
        shown = f"{1e3 * seconds:8.3f}{seconds / step:8.0%}"
        # Differences of measurements.
        if part in ("integration", "other") and seconds <= 0.0:
            shown = "     below noise"
        click.echo(f"{part:<16}{shown}")
    if "nve_drift_ps" in found:
        click.echo(
            f"\ndrift in NVE: {found['nve_drift_kT_per_atom_per_ns']:.4f} ± "
            f"{found['nve_drift_stderr_kT_per_atom_per_ns']:.4f} kT per atom per ns over "
            f"{found['nve_drift_ps']:g} ps at {found['nve_temperature_K']:.0f} K"
        )


def _steps_a_list(rebuilds: float) -> str:
    return f"{1.0 / rebuilds:.1f}" if rebuilds else "all"

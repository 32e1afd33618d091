"""``lbhsweep analyze``: transitions, heat capacities and barocaloric effects of a sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.cli.work_shown import WorkShown
from lbhsweep.units import plain_number

_COLUMNS = (
    ("P\nGPa", "pressure_GPa"),
    ("T_t\nK", "transition_temperature"),
    ("ΔV\nÅ³/f.u.", "volume_step"),
    ("ΔH\nkJ/mol", "enthalpy_step"),
    ("ΔH/T_t\nJ/kg/K", "entropy_step_enthalpy"),
    ("ΔV dP/dT\nJ/kg/K", "entropy_step_clapeyron"),
    ("closure\nJ/kg/K", "entropy_closure"),
    ("mean C_P\nJ/kg/K", "mean_heat_capacity"),
)
_GROWTH_COLUMNS = (
    ("P\nGPa", "pressure_GPa"),
    ("T_t\nK", "transition_temperature"),
    ("low phase won\nup to, K", "low_phase_won_at"),
    ("high phase won\ndown to, K", "high_phase_won_at"),
    ("dv/dT\nÅ/ps/K", "growth_coefficient"),
)
_BRACKETS = (
    "In brackets: one standard error (1 σ, 68 %) of the last digits, "
    "of steps with range and order of fits; (?): error unknown"
)


@click.command(
    "analyze", epilog=examples("lbhsweep analyze DIR", "lbhsweep analyze DIR --json > numbers.json")
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rehearsal", is_flag=True, help="Analyze the folder's rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, rehearsal: bool, as_json: bool) -> None:
    """Analyze the results in FOLDER, and write FOLDER/analysis.zarr.

    Uses all runs that are finished; prints what is missing and why.
    """
    from lbhsweep.analysis import analyze_results, summarize, write_analysis
    from lbhsweep.cli.results import open_sweep

    with WorkShown("opening the results") as work:
        sweep, results = open_sweep(folder, rehearsal=rehearsal)
        analysis = analyze_results(results, stage=work)
        work("writing the analysis")
        write_analysis(analysis, sweep.analysis)
    summary = summarize(analysis) | {"analysis": str(sweep.analysis)}
    if as_json:
        print_json(summary, allow_nan=False)
    else:
        _show(summary)


def _show(summary: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if summary["rehearsal"]:
        console.print("REHEARSAL – not physics", style="bold red")
    runs = summary["runs"]
    console.print(f"{runs['done']} runs done, {runs['failed']} failed, {runs['missing']} missing")
    if not runs["done"]:
        console.print("no run has finished yet", style="yellow")
        return
    for material in summary["materials"]:
        _show_material(console, material)
    for material in summary["equilibrium"]:
        _show_equilibrium(console, material)
    console.print(f"written: {summary['analysis']}", markup=False)


def _show_table(
    console: Any, material: dict[str, Any], title: str, columns: Sequence[tuple[str, str]]
) -> None:
    """Print numbers by pressure, and what their brackets mean."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    table = Table(
        *(Column(header, justify="right") for header, _ in columns),
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for entry in material["pressures"]:
        table.add_row(*(_cell(entry[key]) for _, key in columns))
    console.print(table)
    console.print(_BRACKETS, markup=False)


def _show_material(console: Any, material: dict[str, Any]) -> None:
    from lbhsweep.analysis.summary import note_bounds

    route = material["route"] or "none"
    _show_table(console, material, f"{material['label']}; T_t by {route}", _COLUMNS)
    if note := note_bounds(material):
        console.print(note, markup=False)
    slope = material["boundary_slope"]
    console.print(f"dT/dP  {_cell(slope)} K/GPa{_at_bound(slope)}")
    for label, key, unit in (
        ("largest ΔS_iso", "largest_entropy_change", "J/kg/K"),
        ("  from V only (Maxwell)", "isothermal_entropy_change_maxwell", "J/kg/K"),
        ("largest ΔT_ad ", "largest_temperature_change", "K"),
        ("largest ΔS_rev", "largest_reversible_entropy_change", "J/kg/K"),
        ("largest ΔT_rev", "largest_reversible_temperature_change", "K"),
    ):
        console.print(f"{label}  {_effect(material[key], unit)}")
    for energy in material["activation_energies"]:
        if energy["quantity"] != "conductivity_tracer":  # that of diffusion again
            console.print(_activation(energy), markup=False)
    console.print(f"least reversible P  {_cell(material['reversible_pressure'])} GPa")
    for one in material["published"]:
        console.print(f"published T_t  {one['statement']}", markup=False)
    for note in (
        *material["contradicts_published"],
        *material["missing"],
        *material["flagged"],
    ):
        console.print(f"  · {note}", style="yellow", markup=False)


def _show_equilibrium(console: Any, material: dict[str, Any]) -> None:
    """Print T_t by the growth of coexisting phases, and how many runs each phase won."""
    from lbhsweep.analysis.phases.assignment import name_in_sentence
    from lbhsweep.analysis.summary import describe_coexistence, note_bounds

    first, second = (name_in_sentence(phase) for phase in material["phases"])
    columns = (
        *_GROWTH_COLUMNS,
        (f"{first} won\nruns", "n_first_won"),
        (f"{second} won\nruns", "n_second_won"),
        ("open\nruns", "n_undecided"),
        ("left out\nruns", "n_unused"),
    )
    _show_table(console, material, describe_coexistence(material), columns)
    if note := note_bounds(material, derived=False):
        console.print(note, markup=False)
    console.print(f"dT/dP  {_cell(material['boundary_slope'])} K/GPa")
    for note in material["missing"]:
        console.print(f"  · {note}", style="yellow", markup=False)


def _effect(found: dict[str, Any] | None, unit: str) -> str:
    if found is None:
        return "–"
    return (
        f"{_cell(found)} {unit} at {found['temperature_K']:g} K, "
        f"{found['initial_pressure_GPa']:g} → {found['final_pressure_GPa']:g} GPa{_at_bound(found)}"
    )


def _at_bound(number: dict[str, Any] | None) -> str:
    """Say of which bounds of T_t a number is, if it is."""
    return f" (at T_t's {number['at_T_t']})" if number and "at_T_t" in number else ""


def _activation(energy: dict[str, Any]) -> str:
    words = f"E_a {energy['quantity']}, {energy['phase']}, {energy['pressure_GPa']:g} GPa"
    span = f"{energy['t_min_K']:g} to {energy['t_max_K']:g} K"
    caveat = f"; {energy['reason']}" if energy["reason"] else ""
    return f"{words}  {_cell(energy)} eV from {energy['n_points']} temperatures, {span}{caveat}"


def _cell(number: float | dict[str, Any] | None) -> str:
    """Write a number with its standard error and bound: 480.3(1.2), 495.98(13), ≤ 450(7)."""
    from lbhsweep.analysis.summary import combined_error, write_bound

    if number is None:
        return "–"
    if not isinstance(number, dict):
        return f"{number:g}"
    return write_bound(number, _with_error(number["value"], combined_error(number), number))


def _with_error(value: float, stderr: float | None, number: dict[str, Any]) -> str:
    """Write value and error; a value without one gets a question mark, a bound needs none."""
    if not stderr:
        is_bound = number.get("bound", "value") != "value"
        shown = plain_number(value, 4).replace(",", "")
        return shown if is_bound else f"{shown}(?)"
    exponent = math.floor(math.log10(stderr))
    digits = (stderr < 2 * 10**exponent) - exponent
    if digits > 0:
        error = f"{stderr:.{digits}f}" if stderr >= 1 else f"{round(stderr * 10**digits)}"
        return f"{value:.{digits}f}({error})"
    return f"{value:.0f}({stderr:.0f})"

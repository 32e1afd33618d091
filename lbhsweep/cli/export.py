"""``lbhsweep export``: runs and results of a sweep as files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json

if TYPE_CHECKING:
    from lbhsweep.simulation.end_state import EndState
    from lbhsweep.store.folder import SweepFolder
    from lbhsweep.sweep.point import RunPoint


NO_ASE = "writing structure files needs ASE; install it with: pip install 'lbhsweep[ase]'"


@click.group("export")
def command() -> None:
    """Write runs and results of a sweep as files of other programs."""


@command.command(
    "lammps",
    epilog=examples("lbhsweep export lammps DIR '0.3 GPa heating 5 K/ps r1' --output lammps"),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("run")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files; created if absent.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lammps(folder: Path, run: str, output: Path, as_json: bool) -> None:
    """Write the start of RUN in FOLDER for LAMMPS, and the energies that it must find there.

    RUN is the beginning of its id, or words of its label that no other run's has; it need not be
    done.
    """
    from lbhsweep.execution.folder.settings import folder_grid
    from lbhsweep.interop.lammps_export import export_run

    sweep, point = _find(folder, run)
    grid = folder_grid(sweep)
    end = _end_before(sweep, point)
    done = export_run(output, point, grid.force_fields[point.model.potential], end, grid.crystal)
    if as_json:
        found = {"folder": str(output), "label": point.label, "energies_kJ_mol": done.energies}
        print_json(found)
        return
    click.echo(f"{point.label}: {output}/README.md says what to compare")
    for term, energy in done.energies.items():
        click.echo(f"  {term:<12}{energy:18.6f} kJ/mol")
    click.echo(f"next:    cd {output} && lmp -in in.energies")


@command.command(
    "structure",
    epilog=examples(
        "lbhsweep export structure DIR 5f3a9c --output final.extxyz",
        "lbhsweep export structure DIR '600 K r0' --output POSCAR --wrap",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("run")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File; its ending sets the format: .extxyz, .cif, .vasp, .data, .xyz, …",
)
@click.option("--wrap", is_flag=True, help="Wrap ions into the cell; anions stay whole.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def structure(folder: Path, run: str, output: Path, wrap: bool, as_json: bool) -> None:
    """Write the final structure of RUN in FOLDER: atoms, cell and velocities.

    RUN is the beginning of its id, or words of its label that no other run's has.  LAMMPS data
    (.data) hold charges, bonds and angles too; all other formats are ASE's.
    """
    from lbhsweep.execution.folder.settings import folder_grid

    try:
        from lbhsweep.interop.final_structure import final_atoms, write_atoms
    except ImportError as error:
        raise click.UsageError(f"{NO_ASE} ({error})") from error

    sweep, point = _find(folder, run)
    grid = folder_grid(sweep)
    force_field = grid.force_fields[point.model.potential]
    atoms = final_atoms(sweep, point, grid.crystal, force_field=force_field, wrap=wrap)
    write_atoms(output, atoms, force_field)
    if as_json:
        found = {"written": str(output), "label": point.label, "atoms": len(atoms)}
        print_json(found)
    else:
        click.echo(f"written: {output}, {len(atoms)} atoms of {point.label}")


@command.command(
    "table",
    epilog=examples(
        "lbhsweep export table DIR transition --output transition.csv",
        "lbhsweep export table DIR hold --output holds.nc",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("group")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File; its ending sets the format: .csv, .parquet or .nc (netCDF).",
)
@click.option("--rehearsal", is_flag=True, help="Export from the folder's rehearsal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def table(folder: Path, group: str, output: Path, rehearsal: bool, as_json: bool) -> None:
    """Write GROUP of FOLDER's results (hold, ramp, coexist) or analysis to one file.

    Groups of the analysis are transition, equilibrium, holds, …
    A wrong name lists all groups, that of a group with several tables (heat_capacity) these.

    In tables a row is a cell of the grid; quantities with further axes are only in netCDF.
    """
    from lbhsweep.interop.tables import open_group, write_table

    found = write_table(output, open_group(folder, group, rehearsal=rehearsal))
    if as_json:
        print_json({"written": str(output), **found})
        return
    left = f", left out: {', '.join(found['left_out'])}" if found["left_out"] else ""
    click.echo(f"written: {output}, {found['variables']} variables{left}")


def _find(folder: Path, run: str) -> tuple[SweepFolder, RunPoint]:
    """Find a run of a sweep by a user's text."""
    from lbhsweep.cli.results import find_sweep
    from lbhsweep.execution.folder.run_names import find_point

    sweep = find_sweep(folder, rehearsal=False, need_atoms=True)
    return sweep, find_point(sweep, run)


def _end_before(sweep: SweepFolder, point: RunPoint) -> EndState | None:
    """Read the end state of the run that this one follows."""
    from lbhsweep.simulation.end_state import EndState
    from lbhsweep.store.record import read_record

    if not point.follows:
        return None
    return EndState.from_record(read_record(sweep.record_path(point.follows)).arrays)

"""``lbhsweep evaluate``: energy by term, forces and stress of one structure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import LbhsweepError, StructureError
from lbhsweep.units import GPA

if TYPE_CHECKING:
    from lbhsweep.engine.forcefield.potential import SinglePoint
    from lbhsweep.physics.forcefield import ForceField
    from lbhsweep.physics.structure import Structure

UNCHARGED = 1e-9
"""Net charge in e that is only rounding."""


@click.command(
    "evaluate",
    epilog=examples(
        "lbhsweep evaluate alpha.extxyz",
        "lbhsweep evaluate 'my.cif#alpha'",
        "lbhsweep evaluate POSCAR --potential lbh-2021-fullk --cutoff 8",
    ),
)
@click.argument("structure", type=click.Path())
@click.option(
    "--potential",
    default="lbh-2021",
    show_default=True,
    help="A shipped parameter set, or the path of a parameter file (.yaml).",
)
@click.option("--cutoff", default=9.0, show_default=True, help="Cutoff of pairs, Å.")
@click.option("--shift", is_flag=True, help="Shift pair energies to zero at the cutoff.")
@click.option(
    "--accuracy",
    type=click.Choice(["high", "production"]),
    default="high",
    show_default=True,
    help="Converged Ewald sum, or the mesh of production runs.",
)
@click.option(
    "--charge-compensation",
    type=click.Choice(["anions", "cations", "background"]),
    default="anions",
    show_default=True,
    help="What compensates the charge of missing Li.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with forces.")
def command(
    structure: str,
    potential: str,
    cutoff: float,
    shift: bool,
    accuracy: Any,
    charge_compensation: Any,
    as_json: bool,
) -> None:
    """Print energies by term, forces and stress of STRUCTURE.

    STRUCTURE is a file of LAMMPS (data, text dump) or any other that ASE reads.  After a # stands
    which crystal of several is meant: a CIF's block or a frame's number.
    """
    from lbhsweep.physics.charges import species_charges
    from lbhsweep.physics.forcefield import load_force_field

    try:
        force_field = load_force_field(potential)
        read = _read(structure, force_field)
        found = _evaluate(read, force_field, cutoff, shift, accuracy, charge_compensation)
    except LbhsweepError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    settings = {
        "potential": force_field.name,
        "cutoff_A": cutoff,
        "shift": shift,
        "accuracy": accuracy,
        "charge_compensation": charge_compensation,
        "bare_charge_e": float(species_charges(read, force_field).sum()),
    }
    summary = {"structure": structure, **settings, **_summary(read, found)}
    if as_json:
        print_json({**summary, "forces_kJ_mol_A": found.forces.tolist()})
    else:
        _show(summary)


def _read(name: str, force_field: ForceField) -> Structure:
    from lbhsweep.physics.files.read import located, read_structure_file
    from lbhsweep.physics.files.species import other_masses
    from lbhsweep.physics.molecules import structure_with_molecules

    try:
        found = read_structure_file(*located(name))
        force_field.require_species(found.symbols)
        wrong = other_masses(found.masses, force_field)
        if wrong:
            raise StructureError(wrong)
        return structure_with_molecules(
            found.symbols, found.positions, found.cell, found.molecule, force_field
        )
    except StructureError as error:
        raise StructureError(f"{name}: {error}") from error


def _evaluate(
    structure: Structure,
    force_field: ForceField,
    cutoff: float,
    shift: bool,
    accuracy: Any,
    charge_compensation: Any,
) -> SinglePoint:
    from lbhsweep.engine.forcefield.potential import ForceFieldPotential
    from lbhsweep.physics.charges import compensated_charges

    if not 0.0 < cutoff < float("inf"):
        raise StructureError(f"--cutoff is {cutoff}, wanted a positive length in Å")
    charges = compensated_charges(structure, force_field, charge_compensation)
    potential = ForceFieldPotential(
        structure, force_field, charges, cutoff_A=cutoff, shift=shift, accuracy=accuracy
    )
    return potential.single_point(structure.positions, structure.cell)


def _summary(structure: Structure, found: SinglePoint) -> dict[str, Any]:
    import numpy as np

    size = np.linalg.norm(found.forces, axis=1)
    stress = -found.virial / structure.volume / GPA
    return {
        "formula": structure.formula,
        "n_atoms": structure.n_atoms,
        "formula_units": structure.formula_units,
        "volume_A3": structure.volume,
        "energies_kJ_mol": {**found.energies, "total": found.energy},
        "max_force_kJ_mol_A": float(size.max()),
        "rms_force_kJ_mol_A": float(np.sqrt(np.mean(found.forces**2))),
        "stress_GPa": stress.tolist(),
        "pressure_GPa": float(-np.trace(stress) / 3),
    }


def _show(summary: dict[str, Any]) -> None:
    units = summary["formula_units"]
    click.echo(
        f"{summary['structure']}: {summary['formula']}, {units} formula units, "
        f"{summary['volume_A3']:.3f} Å³"
    )
    click.echo(
        f"{summary['potential']}, cutoff {summary['cutoff_A']:g} Å"
        f"{', shifted' if summary['shift'] else ''}, {summary['accuracy']} accuracy"
    )
    if abs(summary["bare_charge_e"]) > UNCHARGED:
        click.echo(
            f"the ions as listed carry {summary['bare_charge_e']:+.4g} e (vacancies?), "
            f"compensated by: {summary['charge_compensation']}"
        )
    click.echo()
    click.echo(f"{'energy':<12}{'kJ/mol':>18}{'per formula unit':>20}")
    for term, energy in summary["energies_kJ_mol"].items():
        share = f"{energy / units:20.6f}" if units else f"{'-':>20}"
        click.echo(f"{term:<12}{energy:18.6f}{share}")
    click.echo(
        f"\nforce        max {summary['max_force_kJ_mol_A']:.6f}, "
        f"rms {summary['rms_force_kJ_mol_A']:.6f} kJ/mol/Å"
    )
    click.echo("stress (GPa, positive in tension, atoms at rest)")
    for row in summary["stress_GPa"]:
        click.echo("  " + "".join(f"{value:14.6f}" for value in row))
    click.echo(f"pressure     {summary['pressure_GPa']:.6f} GPa")

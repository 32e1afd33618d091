"""A structure and its force field as input of LAMMPS (units real)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.errors import ForceFieldError
from lbhsweep.physics.conventional import oriented
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology

KCAL = 4.184
"""kJ."""
ATMOSPHERES_PER_GPA = 1e9 / 101325
FEMTOSECONDS = 1e3
"""In a ps."""
NO_RHO = 0.4
"""Å, where a pair has no repulsion: LAMMPS wants some positive length."""
REACH = 3
"""Bonds that ``special_bonds`` reaches."""
UNTILTED = 1e-9
"""Å; tilts below are rounding."""


def data_file(
    structure: Structure, velocities: FloatArray, force_field: ForceField, charges: FloatArray
) -> str:
    """Write a file for ``read_data``; atoms, bonds and angles in the structure's order.

    Parameters
    ----------
    structure : Structure
        Anions whole; any cell, which is rotated as LAMMPS requires.
    velocities : (n_atoms, 3) float64
        Å/ps.
    force_field : ForceField
        With exclusions up to three bonds, which is what ``special_bonds`` reaches.
    charges : (n_atoms,) float64
        e.

    Raises
    ------
    ForceFieldError
        If it excludes another number of neighbours.
    """
    if force_field.exclusion_depth != REACH:
        raise ForceFieldError(
            f"{force_field.name}: exclusion_depth is {force_field.exclusion_depth}, wanted "
            f"{REACH}: LAMMPS can leave out pairs up to three bonds apart and no others here"
        )
    cell, positions, speeds = oriented(structure.cell, structure.positions, velocities)
    topology = build_topology(structure, force_field)
    species = list(force_field.species)
    bond_types, bonds = _typed(topology.bond_k, topology.bond_length)
    angle_types, angles = _typed(topology.angle_k, topology.angle_theta)
    counts = {
        "atoms": structure.n_atoms,
        "bonds": len(bonds),
        "angles": len(angles),
        "atom types": len(species),
        "bond types": len(bond_types),
        "angle types": len(angle_types),
    }
    atoms = (
        (i + 1, structure.molecule[i], species.index(structure.symbols[i]) + 1, charges[i], *r)
        for i, r in enumerate(positions)
    )
    joined = {
        "Masses": ((k + 1, force_field.species[s].mass) for k, s in enumerate(species)),
        "Atoms # full": atoms,
        "Velocities": ((i + 1, *v) for i, v in enumerate(speeds / FEMTOSECONDS)),
        "Bonds": _numbered(bonds, topology.bonds),
        "Angles": _numbered(angles, topology.angles),
        "Bond Coeffs": ((n, k / 2 / KCAL, x) for n, (k, x) in enumerate(bond_types, 1)),
        "Angle Coeffs": (
            (n, k / 2 / KCAL, np.degrees(x)) for n, (k, x) in enumerate(angle_types, 1)
        ),
    }
    lines = ["LAMMPS data file of lbhsweep, units real", ""]
    lines += [f"{count} {what}" for what, count in counts.items()]
    lines += [
        f"0 {edge:.15g} {axis}lo {axis}hi" for edge, axis in zip(np.diag(cell), "xyz", strict=True)
    ]
    tilts = cell[1, 0], cell[2, 0], cell[2, 1]
    if max(map(abs, tilts)) > UNTILTED:
        lines.append(" ".join(f"{tilt:.15g}" for tilt in tilts) + " xy xz yz")
    for title, rows in joined.items():
        lines += ["", title, "", *(" ".join(f"{value:.15g}" for value in row) for row in rows)]
    return "\n".join(lines) + "\n"


def force_commands(
    data: str, force_field: ForceField, *, cutoff_A: float, shift: bool, kspace: str
) -> list[str]:
    """Write the commands that set up the forces, up to the first ``run``.

    LAMMPS's own Coulomb constant exceeds CODATA's by 2e-7.

    Parameters
    ----------
    data : str
        Name of the data file.
    force_field : ForceField
        The force field.
    cutoff_A : float
        Of pairs and of the Coulomb sum in real space, Å.
    shift : bool
        Whether Buckingham energies are zero at the cutoff.
    kspace : str
        Such as ``pppm 1e-4``.
    """
    return [
        "units real",
        "atom_style full",
        "bond_style harmonic",
        "angle_style harmonic",
        f"pair_style buck/coul/long {cutoff_A:g}",
        "special_bonds lj/coul 0 0 0",
        f"read_data {data}",
        *_pairs(force_field),
        *(["pair_modify shift yes"] if shift else []),
        f"kspace_style {kspace}",
        "neighbor 1.0 bin",
    ]


def _pairs(force_field: ForceField) -> Iterator[str]:
    known = {frozenset((one.a, one.b)): one for one in force_field.buckingham}
    numbered = enumerate(force_field.species, 1)
    for (i, a), (j, b) in combinations_with_replacement(numbered, 2):
        one = known.get(frozenset((a, b)))
        terms = (
            (one.A / KCAL, one.rho if one.A else NO_RHO, one.C / KCAL) if one else (0, NO_RHO, 0)
        )
        yield f"pair_coeff {i} {j} " + " ".join(f"{value:.15g}" for value in terms)


def _typed(constants: Any, values: Any) -> tuple[list[Any], Any]:
    kinds, which = np.unique(np.column_stack([constants, values]), axis=0, return_inverse=True)
    return kinds.tolist(), which.ravel() + 1


def _numbered(types: Any, members: Any) -> Iterator[tuple[Any, ...]]:
    return (
        (n, kind, *(atoms + 1))
        for n, (kind, atoms) in enumerate(zip(types, members, strict=True), 1)
    )

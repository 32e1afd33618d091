"""A structure and its force field in LAMMPS's words (units real)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np

from lbhsweep.physics.charges import species_charges
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


class Scheme(NamedTuple):
    """How LAMMPS integrates: its (outer) step, what sets it, options of the program."""

    step_ps: float
    commands: tuple[str, ...]
    options: tuple[str, ...] = ()


VERLET = Scheme(0.5e-3, ("timestep 0.5", "neigh_modify every 1 delay 5 check yes"))
"""As the papers run it."""
RESPA = Scheme(
    2e-3,
    (
        "timestep 2.0",
        "neigh_modify every 1 delay 0 check yes",
        "run_style respa 2 4 bond 1 angle 1 pair 2 kspace 2",
    ),
    ("-sf", "omp", "-pk", "omp", "1"),
)
"""At its best: bonds and angles every 0.5 fs, pairs and mesh every 2 fs."""
MESH = "kspace_style pppm 1e-4"
CONVERGED_MESH = "kspace_style pppm 1e-7"


def data_file(structure: Structure, velocities: Any, force_field: ForceField) -> str:
    """Write what ``read_data`` reads.

    Parameters
    ----------
    structure : Structure
        In a box whose edges lie along the axes; its charges are those of the species.
    velocities : (n_atoms, 3) float64
        Å/ps.
    force_field : ForceField
        With exclusions up to three bonds, which is what ``special_bonds`` reaches.
    """
    edges = np.diag(structure.cell)
    assert np.allclose(structure.cell, np.diag(edges)), "wanted a box along the axes"
    assert force_field.exclusion_depth == 3, "LAMMPS excludes up to 1-4 neighbours"
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
    charges = species_charges(structure, force_field)
    atoms = (
        (i + 1, structure.molecule[i], species.index(structure.symbols[i]) + 1, charges[i], *r)
        for i, r in enumerate(structure.positions)
    )
    joined = {
        "Masses": ((k + 1, force_field.species[s].mass) for k, s in enumerate(species)),
        "Atoms # full": atoms,
        "Velocities": ((i + 1, *v) for i, v in enumerate(np.asarray(velocities) / FEMTOSECONDS)),
        "Bonds": _numbered(bonds, topology.bonds),
        "Angles": _numbered(angles, topology.angles),
        "Bond Coeffs": ((n, k / 2 / KCAL, x) for n, (k, x) in enumerate(bond_types, 1)),
        "Angle Coeffs": (
            (n, k / 2 / KCAL, np.degrees(x)) for n, (k, x) in enumerate(angle_types, 1)
        ),
    }
    lines = ["LAMMPS data file", "", *(f"{count} {what}" for what, count in counts.items())]
    lines += [f"0 {edge:.15g} {axis}lo {axis}hi" for edge, axis in zip(edges, "xyz", strict=True)]
    for title, rows in joined.items():
        lines += ["", title, "", *(" ".join(f"{value:.15g}" for value in row) for row in rows)]
    return "\n".join(lines) + "\n"


def _typed(constants: Any, values: Any) -> tuple[list[Any], Any]:
    kinds, which = np.unique(np.column_stack([constants, values]), axis=0, return_inverse=True)
    return kinds.tolist(), which.ravel() + 1


def _numbered(types: Any, members: Any) -> Iterator[tuple[Any, ...]]:
    return (
        (n, kind, *(atoms + 1))
        for n, (kind, atoms) in enumerate(zip(types, members, strict=True), 1)
    )


def commands(data: str, force_field: ForceField, cutoff_A: float, scheme: Scheme) -> Any:
    """Give the commands up to the first ``run``.

    LAMMPS's own Coulomb constant exceeds CODATA's by 2e-7, which no comparison here sees.
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
        MESH,
        "neighbor 1.0 bin",
        "thermo_style custom step cpu etotal",
        "thermo_modify norm no",
        *scheme.commands,
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


def barostat(temperature_K: float, pressure_GPa: float) -> str:
    """Give the integrator of constant pressure and temperature, with the papers' times."""
    atm = pressure_GPa * ATMOSPHERES_PER_GPA
    t, p = f"{temperature_K:g}", f"{atm:.10g}"
    return f"fix move all npt temp {t} {t} 50 iso {p} {p} 500"

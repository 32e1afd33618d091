"""One snapshot for our engine and LAMMPS, and whether both see the same physics in it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lammps_input
import numpy as np
from command_line import say
from lammps_peer import Lammps, LammpsError

from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.physics.charges import species_charges
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.simulation.benchmark import Prepared, prepare
from lbhsweep.simulation.setup import build_structure
from lbhsweep.sweep.grid import Grid

SAME_ENERGY = 1e-6
"""Largest relative difference of the first total energies."""
EQUILIBRATION = 500
"""Outer steps."""
SCHEMES = {"verlet": lammps_input.VERLET, "respa": lammps_input.RESPA}


@dataclass(frozen=True)
class Start:
    """Where all begin.

    Attributes
    ----------
    ours : Prepared
    structure : Structure
        The positions and cell that `ours` has.
    force_field : ForceField
    peers : dict of str to Lammps
        By name of the scheme, all with that structure and the velocities of `ours`.
    """

    ours: Prepared
    structure: Structure
    force_field: ForceField
    peers: dict[str, Lammps]


def start(grid: Grid, lammps_python: str, stack: ExitStack) -> Start:
    """Equilibrate a little with our engine and hand the snapshot to a LAMMPS of each scheme."""
    (point,) = grid.points
    say(f"{point.label}, {'×'.join(map(str, point.system.supercell))} cells: equilibrating …")
    ours = prepare(grid, EQUILIBRATION)
    force_field = grid.force_fields[point.model.potential]
    state = ours.integrator.state
    structure = replace(
        build_structure(point), positions=state.positions.copy(), cell=state.cell.copy()
    )
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    data = folder / "start.data"
    data.write_text(
        lammps_input.data_file(
            structure, state.velocities, force_field, species_charges(structure, force_field)
        )
    )
    peers = {}
    for name, scheme in SCHEMES.items():
        peers[name] = Lammps.started(lammps_python, scheme, stack)
        commands = lammps_input.commands(str(data), force_field, point.model.cutoff_A, scheme)
        peers[name].ask("do", commands)
    return Start(ours, structure, force_field, peers)


def first_evaluation(begun: Start, peer: Lammps) -> dict[str, Any]:
    """Check that both have the same physics, and how far each is off it as it is timed.

    Our converged Ewald sum and PPPM 1e-7 must agree; the setting of production and PPPM 1e-4
    are then compared with the latter.
    """
    ours, state = begun.ours, begun.ours.integrator.state
    converged = ForceFieldPotential(
        begun.structure, begun.force_field, cutoff_A=ours.potential.cutoff_A, accuracy="high"
    ).single_point(state.positions, state.cell)
    peer.ask("do", [lammps_input.CONVERGED_MESH])
    terms, forces = peer.evaluate()
    energy = sum(terms.values())
    difference = (converged.energy - energy) / abs(energy)
    if abs(difference) > SAME_ENERGY:
        raise LammpsError(
            f"the first energies differ by {difference:.1e}, wanted at most {SAME_ENERGY:.0e}: "
            f"not the same physics; kJ/mol here {converged.energies}, in LAMMPS {terms}"
        )
    here = ours.potential.single_point(state.positions, state.cell)
    peer.ask("do", [lammps_input.MESH])
    timed_terms, timed_forces = peer.evaluate()

    def off(one: float, its_forces: Any) -> dict[str, float]:
        error = np.linalg.norm(its_forces - forces) / np.linalg.norm(forces)
        return {"energy": (one - energy) / abs(energy), "forces": float(error)}

    return {
        "energies_kJ_mol": {"lbhsweep": converged.energies, "lammps": terms},
        "relative_difference": difference,
        "relative_error_as_timed": {
            "lbhsweep": off(here.energy, here.forces),
            "lammps": off(sum(timed_terms.values()), timed_forces),
        },
    }

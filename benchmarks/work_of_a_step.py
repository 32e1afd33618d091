"""What an outer step has to do: pairs, charges, bonds, and the vector instructions they want.

Numbers come from positions and topology, not from the engine, but for the mesh.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, product

import numpy as np
import numpy.typing as npt
from machine_limits import Limits
from scipy.spatial import cKDTree

from lbhsweep.engine.forcefield.pme import ORDER, mesh_shape
from lbhsweep.engine.forcefield.potential import MESH_SPACING
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import build_topology
from lbhsweep.simulation.benchmark import Prepared

SINGLE, DOUBLE = 16, 8
"""Lanes of a vector."""

# Vector instructions by what the formulas want, a multiply-add counting as one.
DISTANCE = 3 + 3 + 1
"""Differences, their square, comparison with the cutoff."""
ROOT = {SINGLE: 5, DOUBLE: 14}
"""1/√x from the processor's estimate by Newton steps."""
EXPONENTIAL = 12
FORCE = 1 + 3 + 6 + 1
"""Selection, force, both halves of Newton's third law, 1/r²."""
SCREENING_TERMS = 14
"""Of the polynomial for erf(αr)/r."""
TERMS = {"repulsion": 4 + EXPONENTIAL, "dispersion": 3, "charge": SCREENING_TERMS + 3}
BOND = 6 + ROOT[DOUBLE] + 7 + 9 + 6
ANGLE = 12 + 2 * ROOT[DOUBLE] + 10 + 37 + 16 + 15 + 12 + 12
"""Edges, their lengths, cosine, arc cosine, sine, forces, their sums, virial."""
SPLINES = 2 * 3 * (ORDER - 1)
"""Weights and slopes along three axes, one vector each."""
ROWS = ORDER**2
SPREAD, INTERPOLATE = ROWS, 3 * ROWS
INFLUENCE = 30
"""For each vector of mesh points: k², 1/k², the exponential, energy and virial."""
MOVE = 3 * 5
"""For each atom and inner step: two kicks and a drift of three components."""
ATOM_BYTES = {"single": 3 * 4, "double": 3 * 8}


Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Work:
    """What one part does in an outer step.

    Attributes
    ----------
    part : str
        As in the breakdown that is measured.
    what : str
    count : float
    instructions : float
        Vector instructions, all together.
    bytes : float
        Moved between caches and registers at the least.
    single : bool
        Whether lanes are float32.
    """

    part: str
    what: str
    count: float
    instructions: float
    bytes: float
    single: bool = False

    def floor(self, limits: Limits) -> float:
        """Return the seconds below which it can't be done."""
        rate = limits.single if self.single else limits.double
        return max(self.instructions / rate, self.bytes / limits.read["L1"])


class PairCounter:
    """Counts pairs of different molecules in a cell whose edges lie along the axes."""

    def __init__(self, structure: Structure, cutoff_A: float) -> None:
        self.edges = np.diag(structure.cell)
        self.cutoff_A = cutoff_A
        symbols = np.array(structure.symbols)
        # A single ion is a molecule of its own.
        alone = -1 - np.arange(structure.n_atoms)
        molecule = np.where(structure.molecule == 0, alone, structure.molecule)
        self._molecules = {s: molecule[symbols == s] for s in set(structure.symbols)}
        self._positions = {s: structure.positions[symbols == s] for s in set(structure.symbols)}

    def inside(self, a: str, b: str) -> int:
        """Count pairs within the cutoff."""
        return self._count(a, b, self._positions[a], np.full(len(self._positions[a]), 0.0))

    def tried(self, a: str, b: str) -> int:
        """Count pairs of an atom `a` with the `b` near enough to the centre of its molecule.

        Near enough for any `a` of the molecule to be within the cutoff: this is what a list by
        molecules leaves to be looked at.
        """
        _, mine = np.unique(self._molecules[a], return_inverse=True)
        size = np.bincount(mine)
        sums = [np.bincount(mine, self._positions[a][:, k]) for k in range(3)]
        centres = (np.array(sums) / size).T[mine]
        radius = np.zeros(len(size))
        np.maximum.at(radius, mine, np.linalg.norm(self._positions[a] - centres, axis=1))
        return self._count(a, b, centres, radius[mine])

    def _count(self, a: str, b: str, points: Floats, margins: Floats) -> int:
        home = self._positions[b] % self.edges
        # All images, for boxes of less than twice the reach.
        shifts = self.edges * np.array(list(product((-1, 0, 1), repeat=3)))
        tree = cKDTree((shifts[:, None] + home).reshape(-1, 3))
        near = tree.query_ball_point(points % self.edges, self.cutoff_A + margins)
        found = sum(
            int((self._molecules[b][np.array(others, int) % len(home)] != own).sum())
            for own, others in zip(self._molecules[a], near, strict=True)
        )
        return found // 2 if a == b else found


def pair_work(structure: Structure, force_field: ForceField, cutoff_A: float) -> Iterator[Work]:
    """Count what the pairs of each two species need; the larger molecules own the lists."""
    known = {frozenset((one.a, one.b)): one for one in force_field.buckingham}
    charge = {name: one.charge for name, one in force_field.species.items()}
    counter = PairCounter(structure, cutoff_A)
    for a, b in combinations_with_replacement(reversed(force_field.species), 2):
        one = known.get(frozenset((a, b)))
        has = {
            "repulsion": one is not None and one.A != 0,
            "dispersion": one is not None and one.C != 0,
            "charge": charge[a] * charge[b] != 0,
        }
        terms = [term for term in has if has[term]]
        if terms:
            inside, tried = counter.inside(a, b), counter.tried(a, b)
            each = ROOT[SINGLE] + FORCE + sum(TERMS[term] for term in terms)
            yield Work(
                "pairs",
                f"{a}–{b}: {' + '.join(terms)}; {tried} tried",
                inside,
                (tried * DISTANCE + inside * each) / SINGLE,
                # The neighbour's coordinates are read, its force read and written.
                (tried + 2 * inside) * ATOM_BYTES["single"],
                single=True,
            )


def other_work(prepared: Prepared, structure: Structure, force_field: ForceField) -> Iterator[Work]:
    """Count what everything but the pairs needs."""
    topology = build_topology(structure, force_field)
    inner = prepared.integrator.dynamics.inner_steps
    charged = np.array([force_field.species[s].charge for s in structure.symbols]) != 0
    anions = structure.molecule[charged & (structure.molecule > 0)]
    each_has = np.unique(anions, return_counts=True)[1]
    inside = int((each_has * (each_has - 1) // 2).sum())
    each = DISTANCE + ROOT[DOUBLE] + FORCE + SCREENING_TERMS + 3
    double = ATOM_BYTES["double"]
    yield Work(
        "intramolecular",
        "pairs of charges in one anion",
        inside,
        inside * each / DOUBLE,
        inside * 6 * double,
    )
    bonds, angles = inner * len(topology.bonds), inner * len(topology.angles)
    yield Work("bonded", "bonds", bonds, bonds * BOND / DOUBLE, bonds * 6 * double)
    yield Work("bonded", "angles", angles, angles * ANGLE / DOUBLE, angles * 9 * double)
    n = int(charged.sum())
    per_charge = SPLINES + SPREAD + INTERPOLATE
    yield Work(
        "reciprocal",
        f"charges on {ORDER}³ mesh points each, and back",
        n,
        n * per_charge,
        n * 3 * ROWS * 8 * DOUBLE,
    )
    cell = prepared.integrator.state.cell
    shape = mesh_shape(cell, MESH_SPACING / prepared.potential.alpha)
    points = math.prod(shape)
    yield Work(
        "reciprocal",
        f"FFT there and back, {'×'.join(map(str, shape))}",
        points,
        2 * 2.5 * points * math.log2(points) / DOUBLE,
        4 * 8 * points,
    )
    yield Work(
        "reciprocal", "influence function", points / 2, points / 2 * INFLUENCE / DOUBLE, 16 * points
    )
    moves = inner * structure.n_atoms
    yield Work("integration", "atoms moved", moves, moves * MOVE / DOUBLE, moves * 5 * double)

"""Anions with prescribed rotations, sampled by an observable."""

import numpy as np
from observables.crystals import measured
from scipy.spatial.transform import Rotation as Turn

from lbhsweep.engine.dynamics.state import State
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.physics.crystal import build_alpha, icosahedron

OUTER_STEP = 0.002
EVERY = 50
"""Outer steps between samples of orientations: 0.1 ps."""
ANION_MASSES = {"Li": 6.94, "B": 10.81, "H": 1.008}


def plan_of(structure, n_frames, n_blocks=16, group="hold"):
    masses = np.array([ANION_MASSES[symbol] for symbol in structure.symbols])
    return MeasurementPlan(
        group=group,
        n_blocks=n_blocks,
        n_bins=1,
        n_formula=structure.formula_units,
        supercell=(1, 1, 1),
        mass=float(masses.sum()),
        pressure=0.0,
        temperature=500.0,
        ensemble="npt",
        structure=structure,
        masses=masses,
        charges=np.zeros(structure.n_atoms),
        outer_step=OUTER_STEP,
        sample_every=EVERY,
        produce_steps=n_frames * EVERY,
        axes={},
    )


def look(observable, plan, frame, positions, cell=None):
    """Show one frame, counted from 0."""
    step = (frame + 1) * EVERY
    block = (2 * step - EVERY) * plan.n_blocks // (2 * plan.produce_steps)
    state = State.at_rest(positions, plan.structure.cell if cell is None else cell, 1)
    observable.sample(Sample(step, block, state, measured()))


def turned(structure, matrices):
    """Turn each anion (n_anions, 3, 3) about its centre."""
    positions = structure.positions.copy()
    anions = positions[structure.molecule > 0].reshape(len(matrices), 24, 3)
    centres = anions.mean(axis=1, keepdims=True)
    moved = centres + np.einsum("nij,naj->nai", matrices, anions - centres)
    positions[structure.molecule > 0] = moved.reshape(-1, 3)
    return positions


def show(observable_class, paths, structure=None, n_blocks=16):
    """Show orientations (n_frames, n_anions, 3, 3); give the observable."""
    if structure is None:
        structure = build_alpha((paths.shape[1] // 4, 1, 1))
    plan = plan_of(structure, len(paths), n_blocks)
    observable = observable_class(plan)
    for frame, matrices in enumerate(paths):
        look(observable, plan, frame, turned(structure, matrices))
    return observable


def products(steps):
    """Turn steps (n_frames, n_anions, 3, 3) into orientations: each step after all before it."""
    paths = np.empty_like(steps)
    paths[0] = steps[0]
    for frame in range(1, len(steps)):
        paths[frame] = steps[frame] @ paths[frame - 1]
    return paths


def small_turns(rng, spread, *shape):
    """Rotation vectors with normal components of this spread in rad, as matrices."""
    vectors = rng.normal(0.0, spread, (int(np.prod(shape)), 3))
    return Turn.from_rotvec(vectors).as_matrix().reshape(*shape, 3, 3)


def fivefold_turns():
    """Return the twelve turns by 72° about the vertices of the first anion of α, as it is built."""
    structure = build_alpha((1, 1, 1))
    first = structure.positions[structure.molecule == 1]
    axes = first[12:] - first.mean(axis=0)
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    assert axes.shape == icosahedron().shape
    return Turn.from_rotvec(np.radians(72.0) * axes).as_matrix()

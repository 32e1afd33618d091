"""Plans and samples of crystals that stand still, for observables of structure."""

import numpy as np
from scipy.spatial.transform import Rotation

from lbhsweep.engine.dynamics.instant import Instant
from lbhsweep.engine.dynamics.state import State
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.physics.structure import Structure


def plan_of(structure, supercell=(2, 2, 2), group="hold", n_blocks=16, n_bins=1, steps=1600):
    return MeasurementPlan(
        group=group,
        n_blocks=n_blocks,
        n_bins=n_bins,
        n_formula=structure.formula_units,
        supercell=supercell,
        mass=155.7 * structure.formula_units,
        pressure=0.0,
        temperature=400.0 if group == "hold" else np.nan,
        ensemble="npt",
        structure=structure,
        masses=np.ones(structure.n_atoms),
        charges=np.zeros(structure.n_atoms),
        outer_step=0.002,
        sample_every=10,
        produce_steps=steps,
        axes={
            **{f"fraction_{axis}": np.arange(24) / 24 for axis in "abc"},
            "radius": 0.05 * (np.arange(200) + 0.5),
        },
    )


def measured(
    kinetic=1.0, potential=np.nan, conserved=np.nan, temperature=400.0, pressure=0.0, volume=np.nan
):
    """Stand in for an integrator, whose pressure is the same in all directions."""
    tensor = pressure * np.eye(3)
    return lambda: Instant(kinetic, potential, conserved, temperature, pressure, tensor, volume)


def sample_of(positions, cell, step=1, block=0):
    state = State.at_rest(positions, cell, 1)
    return Sample(step, block, state, measured())


def show(observable, frames, n_blocks=16, steps=1600):
    """Show configurations (positions, cell) evenly over the production; give the result."""
    for k, (positions, cell) in enumerate(frames):
        step, block = (k + 1) * steps // len(frames), k * n_blocks // len(frames)
        observable.sample(sample_of(positions, cell, step, block))
    return observable.result()


def deformed(structure, matrix, shift=(0.0, 0.0, 0.0)):
    """Strain and turn a crystal and move it; anions stay rigid and turn with the cell."""
    left, _, right = np.linalg.svd(matrix)
    turn = left @ right
    positions = structure.positions @ matrix + shift
    for number in range(1, structure.molecule.max() + 1):
        atoms = structure.molecule == number
        centre = structure.positions[atoms].mean(axis=0)
        positions[atoms] = centre @ matrix + shift + (structure.positions[atoms] - centre) @ turn
    return Structure(structure.symbols, positions, structure.cell @ matrix, structure.molecule)


def turned(structure, rng, degrees=None):
    """Turn each anion about a random axis, by a normal angle per axis or (None) at random."""
    positions = structure.positions.copy()
    for number in range(1, structure.molecule.max() + 1):
        atoms = structure.molecule == number
        centre = positions[atoms].mean(axis=0)
        turn = (
            Rotation.random(rng=rng)
            if degrees is None
            else Rotation.from_rotvec(np.radians(degrees) * rng.normal(size=3))
        )
        positions[atoms] = centre + turn.apply(positions[atoms] - centre)
    return positions


SKEWED = np.array([[1.03, 0.02, -0.05], [0.06, 0.97, 0.01], [-0.02, 0.04, 1.05]])
"""Strain by some percent, and a turn by some degrees."""


def same_bits(make, frames, split, n_blocks=16, steps=1600):
    """Check that an observable stored and restored after `split` frames loses nothing."""
    whole, first, second = make(), make(), make()
    samples = [
        sample_of(*frame, (k + 1) * steps // len(frames), k * n_blocks // len(frames))
        for k, frame in enumerate(frames)
    ]
    for one in samples:
        whole.sample(one)
    for one in samples[:split]:
        first.sample(one)
    second.restore(first.state())
    for one in samples[split:]:
        second.sample(one)
    assert whole.state().keys() == second.state().keys()
    for name, array in whole.state().items():
        np.testing.assert_array_equal(second.state()[name], array, err_msg=name)
    for name, array in whole.result().items():
        np.testing.assert_array_equal(second.result()[name], array, err_msg=name)

"""Leaving energies out spares time and changes no bit of forces and virial."""

import numpy as np
import pytest

from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field


@pytest.mark.parametrize("accuracy", ["production", "high"])
def test_forces_are_the_same_to_the_last_bit(accuracy):
    structure = build_alpha((1, 1, 1))
    shifts = np.random.default_rng(5).normal(0, 0.05, structure.positions.shape)
    positions = structure.positions + shifts
    potential = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=4.5, accuracy=accuracy
    )
    potential.update(positions, structure.cell)
    asked, left_out = (ForceBuffers.empty(potential.n_atoms, 4) for _ in range(2))
    potential.slow(positions, structure.cell, asked, energies=True)
    potential.slow(positions, structure.cell, left_out, energies=False)
    np.testing.assert_array_equal(asked.forces, left_out.forces)
    np.testing.assert_array_equal(asked.virial, left_out.virial)
    assert np.isfinite(asked.energies).all()
    assert np.isnan(left_out.energies).all()

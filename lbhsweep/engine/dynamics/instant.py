"""Energies and pressure of one state, in one pass."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.cell import cell_volume
from lbhsweep.engine.dynamics.barostat import piston_energy
from lbhsweep.engine.dynamics.kernels import moments


class Instant(NamedTuple):
    """Energies and pressure of one state.

    Attributes
    ----------
    kinetic_energy, potential_energy : float
        kJ/mol; the latter NaN if the last step did not evaluate it.
    conserved_energy : float
        Energy of the system and its piston less what the baths gave, kJ/mol: constant but for the
        error of integration, and NaN like the potential energy.
    kinetic_temperature : float
        K.
    pressure : float
        Instantaneous pressure (2K + tr W)/(3V) in kJ/mol/Å³.
    pressure_tensor : (3, 3) float64
        Instantaneous pressure (Σ m v⊗v + W)/V in kJ/mol/Å³, W being -∂U/∂ε.
    volume : float
        Å³.
    """

    kinetic_energy: float
    potential_energy: float
    conserved_energy: float
    kinetic_temperature: float
    pressure: float
    pressure_tensor: FloatArray
    volume: float


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_up(
    velocities: FloatArray,
    masses: FloatArray,
    fast_energies: FloatArray,
    slow_energies: FloatArray,
    fast_virial: FloatArray,
    slow_virial: FloatArray,
    inner_virial: FloatArray,
    strain_rate: FloatArray,
    inertia: float,
    cell: FloatArray,
    pressure_tensor: FloatArray,
) -> tuple[float, float, float, float, float]:
    """Add up energies and virials, of which the inner one is that inside rigid bodies (`frozen`).

    Arrays come one by one, because a call from Python takes a microsecond more for each tuple, and
    all in one call, because after an outer step nothing of Python's is left in the cache: what
    takes 10 µs when repeated takes 40 µs there.

    Parameters
    ----------
    velocities, masses : (n_atoms, 3), (n_atoms,) float64
    fast_energies, slow_energies : (n,) float64
        By term, kJ/mol.
    fast_virial, slow_virial, inner_virial : (3, 3) float64
        kJ/mol; the last as a negative number (`subtract_inner_virial`).
    strain_rate, inertia : (3, 3) float64, float
        Of the piston.
    cell : (3, 3) float64
        Å.
    pressure_tensor : (3, 3) float64
        Overwritten, kJ/mol/Å³.

    Returns
    -------
    kinetic, potential, piston : float
        kJ/mol.
    volume : float
        Å³.
    pressure : float
        kJ/mol/Å³.
    """
    moments(velocities, masses, np.empty(3), pressure_tensor)
    kinetic = 0.5 * (pressure_tensor[0, 0] + pressure_tensor[1, 1] + pressure_tensor[2, 2])
    potential = 0.0
    for energy in fast_energies:
        potential += energy
    for energy in slow_energies:
        potential += energy
    volume = cell_volume(cell)
    for a in range(3):
        for b in range(3):
            pressure_tensor[a, b] += fast_virial[a, b] + slow_virial[a, b] + inner_virial[a, b]
            pressure_tensor[a, b] /= volume
    pressure = (pressure_tensor[0, 0] + pressure_tensor[1, 1] + pressure_tensor[2, 2]) / 3.0
    return kinetic, potential, piston_energy(strain_rate, inertia), volume, pressure

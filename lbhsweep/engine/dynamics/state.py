"""Everything that the future of a simulation depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.cell import cell_volume
from lbhsweep.engine.dynamics import random
from lbhsweep.units import ACCELERATION, BOLTZMANN

_ACCOUNTS = ("thermostat_work", "barostat_work", "pressure", "followed_energy")


@dataclass(slots=True)
class State:
    """Where a simulation stands after a whole number of outer steps.

    Attributes
    ----------
    positions : (n_atoms, 3) float64
        Å, unwrapped.
    velocities : (n_atoms, 3) float64
        Å/ps, relative to the deforming cell; their centre of mass rests unless atoms are frozen.
    cell : (3, 3) float64
        Å, rows are lattice vectors.
    strain_rate : (3, 3) float64
        Rate of the cell's deformation in 1/ps.
    seed : int
        64-bit key of all random numbers; with `step` it is the generator's whole state.
    step : int
        Outer steps done.
    thermostat_work, barostat_work : float
        Energy in kJ/mol that the baths, the steady push and changes of the target pressure have
        given to the system so far.
    pressure : float
        Target against which the piston last acted, kJ/mol/Å³.
    followed_energy : float
        What the conserved energy may have drifted to, kJ/mol (see `watchdog`).
    """

    positions: FloatArray
    velocities: FloatArray
    cell: FloatArray
    strain_rate: FloatArray
    seed: int
    step: int = 0
    thermostat_work: float = 0.0
    barostat_work: float = 0.0
    pressure: float = 0.0
    followed_energy: float = 0.0

    @classmethod
    def at_rest(cls, positions: FloatArray, cell: FloatArray, seed: int) -> Self:
        """Place motionless atoms in a cell; arrays are copied."""
        return cls(
            np.array(positions, dtype=np.float64, order="C"),
            np.zeros_like(positions, dtype=np.float64),
            np.array(cell, dtype=np.float64, order="C"),
            np.zeros((3, 3)),
            seed,
        )

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.positions)

    @property
    def volume(self) -> float:
        """Volume of the cell in Å³."""
        return float(cell_volume(self.cell))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all fields as arrays, for a checkpoint."""
        return {
            "positions": self.positions.copy(),
            "velocities": self.velocities.copy(),
            "cell": self.cell.copy(),
            "strain_rate": self.strain_rate.copy(),
            "counters": np.array([self.seed, self.step], dtype=np.uint64),
            "accounts": np.array([getattr(self, name) for name in _ACCOUNTS]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Rebuild the state that `to_arrays` gave, to the last bit."""
        seed, step = (int(value) for value in arrays["counters"])
        accounts = dict(zip(_ACCOUNTS, arrays["accounts"].tolist(), strict=True))
        return cls(
            positions=np.array(arrays["positions"]),
            velocities=np.array(arrays["velocities"]),
            cell=np.array(arrays["cell"]),
            strain_rate=np.array(arrays["strain_rate"]),
            seed=seed,
            step=step,
            **accounts,
        )


def draw_velocities(
    state: State,
    masses: FloatArray,
    temperature: float,
    frozen: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw Maxwell–Boltzmann velocities at exactly this temperature.

    The kinetic energy is scaled to N_f k_B T / 2, so that replicas differ only in direction.
    The centre of mass is brought to rest and N_f = 3N - 3; if atoms are frozen nothing holds
    the centre of mass of the others, and N_f is three times their number.

    Parameters
    ----------
    state : State
        Its `velocities` are replaced, drawn from its seed and step.
    masses : (n_atoms,) float64
        g/mol.
    temperature : float
        K.
    frozen : (n_atoms,) bool, optional
        Atoms that get no velocity.
    """
    flat = np.empty(state.velocities.size)
    random.fill_normals(state.seed, state.step, random.STREAM_VELOCITIES, flat)
    velocities = flat.reshape(-1, 3) / np.sqrt(masses)[:, None]
    if frozen is None or not frozen.any():
        velocities -= masses @ velocities / masses.sum()
    else:
        velocities[frozen] = 0.0
    twice_kinetic = float(masses @ (velocities**2).sum(axis=1)) / ACCELERATION
    wanted = degrees_of_freedom(len(masses), frozen) * BOLTZMANN * temperature
    state.velocities[:] = velocities * np.sqrt(wanted / twice_kinetic)


def degrees_of_freedom(n_atoms: int, frozen: npt.NDArray[np.bool_] | None = None) -> int:
    """Count them: 3N - 3 with the centre of mass at rest, 3 for each mobile atom otherwise."""
    if frozen is None or not frozen.any():
        return 3 * n_atoms - 3
    return 3 * int(n_atoms - np.count_nonzero(frozen))

"""Limits beyond which a simulation has lost its physics.

Checked after every outer step's motion and before forces are evaluated there, because a
neighbour list built from such positions could reach outside its arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba as nb

from lbhsweep.engine.potential import FloatArray
from lbhsweep.engine.state import State
from lbhsweep.errors import BoxCollapseError, LostAtomsError, NotFiniteError


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still believed.

    Attributes
    ----------
    displacement : float
        Largest motion of an atom in one outer step, Å (hydrogen at 700 K and 2 fs: 0.2).
    strain : float
        Largest relative change of the cell's edges in one outer step.
    volume_per_atom : tuple of float
        Smallest and largest Å³ per atom (Li2B12H12: 8 to 11).
    temperature : float
        Largest kinetic temperature, K.
    """

    displacement: float = 1.5
    strain: float = 0.05
    volume_per_atom: tuple[float, float] = (3.0, 40.0)
    temperature: float = 1e4

    def check_strain(self, strain: float, step: int) -> None:
        """Look at what the barostat is about to do to the cell's edges in an outer step.

        Raises
        ------
        NotFiniteError
            If the strain is not a number.
        BoxCollapseError
            If it exceeds `strain`.
        """
        if math.isnan(strain):
            raise NotFiniteError("the strain rate is not a number: the pressure diverged", step)
        if abs(strain) > self.strain:
            raise BoxCollapseError(
                f"the cell's edges would change by {strain:+.3g} of themselves in one outer step, "
                f"at most {self.strain:g} is believed; give the barostat more time",
                step,
            )

    def check_motion(self, state: State, duration: float, step: int) -> None:
        """Look at velocities and cell after the motion of an outer step.

        Parameters
        ----------
        state : State
            Positions, velocities and cell after the motion.
        duration : float
            Length of an outer step, ps.
        step : int
            Number of the outer step, for the message.

        Raises
        ------
        NotFiniteError
            If a velocity, a position or the cell is not a number.
        LostAtomsError
            If an atom moved further than `displacement`.
        BoxCollapseError
            If the volume per atom left its range.
        """
        speed = self.displacement / duration
        atom = first_runaway(state.positions, state.velocities, speed * speed)
        if atom >= 0:
            velocity, position = state.velocities[atom], state.positions[atom]
            moved = duration * math.sqrt(float(velocity @ velocity))
            if not math.isfinite(moved) or not math.isfinite(float(position.sum())):
                raise NotFiniteError(
                    f"atom {atom} has position {position} Å and velocity {velocity} Å/ps: the "
                    "forces diverged; try a shorter timestep or a less strained start",
                    step,
                )
            raise LostAtomsError(
                f"atom {atom} moves {moved:.3g} Å in one outer step, at most "
                f"{self.displacement:g} Å is possible; try a shorter timestep",
                step,
            )
        per_atom = state.volume / state.n_atoms
        smallest, largest = self.volume_per_atom
        if not smallest <= per_atom <= largest:
            raise BoxCollapseError(
                f"the volume is {per_atom:.4g} Å³ per atom, wanted {smallest:g} to {largest:g}; "
                "check the pressure, or give the barostat more time",
                step,
            )

    def check_energy(self, potential_energy: float, temperature: float, step: int) -> None:
        """Look at potential energy (kJ/mol) and kinetic temperature (K).

        Raises
        ------
        NotFiniteError
            If either is not a number.
        LostAtomsError
            If the temperature ran away.
        """
        if not math.isfinite(potential_energy) or not math.isfinite(temperature):
            raise NotFiniteError(
                f"the potential energy is {potential_energy} kJ/mol and the kinetic temperature "
                f"{temperature} K: the forces diverged; try a shorter timestep",
                step,
            )
        if temperature > self.temperature:
            raise LostAtomsError(
                f"the kinetic temperature is {temperature:.4g} K, at most {self.temperature:g} K "
                "is believed; try a shorter timestep",
                step,
            )


@nb.njit(cache=True, nogil=True)
def first_runaway(positions: FloatArray, velocities: FloatArray, limit: float) -> int:
    """Find the first atom whose squared speed exceeds `limit` or is not a number; -1 for none."""
    for i in range(velocities.shape[0]):
        square = velocities[i, 0] ** 2 + velocities[i, 1] ** 2 + velocities[i, 2] ** 2
        place = positions[i, 0] + positions[i, 1] + positions[i, 2]
        # Written so that NaN, which compares false with everything, counts as beyond the limit.
        if not (square <= limit and abs(place) < math.inf):
            return i
    return -1

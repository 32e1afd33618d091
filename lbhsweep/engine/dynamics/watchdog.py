"""Limits beyond which a simulation has lost its physics.

Motion is checked in every outer step before forces are evaluated at the new positions, because a
neighbour list built from such positions could reach outside its arrays.

The conserved energy of a run fluctuates, and creeps a little.  Watched is its distance from a
reference that follows it, but no faster than the drift that is still believed: so a good run of
any length never gathers a distance, whereas a sudden gain or a lasting drift beyond belief does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lbhsweep.engine.dynamics.state import State
from lbhsweep.errors import (
    BoxCollapseError,
    EnergyDriftError,
    LostAtomsError,
    NotFiniteError,
)

DRIFT_EVERY = 16
"""Outer steps from one look at the conserved energy to the next."""


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
    drift : float
        Fastest lasting change of the conserved energy, kT per atom and ns (good: below 0.05).
    jump : float
        Largest distance of the conserved energy from where such a drift could have carried it,
        kT per atom.
    """

    displacement: float = 1.5
    strain: float = 0.05
    volume_per_atom: tuple[float, float] = (3.0, 40.0)
    temperature: float = 1e4
    drift: float = 1.0
    jump: float = 0.5

    def check_strain(self, strain: float, step: int) -> None:
        """Look at the largest component of the strain that an outer step would bring.

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

    def check_motion(self, state: State, runaway: int, duration: float) -> None:
        """Look at velocities and cell after the motion of an outer step.

        Parameters
        ----------
        state : State
            Positions, velocities and cell after the motion.
        runaway : int
            First atom found to be faster than `displacement` allows or nowhere; -1 for none.
        duration : float
            Length of an outer step, ps.

        Raises
        ------
        NotFiniteError
            If a velocity, a position or the cell is not a number.
        LostAtomsError
            If an atom moved further than `displacement`.
        BoxCollapseError
            If the volume per atom left its range.
        """
        if runaway >= 0:
            self._raise_runaway(state, runaway, duration)
        per_atom = state.volume / state.n_atoms
        smallest, largest = self.volume_per_atom
        if not smallest <= per_atom <= largest:
            raise BoxCollapseError(
                f"the volume is {per_atom:.4g} Å³ per atom, wanted {smallest:g} to {largest:g}; "
                "check the pressure, or give the barostat more time",
                state.step,
            )

    def _raise_runaway(self, state: State, atom: int, duration: float) -> None:
        velocity, position = state.velocities[atom], state.positions[atom]
        moved = duration * math.sqrt(float(velocity @ velocity))
        if not math.isfinite(moved) or not math.isfinite(float(position.sum())):
            raise NotFiniteError(
                f"atom {atom} has position {position} Å and velocity {velocity} Å/ps: the "
                "forces diverged; try a shorter timestep or a less strained start",
                state.step,
            )
        raise LostAtomsError(
            f"atom {atom} moves {moved:.3g} Å in one outer step, at most "
            f"{self.displacement:g} Å is possible; if it fell onto another atom, check their "
            "repulsion in the parameter file, else try a shorter timestep",
            state.step,
        )

    def check_temperature(self, temperature: float, step: int) -> None:
        """Look at the kinetic temperature, K: what diverges shows there.

        Raises
        ------
        NotFiniteError
            If it is not a number.
        LostAtomsError
            If it ran away.
        """
        if not math.isfinite(temperature):
            raise NotFiniteError(
                f"the kinetic temperature is {temperature} K: the forces diverged; try a shorter "
                "timestep",
                step,
            )
        if temperature > self.temperature:
            raise LostAtomsError(
                f"the kinetic temperature is {temperature:.4g} K, at most {self.temperature:g} K "
                "is believed; try a shorter timestep",
                step,
            )

    def follow_drift(
        self, conserved: float, followed: float, thermal: float, elapsed: float, step: int
    ) -> float:
        """Look at the conserved energy and let the reference follow it.

        Parameters
        ----------
        conserved : float
            Conserved energy, kJ/mol.
        followed : float
            Reference at the last look, kJ/mol.
        thermal : float
            k_B T of all mobile atoms together, kJ/mol.
        elapsed : float
            ps since the last look.
        step : int
            Outer step, for the message.

        Returns
        -------
        float
            The reference now, kJ/mol.

        Raises
        ------
        EnergyDriftError
            If the conserved energy is too far from it.
        """
        reach = 1e-3 * self.drift * thermal * elapsed
        followed += min(reach, max(-reach, conserved - followed))
        distance = (conserved - followed) / thermal
        if not abs(distance) <= self.jump:
            raise EnergyDriftError(
                f"the conserved energy is {conserved:.8g} kJ/mol, {distance:+.3g} kT per atom from "
                f"where a drift of {self.drift:g} kT per atom and ns could have carried it, at "
                f"most {self.jump:g} is believed; take a shorter timestep, also for non-bonded "
                "forces, and check that the force field keeps atoms apart",
                step,
            )
        return followed

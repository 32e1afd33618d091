"""Reversible multiple-time-step integration in the NVE, NVT and NPT ensembles.

One outer step Δt of n inner steps δt is the symmetric product (right half mirrored)::

    bath/2 · piston/2 · slow kick/2 · [fast kick/2 · drift · fast kick/2]ⁿ · …

after Tuckerman, Berne and Martyna, J. Chem. Phys. 97, 1990 (1992),
https://doi.org/10.1063/1.463137; baths and piston: see `thermostat` and `barostat`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lbhsweep.engine import random
from lbhsweep.engine.barostat import Barostat
from lbhsweep.engine.integrate_kernels import drift, kick, rest, twice_kinetic
from lbhsweep.engine.potential import ForceBuffers, Potential
from lbhsweep.engine.state import State
from lbhsweep.engine.thermostat import rescaling_factor
from lbhsweep.engine.watchdog import Limits
from lbhsweep.units import ACCELERATION, BOLTZMANN

Ensemble = Literal["nve", "nvt", "npt"]


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How to integrate.

    Attributes
    ----------
    ensemble : {'nve', 'nvt', 'npt'}
        What is held constant.
    timestep : float
        Inner step δt in ps.
    inner_steps : int
        Inner steps in an outer step.
    thermostat_time, barostat_time : float
        Relaxation times in ps.
    pressure : float
        Target in kJ/mol/Å³; in NVE and NVT it enters the enthalpy only.
    reference_temperature : float
        Temperature in K from which the barostat's inertia follows.
    """

    ensemble: Ensemble
    timestep: float
    inner_steps: int = 1
    thermostat_time: float = 0.1
    barostat_time: float = 1.0
    pressure: float = 0.0
    reference_temperature: float = 300.0

    @property
    def outer_step(self) -> float:
        """Length of an outer step in ps."""
        return self.timestep * self.inner_steps


class Integrator:
    """Carries a state forward, one outer step at a time.

    Parameters
    ----------
    potential : Potential
        Where forces come from.
    state : State
        Advanced in place.
    dynamics : Dynamics
        How to integrate.
    limits : Limits
        What the watchdog believes.
    resumed : bool
        Whether the potential's list has been restored and must stay as it is.

    Raises
    ------
    SimulationError
        If the watchdog or the potential finds that the physics failed.
    """

    def __init__(
        self,
        potential: Potential,
        state: State,
        dynamics: Dynamics,
        *,
        limits: Limits | None = None,
        resumed: bool = False,
    ) -> None:
        self.potential = potential
        self.state = state
        self.dynamics = dynamics
        self.limits = limits or Limits()
        self.freedom = 3 * state.n_atoms - 3
        self.masses = np.ascontiguousarray(potential.masses, dtype=np.float64)
        self._per_mass = ACCELERATION / self.masses
        self._barostat = Barostat.with_time(
            dynamics.pressure, dynamics.barostat_time, self.freedom, dynamics.reference_temperature
        )
        self._fast = ForceBuffers.empty(state.n_atoms, len(potential.fast_terms))
        self._slow = ForceBuffers.empty(state.n_atoms, len(potential.slow_terms))
        if not resumed:
            potential.update(state.positions, state.cell, state.step)
        potential.fast(state.positions, state.cell, self._fast)
        potential.slow(state.positions, state.cell, self._slow)

    @property
    def potential_energy(self) -> float:
        """Potential energy in kJ/mol."""
        return float(self._fast.energies.sum() + self._slow.energies.sum())

    @property
    def kinetic_energy(self) -> float:
        """Kinetic energy in kJ/mol."""
        return 0.5 * float(twice_kinetic(self.state.velocities, self._per_mass))

    @property
    def pressure(self) -> float:
        """Instantaneous pressure (2K + tr W)/(3V) in kJ/mol/Å³."""
        return self._internal_pv() / self.state.volume

    @property
    def conserved_energy(self) -> float:
        """Energy of the system and its piston less what the baths gave, kJ/mol.

        Constant but for the error of integration.
        """
        state = self.state
        energy = self.kinetic_energy + self.potential_energy - state.thermostat_work
        if self.dynamics.ensemble != "npt":
            return energy
        piston = self._barostat.kinetic_energy(state.strain_rate[0, 0])
        return energy + piston + self.dynamics.pressure * state.volume - state.barostat_work

    def temperature_of(self, kinetic_energy: float) -> float:
        """Convert a kinetic energy in kJ/mol to a kinetic temperature in K."""
        return 2.0 * kinetic_energy / (self.freedom * BOLTZMANN)

    def advance(self, temperature: float = 0.0) -> None:
        """Go one outer step forward.

        Parameters
        ----------
        temperature : float
            Temperature of the baths during this step, K; not used in NVE.

        Raises
        ------
        SimulationError
            If the watchdog or the potential finds that the physics failed; the state is then
            that of the failure.
        """
        state, half = self.state, 0.5 * self.dynamics.outer_step
        self._couple_baths(temperature, last=False)
        self._push_piston(half, temperature)
        kick(state.velocities, self._slow.forces, self._per_mass, half)
        self._inner_steps()
        if self.dynamics.ensemble == "npt":
            eta = float(state.strain_rate[0, 0])
            state.barostat_work += self._barostat.steady_work(eta, 2.0 * half, temperature)
        state.step += 1
        self.limits.check_motion(state, self.dynamics.outer_step, state.step)
        self.potential.update(state.positions, state.cell, state.step)
        self.potential.slow(state.positions, state.cell, self._slow)
        kick(state.velocities, self._slow.forces, self._per_mass, half)
        self._push_piston(half, temperature)
        self._couple_baths(temperature, last=True)
        reached = self.temperature_of(self.kinetic_energy)
        self.limits.check_energy(self.potential_energy, reached, state.step)

    def _inner_steps(self) -> None:
        state, dt = self.state, self.dynamics.timestep
        eta = float(state.strain_rate[0, 0])
        self.limits.check_strain(eta * self.dynamics.outer_step, state.step + 1)
        stretch, shrink = math.exp(eta * dt), math.exp(-eta * dt)
        reach = math.sinh(eta * dt) / eta if eta else dt
        for _ in range(self.dynamics.inner_steps):
            kick(state.velocities, self._fast.forces, self._per_mass, 0.5 * dt)
            drift(state.positions, state.velocities, stretch, reach, shrink)
            state.cell *= stretch
            self.potential.fast(state.positions, state.cell, self._fast)
            kick(state.velocities, self._fast.forces, self._per_mass, 0.5 * dt)

    def _internal_pv(self) -> float:
        trace = float(np.trace(self._fast.virial) + np.trace(self._slow.virial))
        return (float(twice_kinetic(self.state.velocities, self._per_mass)) + trace) / 3.0

    def _push_piston(self, duration: float, temperature: float) -> None:
        if self.dynamics.ensemble != "npt":
            return
        state, rate = self.state, self.state.strain_rate
        eta = self._barostat.kick(
            float(rate[0, 0]), duration, temperature, self._internal_pv(), state.volume
        )
        np.fill_diagonal(rate, eta)

    def _couple_baths(self, temperature: float, *, last: bool) -> None:
        if self.dynamics.ensemble == "nve":
            return
        self._rescale(temperature, last=last)
        if self.dynamics.ensemble == "npt":
            self._thermalise_piston(temperature, last=last)

    def _rescale(self, temperature: float, *, last: bool) -> None:
        state, dynamics = self.state, self.dynamics
        before = self.kinetic_energy
        rest(state.velocities, self.masses)
        kinetic = self.kinetic_energy
        factor = rescaling_factor(
            kinetic,
            0.5 * self.freedom * BOLTZMANN * temperature,
            self.freedom,
            math.exp(-0.5 * dynamics.outer_step / dynamics.thermostat_time),
            state.seed,
            state.step,
            random.STREAM_THERMOSTAT_LAST if last else random.STREAM_THERMOSTAT_FIRST,
        )
        state.velocities *= factor
        state.thermostat_work += factor**2 * kinetic - before

    def _thermalise_piston(self, temperature: float, *, last: bool) -> None:
        state, barostat = self.state, self._barostat
        half = 0.5 * self.dynamics.outer_step
        eta = float(state.strain_rate[0, 0])
        stream = random.STREAM_BAROSTAT_LAST if last else random.STREAM_BAROSTAT_FIRST
        new = barostat.thermalise(eta, half, temperature, state.seed, state.step, stream)
        np.fill_diagonal(state.strain_rate, new)
        state.barostat_work += barostat.kinetic_energy(new) - barostat.kinetic_energy(eta)

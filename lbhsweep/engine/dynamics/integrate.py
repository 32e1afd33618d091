"""Reversible multiple-time-step integration in the NVE, NVT and NPT ensembles.

One outer step Δt of n inner steps δt is the symmetric product (right half mirrored)::

    bath/2 · piston/2 · slow kick/2 · [fast kick/2 · drift · fast kick/2]ⁿ · …

after Tuckerman, Berne and Martyna, J. Chem. Phys. 97, 1990 (1992),
https://doi.org/10.1063/1.463137; baths and piston: see `thermostat` and `barostat`.  Everything
but the slow forces is compiled (`outer_step`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.dynamics.barostat import Mode, barostat_with_time
from lbhsweep.engine.dynamics.frozen import store_offsets, subtract_inner_virial
from lbhsweep.engine.dynamics.instant import Instant, add_up
from lbhsweep.engine.dynamics.outer_step import after_slow_forces, before_slow_forces, fast_forces
from lbhsweep.engine.dynamics.scheme import Conditions, Scheme, workspace_of
from lbhsweep.engine.dynamics.state import State, degrees_of_freedom
from lbhsweep.engine.dynamics.watchdog import DRIFT_EVERY, Limits
from lbhsweep.engine.force_buffers import ForceBuffers
from lbhsweep.engine.potential import Potential
from lbhsweep.errors import StructureError
from lbhsweep.units import BOLTZMANN

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
        Temperature in K from which the barostat's inertia and the drift's limit follow.
    barostat : {'isotropic', 'orthorhombic', 'triclinic', 'uniaxial'}
        What of the cell may change in NPT: its size, its three lengths, all of it, or its length
        along z.
    """

    ensemble: Ensemble
    timestep: float
    inner_steps: int = 1
    thermostat_time: float = 0.1
    barostat_time: float = 1.0
    pressure: float = 0.0
    reference_temperature: float = 300.0
    barostat: Mode = "isotropic"

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
    frozen : (n_atoms,) bool, optional
        Atoms that have no velocity and follow the cell.
    molecule : (n_atoms,) integers, optional
        0 for single atoms, otherwise the number of the whole molecule, whose frozen atoms follow
        the cell as a rigid body (`frozen`); if not given, each atom follows it alone.
    resumed : bool
        Whether the state comes from a checkpoint: the potential's list has been restored and
        must stay as it is, and the accounts of energy go on.

    Raises
    ------
    StructureError
        If nothing may move, or the cell isn't one of right angles for an orthorhombic barostat.
    SimulationError
        If the potential finds that the physics failed.
    """

    def __init__(
        self,
        potential: Potential,
        state: State,
        dynamics: Dynamics,
        *,
        limits: Limits | None = None,
        frozen: npt.NDArray[np.bool_] | None = None,
        molecule: npt.NDArray[Any] | None = None,
        resumed: bool = False,
    ) -> None:
        self.potential = potential
        self.state = state
        self.dynamics = dynamics
        self.limits = limits or Limits()
        mask = np.zeros(state.n_atoms, np.bool_) if frozen is None else np.asarray(frozen)
        self.n_dof = degrees_of_freedom(state.n_atoms, mask)
        self._check_start(mask)
        state.velocities[mask] = 0.0
        self._scheme = self._make_scheme(centre_rests=not mask.any())
        masses = np.ascontiguousarray(potential.masses, dtype=np.float64)
        home = np.zeros(state.n_atoms, np.int32) if molecule is None else np.asarray(molecule)
        self._work = workspace_of(masses, potential.bonded, mask, home)
        self._rigid, self._inner_virial = len(self._work.bodies.atoms) > 0, np.zeros((3, 3))
        self._slow = ForceBuffers.empty(state.n_atoms, len(potential.slow_terms))
        if not resumed:
            potential.update(state.positions, state.cell, state.step)
        fast_forces(state.positions, potential.bonded, self._work)
        potential.slow(state.positions, state.cell, self._slow)
        if not resumed:
            state.pressure = dynamics.pressure
            state.followed_energy = self.conserved_energy

    def _check_start(self, frozen: npt.NDArray[np.bool_]) -> None:
        if self.n_dof <= 0:
            raise StructureError(
                f"{int(frozen.sum())} of {len(frozen)} atoms are frozen, so nothing can move; "
                "wanted at least two atoms, and one that is mobile"
            )
        cell = self.state.cell
        mode = self.dynamics.barostat
        shaped = self.dynamics.ensemble == "npt" and mode in ("orthorhombic", "uniaxial")
        if shaped and np.any(cell != np.diag(np.diag(cell))):
            raise StructureError(
                f"the cell is {cell.tolist()} Å, an {mode} barostat wants lattice vectors "
                "along x, y and z; take barostat triclinic, or another cell"
            )

    def _make_scheme(self, *, centre_rests: bool) -> Scheme:
        dynamics = self.dynamics
        return Scheme(
            timestep=dynamics.timestep,
            inner_steps=dynamics.inner_steps,
            thermostatted=dynamics.ensemble != "nve",
            barostatted=dynamics.ensemble == "npt",
            decay=math.exp(-0.5 * dynamics.outer_step / dynamics.thermostat_time),
            n_dof=self.n_dof,
            mass=float(self.potential.masses.sum()),
            centre_rests=centre_rests,
            barostat=barostat_with_time(
                dynamics.barostat,
                dynamics.barostat_time,
                self.n_dof,
                dynamics.reference_temperature,
                centre_rests=centre_rests,
            ),
            largest_strain=self.limits.strain,
            largest_speed=self.limits.displacement / dynamics.outer_step,
        )

    def measure(self) -> Instant:
        """Compute the energies and the pressure of the state as it is."""
        state, work, slow = self.state, self._work, self._slow
        if self._rigid:
            self._inner_virial[:] = 0.0
            store_offsets(work.bodies, state.positions)
            slot = self.potential.bonded.slot
            subtract_inner_virial(work.bodies, slow.forces, work.forces, slot, self._inner_virial)
        tensor = np.empty((3, 3))
        kinetic, potential, piston, volume, pressure = add_up(
            state.velocities,
            work.masses,
            work.energies,
            slow.energies,
            work.virial,
            slow.virial,
            self._inner_virial,
            state.strain_rate,
            self._scheme.barostat.inertia,
            state.cell,
            tensor,
        )
        conserved = kinetic + potential - state.thermostat_work
        if self._scheme.barostatted:
            conserved += piston + state.pressure * volume - state.barostat_work
        temperature = self.temperature_of(kinetic)
        return Instant(kinetic, potential, conserved, temperature, pressure, tensor, volume)

    @property
    def potential_energy(self) -> float:
        """Potential energy in kJ/mol; NaN if the last step did not evaluate it."""
        return self.measure().potential_energy

    @property
    def kinetic_energy(self) -> float:
        """Kinetic energy in kJ/mol."""
        return self.measure().kinetic_energy

    @property
    def pressure_tensor(self) -> FloatArray:
        """Instantaneous pressure (Σ m v⊗v + W)/V (3, 3) in kJ/mol/Å³, W being -∂U/∂ε."""
        return self.measure().pressure_tensor

    @property
    def pressure(self) -> float:
        """Instantaneous pressure (2K + tr W)/(3V) in kJ/mol/Å³."""
        return self.measure().pressure

    @property
    def conserved_energy(self) -> float:
        """Energy of the system and its piston less what the baths gave, kJ/mol.

        Constant but for the error of integration.
        """
        return self.measure().conserved_energy

    def temperature_of(self, kinetic_energy: float) -> float:
        """Convert a kinetic energy in kJ/mol to a kinetic temperature in K."""
        return 2.0 * kinetic_energy / (self.n_dof * BOLTZMANN)

    def advance(
        self,
        temperature: float = 0.0,
        pressure: float | None = None,
        *,
        energies: bool = True,
    ) -> None:
        """Go one outer step forward.

        Parameters
        ----------
        temperature : float
            Temperature of the baths during this step, K; not used in NVE.
        pressure : float, optional
            Target pressure during this step, kJ/mol/Å³; that of `dynamics` if not given.  Used
            in NPT only.
        energies : bool
            Whether the energy at the end is wanted; forces are the same to the last bit, but
            take less time without it, and energies are then NaN.

        Raises
        ------
        SimulationError
            If the watchdog or the potential finds that the physics failed; the state is then
            that of the failure.
        """
        state, slow = self.state, self._slow
        self._set_pressure(self.dynamics.pressure if pressure is None else pressure)
        at = Conditions(temperature, state.pressure, state.seed, state.step)
        heat, work, strain, runaway = before_slow_forces(
            self._scheme,
            self._work,
            self.potential.bonded,
            state.positions,
            state.velocities,
            state.cell,
            state.strain_rate,
            slow.forces,
            slow.virial,
            at,
        )
        self._book(heat, work)
        state.step += 1
        self.limits.check_strain(strain, state.step)
        self.limits.check_motion(state, runaway, self.dynamics.outer_step)
        self.potential.update(state.positions, state.cell, state.step)
        followed = state.step % DRIFT_EVERY == 0
        self.potential.slow(state.positions, state.cell, slow, energies=energies or followed)
        heat, work, kinetic = after_slow_forces(
            self._scheme,
            self._work,
            self.potential.bonded,
            state.velocities,
            state.cell,
            state.strain_rate,
            slow.forces,
            slow.virial,
            at._replace(step=state.step),
        )
        self._book(heat, work)
        self.limits.check_temperature(self.temperature_of(kinetic), state.step)
        if followed:
            self._follow_drift()

    def _set_pressure(self, pressure: float) -> None:
        """Push against another target; what that adds to P V is work done on the system."""
        state = self.state
        if pressure != state.pressure:
            state.barostat_work += state.volume * (pressure - state.pressure)
            state.pressure = pressure

    def _book(self, heat: float, work: float) -> None:
        self.state.thermostat_work += heat
        self.state.barostat_work += work

    def _follow_drift(self) -> None:
        thermal = BOLTZMANN * self.dynamics.reference_temperature * self.n_dof / 3.0
        self.state.followed_energy = self.limits.follow_drift(
            self.conserved_energy,
            self.state.followed_energy,
            thermal,
            DRIFT_EVERY * self.dynamics.outer_step,
            self.state.step,
        )

"""The compiled halves of an outer step, before and after the slow forces are evaluated."""

from __future__ import annotations

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.cell import cell_volume
from lbhsweep.engine.dynamics import random
from lbhsweep.engine.dynamics.barostat import kick_piston, thermalise_piston
from lbhsweep.engine.dynamics.frozen import restore_shapes, store_offsets, subtract_inner_virial
from lbhsweep.engine.dynamics.kernels import (
    first_runaway,
    gather,
    gather_kicked,
    kick,
    kick_and_drift,
    kick_and_scatter,
    moments,
    rescale,
)
from lbhsweep.engine.dynamics.scheme import Conditions, Scheme, Workspace
from lbhsweep.engine.dynamics.strain import flow, strain_cell
from lbhsweep.engine.dynamics.thermostat import rescaling_factor
from lbhsweep.engine.molecules.bonded import BondedTables, bonded_forces
from lbhsweep.units import ACCELERATION, BOLTZMANN


@nb.njit(cache=True, nogil=True, error_model="numpy")
def fast_forces(positions: FloatArray, tables: BondedTables, work: Workspace) -> None:
    """Evaluate bonds and angles at positions (n_atoms, 3)."""
    gather(positions, tables.atoms, work.positions)
    bonded_forces(work.positions, tables, work.forces, work.virial, work.energies)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def before_slow_forces(
    scheme: Scheme,
    work: Workspace,
    tables: BondedTables,
    positions: FloatArray,
    velocities: FloatArray,
    cell: FloatArray,
    rate: FloatArray,
    slow_forces: FloatArray,
    slow_virial: FloatArray,
    at: Conditions,
) -> tuple[float, float, float, int]:
    """Baths, piston, slow kick and the inner steps: everything up to the new positions.

    Returns
    -------
    heat : float
        What the thermostat gave, kJ/mol.
    barostat_work : float
        What the piston's bath and its steady push gave, kJ/mol.
    strain : float
        The largest component of the strain in this step; if it is beyond its limit or no
        number, nothing has been moved.
    runaway : int
        First atom that is too fast or nowhere; -1 for none.
    """
    half = 0.5 * scheme.timestep * scheme.inner_steps
    store_offsets(work.bodies, positions)
    momentum, kinetic = np.empty(3), np.empty((3, 3))
    moments(velocities, work.masses, momentum, kinetic)
    factor, heat = _bath(scheme, momentum, kinetic, at, random.STREAM_THERMOSTAT_FIRST)
    barostat_work = 0.0
    if scheme.barostatted:
        barostat_work += thermalise_piston(
            rate,
            at.temperature,
            half,
            scheme.barostat,
            at.seed,
            at.step,
            random.STREAM_BAROSTAT_FIRST,
        )
        _push(scheme, work, tables, cell, rate, kinetic, slow_forces, slow_virial, half, at)
    strain = _largest(rate) * 2.0 * half
    if not abs(strain) <= scheme.largest_strain:
        return heat, barostat_work, strain, -1
    gather(positions, tables.atoms, work.positions)
    gather_kicked(
        velocities,
        momentum,
        factor,
        slow_forces,
        work.per_mass,
        half,
        tables.atoms,
        work.velocities,
    )
    _inner_steps(scheme, work, tables, cell, rate)
    kick_and_scatter(
        work.positions,
        work.velocities,
        work.forces,
        work.per_mass,
        0.5 * scheme.timestep,
        tables.slot,
        positions,
        velocities,
    )
    if scheme.barostatted:
        expansion = (rate[0, 0] + rate[1, 1] + rate[2, 2]) * 2.0 * half
        barostat_work += scheme.barostat.push * BOLTZMANN * at.temperature * expansion
    runaway = first_runaway(positions, velocities, scheme.largest_speed**2)
    return heat, barostat_work, strain, runaway


@nb.njit(cache=True, nogil=True, error_model="numpy")
def after_slow_forces(
    scheme: Scheme,
    work: Workspace,
    tables: BondedTables,
    velocities: FloatArray,
    cell: FloatArray,
    rate: FloatArray,
    slow_forces: FloatArray,
    slow_virial: FloatArray,
    at: Conditions,
) -> tuple[float, float, float]:
    """Slow kick, piston and baths, the mirror image of how the step began.

    Returns
    -------
    heat, barostat_work : float
        What thermostat and piston's bath gave, kJ/mol.
    kinetic_energy : float
        kJ/mol.
    """
    half = 0.5 * scheme.timestep * scheme.inner_steps
    kick(velocities, slow_forces, work.per_mass, half)
    momentum, kinetic = np.empty(3), np.empty((3, 3))
    moments(velocities, work.masses, momentum, kinetic)
    barostat_work = 0.0
    if scheme.barostatted:
        _push(scheme, work, tables, cell, rate, kinetic, slow_forces, slow_virial, half, at)
        barostat_work = thermalise_piston(
            rate,
            at.temperature,
            half,
            scheme.barostat,
            at.seed,
            at.step,
            random.STREAM_BAROSTAT_LAST,
        )
    factor, heat = _bath(scheme, momentum, kinetic, at, random.STREAM_THERMOSTAT_LAST)
    if scheme.thermostatted:
        rescale(velocities, momentum, factor)
    return heat, barostat_work, 0.5 * _trace(kinetic)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _inner_steps(
    scheme: Scheme, work: Workspace, tables: BondedTables, cell: FloatArray, rate: FloatArray
) -> None:
    """Move atoms in slots and the cell; the half kick that ends the last step is left out."""
    stretch, reach, shrink = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    flow(rate, scheme.timestep, stretch, reach, shrink)
    for inner in range(scheme.inner_steps):
        # The half kick that ends an inner step and the one that begins the next are one.
        share = 1.0 if inner else 0.5
        kick_and_drift(
            work.positions,
            work.velocities,
            work.forces,
            work.slot_per_mass,
            share * scheme.timestep,
            stretch,
            reach,
            shrink,
        )
        restore_shapes(work.bodies, stretch, work.positions)
        strain_cell(cell, stretch)
        bonded_forces(work.positions, tables, work.forces, work.virial, work.energies)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _push(
    scheme: Scheme,
    work: Workspace,
    tables: BondedTables,
    cell: FloatArray,
    rate: FloatArray,
    kinetic: FloatArray,
    slow_forces: FloatArray,
    slow_virial: FloatArray,
    duration: float,
    at: Conditions,
) -> None:
    pressure_volume = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            pressure_volume[a, b] = kinetic[a, b] + work.virial[a, b] + slow_virial[a, b]
    subtract_inner_virial(work.bodies, slow_forces, work.forces, tables.slot, pressure_volume)
    outside = at.pressure * cell_volume(cell)
    kick_piston(rate, pressure_volume, outside, at.temperature, duration, scheme.barostat)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _bath(
    scheme: Scheme, momentum: FloatArray, kinetic: FloatArray, at: Conditions, stream: int
) -> tuple[float, float]:
    """Bring the centre of mass to rest and couple to the heat bath, in the moments alone.

    Overwrites the momentum with the velocity that is to be taken away, and the kinetic tensor.
    Returns the factor for what is left of the velocities, and the heat given in kJ/mol.
    """
    if not scheme.thermostatted:
        momentum[:] = 0.0
        return 1.0, 0.0
    before = 0.5 * _trace(kinetic)
    if scheme.centre_rests:
        for a in range(3):
            for b in range(3):
                kinetic[a, b] -= momentum[a] * momentum[b] / (scheme.mass * ACCELERATION)
        for a in range(3):
            momentum[a] /= scheme.mass
    else:
        momentum[:] = 0.0
    at_rest = 0.5 * _trace(kinetic)
    target = 0.5 * scheme.n_dof * BOLTZMANN * at.temperature
    factor = rescaling_factor(at_rest, target, scheme.n_dof, scheme.decay, at.seed, at.step, stream)
    for a in range(3):
        for b in range(3):
            kinetic[a, b] *= factor * factor
    return factor, factor * factor * at_rest - before


@nb.njit(cache=True, nogil=True, inline="always")
def _trace(matrix: FloatArray) -> float:
    return float(matrix[0, 0] + matrix[1, 1] + matrix[2, 2])


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _largest(matrix: FloatArray) -> float:
    """Return the component that is furthest from zero, with its sign; NaN if there is one."""
    largest = 0.0
    for value in matrix.flat:
        if not abs(value) <= abs(largest):
            largest = value
        if largest != largest:
            break
    return largest

"""The isothermal–isobaric barostat with stochastic velocity rescaling.

Isotropic: Bussi, Zykova-Timan and Parrinello, J. Chem. Phys. 130, 074101 (2009),
https://doi.org/10.1063/1.3073889; fully flexible: Raiteri, Gale and Bussi, J. Phys.: Condens.
Matter 23, 334213 (2011), https://doi.org/10.1088/0953-8984/23/33/334213.  With g the symmetric
strain rate, a the lattice vectors, V the volume and W the inertia::

    dr/dt = v + g r        dv/dt = F/m - g v        da/dt = g a
    W dg/dt = P_int V - P V + c k_B T               P_int V = Σ m v⊗v + W_virial

where pressure and c k_B T multiply the unit matrix and the right side is projected on what the
mode leaves free: a multiple of the unit matrix (isotropic), a diagonal (orthorhombic), its last
element (uniaxial), or any symmetric matrix (triclinic), so that the cell gets no spin.

H = K + U + W tr(g²)/2 + P V - c k_B T ln V is conserved but for what heat baths give.  The
constant c follows from Liouville's equation.  N positions and the cell expand phase space at the
rate N tr g + m tr g, with m = 3 for the nine components of the cell, 1 for three lengths and 1 for
one, and the N_p independent momenta shrink it at N_p tr g; ∫ tr g dt = ln V.  So the stationary
density is exp(-H/k_BT) V^-(N - N_p + m), of which c gives back V^c.  Wanted is the measure dV times
one of the shape alone, which is V^(1-m) times that of the cell's components.  Hence
c = 1 + N - N_p in all modes: 2 where the centre of mass rests (N_p = N - 1), so that the volumes
of N free particles follow V^N exp(-PV/k_BT), and 1 where nothing fixes it.  Atoms that follow the
cell add neither positions nor momenta.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray
from lbhsweep.engine.dynamics.random import normals
from lbhsweep.units import BOLTZMANN

Mode = Literal["isotropic", "orthorhombic", "triclinic", "uniaxial"]
MODES: tuple[Mode, ...] = ("isotropic", "orthorhombic", "triclinic", "uniaxial")
_ISOTROPIC, _TRICLINIC = MODES.index("isotropic"), MODES.index("triclinic")
_UNIAXIAL = MODES.index("uniaxial")


class Barostat(NamedTuple):
    """A piston as kernels read it.

    Attributes
    ----------
    mode : int
        Place in `MODES`.
    inertia : float
        W in kJ/mol ps².
    friction : float
        Rate in 1/ps at which the piston's own heat bath forgets g.
    push : float
        The constant c of the push c k_B T.
    """

    mode: int
    inertia: float
    friction: float
    push: float


def barostat_with_time(
    mode: Mode, time: float, n_dof: int, temperature: float, *, centre_rests: bool
) -> Barostat:
    """Choose the inertia so that the cell answers within `time` ps.

    W = (N_f + 3) k_B T τ²/3.  The piston's friction is 5/τ: a solid of some 10 GPa swings with
    6/τ, so that the swing of a start dies out within τ and is not yet overdamped.

    Parameters
    ----------
    mode : {'isotropic', 'orthorhombic', 'triclinic', 'uniaxial'}
        What of the cell may change.
    time : float
        τ in ps.
    n_dof : int
        Degrees of freedom N_f of the atoms.
    temperature : float
        K.
    centre_rests : bool
        Whether the centre of mass is kept at rest.
    """
    inertia = (n_dof + 3) * BOLTZMANN * temperature * time**2 / 3.0
    return Barostat(MODES.index(mode), inertia, 5.0 / time, 2.0 if centre_rests else 1.0)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def kick_piston(
    rate: FloatArray,
    pressure_volume: FloatArray,
    outside: float,
    temperature: float,
    duration: float,
    barostat: Barostat,
) -> None:
    """Accelerate the piston for `duration` ps.

    Parameters
    ----------
    rate : (3, 3) float64
        Strain rate g in 1/ps; changed in place.
    pressure_volume : (3, 3) float64
        P_int V = Σ m v⊗v + W_virial in kJ/mol.
    outside : float
        P V in kJ/mol.
    temperature : float
        K.
    duration : float
        ps.
    barostat : Barostat
    """
    steady = barostat.push * BOLTZMANN * temperature - outside
    scale = duration / barostat.inertia
    if barostat.mode == _ISOTROPIC:
        trace = pressure_volume[0, 0] + pressure_volume[1, 1] + pressure_volume[2, 2]
        for a in range(3):
            rate[a, a] += scale * (trace / 3.0 + steady)
        return
    for a in range(2 if barostat.mode == _UNIAXIAL else 0, 3):
        rate[a, a] += scale * (pressure_volume[a, a] + steady)
    if barostat.mode == _TRICLINIC:
        for a in range(3):
            for b in range(a):
                rate[a, b] += scale * 0.5 * (pressure_volume[a, b] + pressure_volume[b, a])
                rate[b, a] = rate[a, b]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def thermalise_piston(
    rate: FloatArray,
    temperature: float,
    duration: float,
    barostat: Barostat,
    seed: int,
    step: int,
    stream: int,
) -> float:
    """Couple the piston to its heat bath; return the heat that it took, kJ/mol.

    Exact Ornstein–Uhlenbeck propagation of each independent component of g towards its variance:
    k_B T/(3W) isotropic, k_B T/W on the diagonal, k_B T/(2W) beside it.
    """
    before = piston_energy(rate, barostat.inertia)
    decay = math.exp(-barostat.friction * duration)
    spread = math.sqrt((1.0 - decay * decay) * BOLTZMANN * temperature / barostat.inertia)
    noise = np.empty(6)
    for pair in range(3):
        noise[2 * pair], noise[2 * pair + 1] = normals(seed, step, stream, pair)
    for a in range(3):
        rate[a, a] *= decay
        if barostat.mode == _ISOTROPIC:
            rate[a, a] += spread / math.sqrt(3.0) * noise[0]
        elif barostat.mode != _UNIAXIAL or a == 2:
            rate[a, a] += spread * noise[a]
        if barostat.mode == _TRICLINIC:
            b = (a + 1) % 3
            rate[a, b] = decay * rate[a, b] + spread / math.sqrt(2.0) * noise[3 + a]
            rate[b, a] = rate[a, b]
    after = piston_energy(rate, barostat.inertia)
    return float(after - before)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def piston_energy(rate: FloatArray, inertia: float) -> float:
    """Kinetic energy W tr(g²)/2 of the piston in kJ/mol."""
    total = 0.0
    for a in range(3):
        for b in range(3):
            total += rate[a, b] * rate[a, b]
    return 0.5 * inertia * total

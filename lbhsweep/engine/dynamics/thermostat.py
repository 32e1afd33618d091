"""Stochastic velocity rescaling: a thermostat that samples the canonical ensemble.

Bussi, Donadio and Parrinello, J. Chem. Phys. 126, 014101 (2007),
https://doi.org/10.1063/1.2408420.
"""

from __future__ import annotations

import math

import numba as nb

from lbhsweep.engine.dynamics.random import gamma, normals


@nb.njit(cache=True, nogil=True)
def rescaling_factor(
    kinetic: float, target: float, n_dof: int, decay: float, seed: int, step: int, stream: int
) -> float:
    """Compute the factor by which all velocities are multiplied.

    Exact propagator of the kinetic energy K towards its distribution with mean K̄ (eq. A7):
    α² = c + (K̄/N_f K)(1 - c)(R² + S) + 2R sqrt(c (1 - c) K̄/(N_f K)), with c = `decay`, R
    standard normal and S a chi-square number of N_f - 1 degrees of freedom.

    Parameters
    ----------
    kinetic : float
        Kinetic energy K now, positive, kJ/mol.
    target : float
        Mean kinetic energy K̄ at the wanted temperature, kJ/mol.
    n_dof : int
        Degrees of freedom N_f.
    decay : float
        exp(-Δt/τ).
    seed, step, stream : int
        Which random numbers.

    Returns
    -------
    float
        Factor; negative on rare occasions, as the exact propagator wants it.
    """
    normal = normals(seed, step, stream, 0)[0]
    chi_square = 2.0 * gamma(0.5 * (n_dof - 1), seed, step, stream, 1) if n_dof > 1 else 0.0
    share = (1.0 - decay) * target / (n_dof * kinetic)
    cross = math.sqrt(decay * share)
    square = decay + share * (normal * normal + chi_square) + 2.0 * normal * cross
    factor = math.sqrt(max(square, 0.0))
    return factor if normal * math.sqrt(share) + math.sqrt(decay) >= 0.0 else -factor

"""One heat capacity of a phase for all pressures, but for what its volume says of the difference.

By Maxwell's relation, C_P changes with pressure by (∂C_P/∂P)_T = −T(∂²V/∂T²)_P.  That is far below
what short runs resolve in H, whose noise would be integrated over hundreds of kelvin into every
entropy difference.  Volumes resolve it: where V(T) is curved, so that ΔS_iso changes with
temperature, C_P must differ between pressures.  With one C_P for all of them ΔS_iso within a phase
would be the same at all temperatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.linalg import block_diag
from scipy.special import chdtrc

from lbhsweep.analysis.transition.phase_lines import PHASES, PhaseLines
from lbhsweep.analysis.transition.polynomial import REFERENCE_K, SCALE_K, Polynomial
from lbhsweep.analysis.transition.two_phase import TwoPhase
from lbhsweep.arrays import FloatArray
from lbhsweep.units import GPA

CONFIDENCE = 0.997
"""Heat capacities are shared unless a χ² test finds them different at this level, three standard
errors: Maxwell's relation is exact, and to give it up costs more than it saves."""


def share_heat_capacity(model: TwoPhase, lines: Sequence[Mapping[str, PhaseLines]]) -> TwoPhase:
    """Share one C_P(T) of each phase at all pressures, up to Maxwell's relation.

    H = c₀ + c₁x + c₂x² at each pressure; c₁ and c₂ are those of a common C_P plus those of
    −T∫(∂²V/∂T²) dP from the curvature of V(T).  The common ones are the mean weighted by inverse
    covariances, draw by draw, and c₀ the best one for them: a line keeps its value at the
    temperature at which that is independent of its slope.  Where the pressures' C_P differ
    significantly from that, every line keeps its own.

    Parameters
    ----------
    model : TwoPhase
        At the simulated pressures.
    lines : sequence of mapping of phase to PhaseLines
        The lines from which it was drawn, by pressure.
    """
    enthalpy = {phase: _share(model, phase, lines) for phase in PHASES}
    return replace(model, enthalpy=enthalpy)


def _share(model: TwoPhase, phase: str, lines: Sequence[Mapping[str, PhaseLines]]) -> FloatArray:
    draws = model.enthalpy[phase]
    present = [i for i, here in enumerate(lines) if phase in here]
    fits = [lines[i][phase].enthalpy for i in present]
    degree = max((fit.degree for fit in fits), default=1)
    full = np.array([fit.degree == degree for fit in fits])
    if len(fits) < 2 or full.sum() < 2:
        return draws
    inner = slice(1, degree + 1)
    covariances = np.array([fit.covariance[inner, inner] for fit in fits])[full]
    cross = np.array([fit.covariance[0, inner] for fit in fits])[full]
    if not (np.isfinite(covariances).all() and (np.linalg.det(covariances) > 0).all()):
        return draws
    tied = _tied(model, phase, present)
    own = draws[:, present][:, full]
    bent = tied[:, full, inner]
    if degree == 1:
        # A straight line through a curve has the curve's slope at the middle of the points.
        middle = -cross[:, 0] / covariances[:, 0, 0]
        bent = bent + 2 * middle[:, None] * tied[:, full, 2:]
    apart = own[..., inner] - bent
    weights, inverse = _weights(covariances, bent[1:])
    common = apart.reshape(len(apart), -1) @ weights.T
    rest = (apart[0] - common[0]).ravel()
    if chdtrc(degree * (int(full.sum()) - 1), float(rest @ inverse @ rest)) < 1 - CONFIDENCE:
        return draws
    shared = draws.copy()
    coefficients = tied.copy()
    coefficients[..., inner] += common[:, None]
    coefficients[..., 0] = _heights(draws[:, present], coefficients, fits)
    shared[:, present] = coefficients
    return shared


def _weights(covariances: FloatArray, bent: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the weights, (k, p k), of the mean of p vectors of k, and the inverse covariance.

    Generalised least squares.  Errors are those of the enthalpies' fits, (p, k, k), and those of
    what the volumes' curvature adds, (d, p, k) draws, which pressures share.
    """
    n, k = covariances.shape[:2]
    of_volumes = np.cov(bent.reshape(len(bent), -1), rowvar=False).reshape(n * k, n * k)
    total = block_diag(*covariances) + np.nan_to_num(of_volumes)
    inverse = np.linalg.inv(total)
    alike = np.tile(np.eye(k), (n, 1))
    left = alike.T @ inverse
    return np.asarray(np.linalg.solve(left @ alike, left)), np.asarray(inverse)


def _heights(own: FloatArray, new: FloatArray, fits: Sequence[Polynomial]) -> FloatArray:
    """Compute the best c₀, (d, p), of each line for its new c₁ and c₂.

    The mean of c₀ under the condition of the others.  A fit of lower degree says nothing of c₂, and
    keeps its value in the middle of its points.
    """
    heights = np.empty(own.shape[:2])
    for i, fit in enumerate(fits):
        inner = slice(1, fit.degree + 1)
        change = new[:, i, inner] - own[:, i, inner]
        if fit.degree == 1:
            x = -fit.covariance[0, 1] / fit.covariance[1, 1]
            heights[:, i] = own[:, i, 0] - change[:, 0] * x - new[:, i, 2] * x**2
        else:
            gain = np.linalg.solve(fit.covariance[inner, inner], fit.covariance[inner, 0])
            heights[:, i] = own[:, i, 0] + change @ gain
    return heights


def _tied(model: TwoPhase, phase: str, present: Sequence[int]) -> FloatArray:
    """Compute the coefficients of H, (d, p, 3), that −T∫(∂²V/∂T²) dP from the lowest pressure adds.

    V = Σ vₖxᵏ gives c₂ = −∫v₂ dP and c₁ = 2 c₂ T/SCALE at x = 0, so that C_P is proportional to T.
    """
    curvature = model.volume[phase][:, present, 2]
    integral = cumulative_trapezoid(curvature, model.pressure[list(present)], axis=1, initial=0.0)
    c2 = -GPA * integral
    return np.stack([np.zeros_like(c2), 2 * REFERENCE_K / SCALE_K * c2, c2], axis=-1)

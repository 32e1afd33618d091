"""One heat capacity of a phase for all pressures, where the data do not resolve a difference.

C_P changes with pressure by −T ∫(∂²V/∂T²) dP, far below what short runs resolve; left free, its
noise would be integrated over hundreds of kelvin into every entropy difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lbhsweep.analysis.least_squares import fit_linear
from lbhsweep.analysis.transition.phase_lines import PHASES, PhaseLines
from lbhsweep.analysis.transition.two_phase import TwoPhase
from lbhsweep.arrays import FloatArray

CONFIDENCE = 0.95
"""Slopes are shared unless a χ² test finds them different at this level."""


def share_heat_capacity(model: TwoPhase, lines: Sequence[Mapping[str, PhaseLines]]) -> TwoPhase:
    """Share one dH/dT of each phase at all pressures, unless its slopes differ significantly.

    The common slope is the mean weighted by inverse variances, draw by draw.  Every line keeps
    its value at the temperature at which that is independent of its slope.  Phases of which
    any line is curved keep their own lines.

    Parameters
    ----------
    model : TwoPhase
        At the simulated pressures.
    lines : sequence of mapping of phase to PhaseLines
        The lines from which it was drawn, by pressure.
    """
    enthalpy = {phase: _share(model.enthalpy[phase], phase, lines) for phase in PHASES}
    return replace(model, enthalpy=enthalpy)


def _share(draws: FloatArray, phase: str, lines: Sequence[Mapping[str, PhaseLines]]) -> FloatArray:
    present = [i for i, here in enumerate(lines) if phase in here]
    fits = [lines[i][phase].enthalpy for i in present]
    slopes = np.array([fit.coefficients[1] for fit in fits])
    variances = np.array([fit.covariance[1, 1] for fit in fits])
    usable = np.isfinite(variances).all() and (variances > 0).all()
    if len(fits) < 2 or not usable or any(fit.coefficients[2] for fit in fits):
        return draws
    mean = fit_linear(np.ones((len(fits), 1)), slopes, np.sqrt(variances))
    if mean.probability < 1 - CONFIDENCE:
        return draws
    centre = -np.array([fit.covariance[0, 1] for fit in fits]) / variances
    own = draws[:, present]
    weights = 1 / variances / (1 / variances).sum()
    common = own[..., 1] @ weights
    shared = draws.copy()
    shared[:, present, 0] = own[..., 0] + (own[..., 1] - common[:, None]) * centre
    shared[:, present, 1] = common[:, None]
    return shared

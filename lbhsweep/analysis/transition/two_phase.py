"""The two-phase model of one material: lines and T_t at every pressure, with draws of both.

Every derived quantity (entropies, maps) is computed for the best estimate and for the draws at
once, so that its error holds all correlations that come from shared lines.  Draws are normal:
line coefficients from the covariance of their fit, T_t from its standard error; volume and
enthalpy are drawn independently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lbhsweep.analysis.statistics import SEED
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW, PHASES, PhaseLines
from lbhsweep.analysis.transition.polynomial import evaluate
from lbhsweep.arrays import BoolArray, FloatArray

N_DRAWS = 200
LEAST_K = 1.0
"""Least T_t drawn where its error is as large as itself."""


@dataclass(frozen=True, slots=True)
class TwoPhase:
    """Lines and transition temperatures at `pressure`, best estimate first, then draws.

    Attributes
    ----------
    pressure : (p,) array
        GPa, ascending.
    transition : (d, p) array
        T_t in K; infinite where only the low-temperature phase was seen, NaN where unknown.
        Without an error of T_t its draws are NaN, and nothing that needs it has an error.
    volume, enthalpy : mapping of phase to (d, p, 3) array
        Coefficients of `Polynomial`; NaN where a phase has no line.
    t_min, t_max : mapping of phase to (p,) array
        Range of each phase's data, K.
    simulated : (p,) array of bool
        False where everything is interpolated between simulated pressures.
    """

    pressure: FloatArray
    transition: FloatArray
    volume: Mapping[str, FloatArray]
    enthalpy: Mapping[str, FloatArray]
    t_min: Mapping[str, FloatArray]
    t_max: Mapping[str, FloatArray]
    simulated: BoolArray

    @property
    def complete(self) -> BoolArray:
        """Pressures at which both phases and T_t are known, (p,)."""
        lines = [self.volume, self.enthalpy]
        known = [np.isfinite(line[phase][0, :, 0]) for line in lines for phase in PHASES]
        return np.asarray(np.isfinite(self.transition[0]) & np.logical_and.reduce(known))

    @property
    def usable(self) -> BoolArray:
        """Pressures at which S(T) exists at least in the low-temperature phase, (p,)."""
        low = np.isfinite(self.volume[LOW][0, :, 0]) & np.isfinite(self.enthalpy[LOW][0, :, 0])
        return np.asarray(self.complete | (low & np.isinf(self.transition[0])))

    def step(self, lines: Mapping[str, FloatArray]) -> FloatArray:
        """Compute the distance of the phases' lines (`volume` or `enthalpy`) at T_t, (d, p)."""
        at = np.where(np.isfinite(self.transition), self.transition, np.nan)
        return np.asarray(evaluate(lines[HIGH], at) - evaluate(lines[LOW], at))


def draw_two_phase(
    pressure: Sequence[float],
    transition: Sequence[Estimate],
    lines: Sequence[Mapping[str, PhaseLines]],
    seed: int = SEED,
) -> TwoPhase:
    """Draw the model at the simulated pressures.

    A pressure whose T_t is unknown and that has no high-temperature line counts as one where
    the transition lies above the data.
    """
    generator = np.random.default_rng(seed)
    shape = (1 + N_DRAWS, len(pressure))
    temperature = np.full(shape, np.nan)
    coefficients = {
        name: {phase: np.full((*shape, 3), np.nan) for phase in PHASES}
        for name in ("volume", "enthalpy")
    }
    t_min = {phase: np.full(len(pressure), np.nan) for phase in PHASES}
    t_max = {phase: np.full(len(pressure), np.nan) for phase in PHASES}
    for i, (estimate, here) in enumerate(zip(transition, lines, strict=True)):
        if estimate.known:
            noise = estimate.stderr * generator.normal(0.0, 1.0, N_DRAWS)
            temperature[:, i] = np.maximum(estimate.value + np.append(0.0, noise), LEAST_K)
        elif LOW in here and HIGH not in here:
            temperature[:, i] = np.inf
        for phase, line in here.items():
            coefficients["volume"][phase][:, i] = line.volume.draw(generator, N_DRAWS)
            coefficients["enthalpy"][phase][:, i] = line.enthalpy.draw(generator, N_DRAWS)
            t_min[phase][i], t_max[phase][i] = line.t_min, line.t_max
    return TwoPhase(
        pressure=np.asarray(pressure, dtype=np.float64),
        transition=temperature,
        volume=coefficients["volume"],
        enthalpy=coefficients["enthalpy"],
        t_min=t_min,
        t_max=t_max,
        simulated=np.ones(len(pressure), dtype=bool),
    )


def interpolate(model: TwoPhase, pressure: FloatArray) -> TwoPhase:
    """Interpolate coefficients and T_t linearly between simulated pressures.

    Simulated pressures among `pressure` keep what was found there.  Nothing is extrapolated:
    elsewhere than between two complete pressures the model is NaN.
    """
    nodes = np.flatnonzero(model.complete)
    same = np.abs(pressure[:, None] - model.pressure) < 1e-9
    simulated = np.any(same, axis=1)

    def along(values: FloatArray, axis: int) -> FloatArray:
        moved = np.moveaxis(values, axis, -1)
        result = np.full((*moved.shape[:-1], pressure.size), np.nan)
        if nodes.size >= 2:
            result = interpolate_linearly(pressure, model.pressure[nodes], moved[..., nodes])
        result[..., simulated] = moved[..., same[simulated].argmax(axis=1)]
        return np.moveaxis(result, -1, axis)

    return TwoPhase(
        pressure=pressure,
        transition=along(model.transition, 1),
        volume={phase: along(model.volume[phase], 1) for phase in PHASES},
        enthalpy={phase: along(model.enthalpy[phase], 1) for phase in PHASES},
        t_min={phase: along(model.t_min[phase], 0) for phase in PHASES},
        t_max={phase: along(model.t_max[phase], 0) for phase in PHASES},
        simulated=simulated,
    )


def interpolate_linearly(x: FloatArray, nodes: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate (..., n) values at n nodes linearly at x; NaN outside the nodes.

    `scipy.interpolate` rounds differently in the last bit.  T_t of holds are round numbers, so that
    interpolated ones fall on temperatures of the maps, where that bit decides the phase.
    """
    right = np.clip(np.searchsorted(nodes, x), 1, nodes.size - 1)
    share = (x - nodes[right - 1]) / (nodes[right] - nodes[right - 1])
    result = values[..., right - 1] * (1 - share) + values[..., right] * share
    return np.where((x >= nodes[0]) & (x <= nodes[-1]), result, np.nan)

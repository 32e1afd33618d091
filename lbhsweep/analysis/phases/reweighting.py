"""One phase anywhere in (T, P) from holds at a few temperatures and pressures: MBAR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.special import logsumexp

from lbhsweep.arrays import FloatArray
from lbhsweep.late_pymbar import import_pymbar, quiet_pymbar
from lbhsweep.units import BOLTZMANN, GPA

LEAST_OVERLAP = 0.03
"""Overlap of neighbouring states below which free energies between them can't be trusted:
Klimovich, Shirts and Mobley, J. Comput. Aided Mol. Des. 29, 397 (2015)."""
LARGEST = 4_000_000
"""States times samples beyond which samples are thinned, to bound time and memory."""
CONVERGED = 1e-3
"""Largest distance from one of the summed weights in a sampled state."""
BATCH = 500_000
"""Samples times temperatures that are weighted at a time."""
NEGLIGIBLE = 1e-20
"""Weight, of the largest one, below which a sample changes no digit of any property."""
_SOLVER = ({"method": "adaptive", "options": {"min_sc_iter": 2}},)
QUANTITIES = (
    "volume",
    "enthalpy",
    "heat_capacity",
    "expansivity",
    "compressibility",
)
"""Properties of a phase; the heat capacity in kJ/mol/K, in 1/K and 1/GPa the last two."""


@dataclass(frozen=True, slots=True)
class SampledState:
    """Independent samples of one phase at one temperature and pressure.

    Attributes
    ----------
    temperature, pressure : float
        K, GPa.
    potential_energy, volume : (n,) array
        Of the same instants, kJ/mol and Å³ per formula unit.
    """

    temperature: float
    pressure: float
    potential_energy: FloatArray
    volume: FloatArray


@dataclass(frozen=True, slots=True)
class Properties:
    """A phase at one temperature and pressure.

    Attributes
    ----------
    values, stderrs : mapping of str to float
        By `QUANTITIES`, per formula unit.
    n_effective : float
        Effective number of independent samples, 1/Σ w² (Kish).
    """

    values: MappingProxyType[str, float]
    stderrs: MappingProxyType[str, float]
    n_effective: float


class Reweighting:
    """Samples of one phase, reweighted to any temperature and pressure.

    With the reduced potential u(x; T, P) = (U(x) + P V(x))/(k_B T) of the whole cell, the weight
    of sample n in a state is

        w_n ∝ exp(−u(x_n)) / Σ_k N_k exp(f_k − u_k(x_n)),

    f_k the reduced free energies of the sampled states, from pymbar: Shirts and Chodera,
    J. Chem. Phys. 129, 124105 (2008).  Kinetic energies are those of equipartition.  With
    h = U + P V, per formula unit of n, and c the kinetic heat capacity

        C_P = n Var(h)/(k_B T²) + c,  α = n Cov(h, V)/(k_B T² V),  κ = n Var(V)/(k_B T V)

    (Landau and Lifshitz, Statistical Physics, § 112).  Errors are the asymptotic ones of the
    same paper (equation D6): for a quantity whose change with the weight of each sample is a,
    a·a + (Qᵀa)ᵀ (1 − QᵀQ)⁺ (Qᵀa), Q = W N^½ from the weights in the sampled states.

    Parameters
    ----------
    states : sequence of SampledState
        At least one.
    n_formula : int
        Formula units in the cell.
    kinetic_heat_capacity : float
        k_B/2 for each degree of freedom, kJ/mol/K per formula unit.
    """

    def __init__(
        self, states: Sequence[SampledState], n_formula: int, kinetic_heat_capacity: float
    ) -> None:
        self.states = _thinned(states)
        self._n_formula = n_formula
        self._kinetic = kinetic_heat_capacity
        self._energy = np.concatenate([state.potential_energy for state in self.states])
        self._volume = np.concatenate([state.volume for state in self.states])
        counts = np.array([state.volume.size for state in self.states])
        reduced = np.stack([self._reduced(s.temperature, s.pressure) for s in self.states])
        free = self._free_energies(reduced, counts)
        self._log_mixture = logsumexp((free - reduced.T) + np.log(counts), axis=1)
        weights = np.exp(free[:, None] - reduced - self._log_mixture)
        self.converged = bool(np.abs(weights.sum(axis=1) - 1.0).max() < CONVERGED)
        """Whether the weights of each sampled state add up to one, as they do at the solution."""
        self.overlap: FloatArray = (weights @ weights.T) * counts
        """(k, k): share of state j in what samples of state i are taken for."""
        self._projector = weights * np.sqrt(counts)[:, None]
        inside = self._projector @ self._projector.T
        self._inverse = np.linalg.pinv(np.eye(len(inside)) - inside, rcond=1e-10, hermitian=True)

    def at(self, temperature: float, pressure: float) -> Properties:
        """Compute the phase's properties at a temperature in K and a pressure in GPa."""
        (found,) = self.along(np.array([temperature]), pressure)
        return found

    def along(self, temperature: FloatArray, pressure: float) -> list[Properties]:
        """Compute the phase's properties at (t,) temperatures in K and a pressure in GPa."""
        batch = max(1, BATCH // self._volume.size)
        return [
            one
            for start in range(0, temperature.size, batch)
            for one in self._batch(temperature[start : start + batch, None], pressure)
        ]

    def _batch(self, t: FloatArray, pressure: float) -> Iterator[Properties]:
        """Compute properties at (b, 1) temperatures from the samples that have any weight there."""
        log_weight = -self._reduced(t, pressure) - self._log_mixture
        w = np.exp(log_weight - logsumexp(log_weight, axis=1, keepdims=True))
        heavy = (w > NEGLIGIBLE * w.max(axis=1, keepdims=True)).any(axis=0)
        w, v = w[:, heavy], self._volume[heavy]
        h = self._energy[heavy] + pressure * GPA * v

        def mean(values: FloatArray) -> FloatArray:
            return np.asarray((w * values).sum(axis=1, keepdims=True))

        mean_h, mean_v = mean(h), mean(v)
        dh, dv = h - mean_h, v - mean_v
        moments = {"hh": dh * dh, "hv": dh * dv, "vv": dv * dv}
        means = {name: mean(values) for name, values in moments.items()}
        unit = self._n_formula / (BOLTZMANN * t)
        values = {
            "volume": mean_v,
            "enthalpy": mean_h + self._kinetic * t,
            "heat_capacity": unit / t * means["hh"] + self._kinetic,
            "expansivity": unit / t * means["hv"] / mean_v,
            "compressibility": unit * means["vv"] / mean_v * GPA,
        }
        by_sample = {name: w * (moments[name] - means[name]) for name in moments}
        volume = w * dv
        changes = {
            "volume": volume,
            "enthalpy": w * dh,
            "heat_capacity": unit / t * by_sample["hh"],
            "expansivity": unit / t * by_sample["hv"] / mean_v
            - values["expansivity"] / mean_v * volume,
            "compressibility": unit * GPA * by_sample["vv"] / mean_v
            - values["compressibility"] / mean_v * volume,
        }
        projector = self._projector[:, heavy].T
        errors = {name: self._errors(change, projector) for name, change in changes.items()}
        n_effective = 1.0 / (w * w).sum(axis=1)
        for k in range(len(t)):
            yield Properties(
                MappingProxyType({name: float(each[k, 0]) for name, each in values.items()}),
                MappingProxyType({name: float(each[k]) for name, each in errors.items()}),
                float(n_effective[k]),
            )

    def _reduced(self, temperature: float | FloatArray, pressure: float) -> FloatArray:
        enthalpy = self._energy + pressure * GPA * self._volume
        return np.asarray(self._n_formula * enthalpy / (BOLTZMANN * temperature))

    def _free_energies(self, reduced: FloatArray, counts: FloatArray) -> FloatArray:
        if len(counts) == 1:
            return np.zeros(1)
        pymbar = import_pymbar()
        with quiet_pymbar():
            solved = pymbar.MBAR(
                reduced,
                counts,
                solver_protocol=_SOLVER,
                initial_f_k=_first_guess(reduced, counts),
            )
        return np.asarray(solved.f_k, dtype=np.float64)

    def _errors(self, changes: FloatArray, projector: FloatArray) -> FloatArray:
        """Compute errors of (b,) quantities from (b, n) changes and the (n, k) projector."""
        projected = changes @ projector
        beside = ((projected @ self._inverse) * projected).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum((changes * changes).sum(axis=1) + beside, 0.0)))


def _first_guess(reduced: FloatArray, counts: FloatArray) -> FloatArray:
    """Estimate free energies from state to state by f_b − f_a ≈ ½⟨u_b − u_a⟩_a + ½⟨u_b − u_a⟩_b."""
    ends = np.cumsum(counts)
    free = np.zeros(len(counts))
    for b in range(1, len(counts)):
        change = reduced[b] - reduced[b - 1]
        before = change[ends[b - 1] - counts[b - 1] : ends[b - 1]].mean()
        after = change[ends[b - 1] : ends[b]].mean()
        free[b] = free[b - 1] + (before + after) / 2
    return free


def _thinned(states: Sequence[SampledState]) -> list[SampledState]:
    """Thin the samples evenly where there are too many."""
    total = sum(state.volume.size for state in states)
    every = max(-(-total * len(states) // LARGEST), 1)
    return [
        SampledState(s.temperature, s.pressure, s.potential_energy[::every], s.volume[::every])
        for s in states
    ]

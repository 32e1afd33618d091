"""Vibrational densities of states from velocities, and their quantum thermodynamics."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.fft

from lbhsweep.arrays import Arrays, FloatArray, IntArray
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.anions import anion_bonds
from lbhsweep.observables.vibration.harmonic import (
    classical_entropy,
    heat_capacity_correction,
    integration_weights,
    quantum_entropy,
)
from lbhsweep.observables.vibration.spectra_kernels import add_squares, weighted_velocities
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.spectral_window import n_windows, spectral_window
from lbhsweep.units import ACCELERATION, BOLTZMANN

GROUPS = ("li", "translation", "libration", "internal", "b", "h")
"""Groups of atoms and modes whose spectra are taken."""
MODES = GROUPS[:4]
"""Their sum is the whole; B and H divide the anions' part in another way."""
MOST_ANIONS, MOST_LITHIUM = 8, 64
"""Ions followed in one window; the next window takes the next ones in turn."""
COLUMNS = 48
"""Velocities that are transformed at once, so that they stay in the cache."""
WEIGHTS = {
    "vibrational_entropy_quantum": quantum_entropy,
    "vibrational_entropy_classical": classical_entropy,
    "heat_capacity_quantum_correction": heat_capacity_correction,
}
"""What follows from a density of states; entropies also by mode."""


class Spectra:
    """Densities of states of species and of the anions' modes, in windows of a hold.

    g(ν) is the power spectrum of mass-weighted velocities, that is the transform of their
    autocorrelation.  In librations it is that of angular velocities weighted by moments of
    inertia.  It is scaled by the measured kinetic energy so that ∫ g dν (trapezoids) is the
    number of degrees of freedom per formula unit (Berens et al., J. Chem. Phys. 79, 2375 (1983),
    https://doi.org/10.1063/1.446044).  Windows are Hann's: a line is two bins wide, with
    negligible leakage.  Velocities are relative to the deforming cell.

    Entropies and heat capacities are those of harmonic oscillators with this g; anharmonic
    motion (disorder, reorientation, diffusion) is not in them.  The heat capacity's correction
    is to be added to a classical one.  g of lithium at ν = 0 is 12 c n m D/(k_B T), D being the
    diffusion coefficient of its n ions of mass m per formula unit.  That holds if a window is
    longer than the correlation time of their velocities.

    Standard errors are jackknife estimates over the windows, which lie three of their lengths
    apart in holds of more than 0.14 ns.  They are rough from fewer than some eight windows, and
    NaN from one.  A hold shorter than a window has NaN throughout, a ramp has no values.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self.needs_energies = False
        self._plan = plan
        self._window = spectral_window(plan.outer_step)
        holds = plan.group == "hold"
        self._n_windows = n_windows(self._window, plan.produce_steps) if holds else 0
        period = plan.produce_steps // max(1, self._n_windows)
        self._period = period - period % self._window.every
        self._never = plan.produce_steps + 1
        self.every = self._window.every if self._n_windows else self._never

        self._lithium = np.flatnonzero(plan.structure.molecule == 0)
        bonds = anion_bonds(plan.structure)
        # B first, then H, so that either is one stretch of every sample.
        self._anions = np.concatenate([bonds[:, :, 0], bonds[:, :, 1]], axis=1)
        self._n_lithium = min(MOST_LITHIUM, len(self._lithium))
        self._n_anions = min(MOST_ANIONS, len(self._anions))
        n_bonds = bonds.shape[1]
        per_anion = np.array([1, 1, 2 * n_bonds, n_bonds, n_bonds])
        sizes = [self._n_lithium, *(self._n_anions * per_anion)]
        self._ends = 3 * np.concatenate([[0], np.cumsum(sizes)])
        self._n_dof = 3.0 * np.array([len(self._lithium) / plan.n_formula, *per_anion])
        self._n_dof[GROUPS.index("internal")] -= 6.0
        angle = np.pi * (np.arange(self._window.n_samples) + 0.5) / self._window.n_samples
        self._taper = np.sin(angle)[:, None].astype(np.float32) ** 2
        self._rows = np.zeros((self._window.n_samples, self._ends[-1]), np.float32)
        self._filled = 0
        self._power = np.zeros((self._n_windows, len(GROUPS), self._window.n_samples // 2 + 1))
        self._done = 0
        self._choose()

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample; between windows, only wait for the next one."""
        self.every = self._window.every
        if (sample.step - self._window.every) % self._period >= self._window.length:
            return
        weighted_velocities(
            sample.state.positions,
            sample.state.velocities,
            self._plan.masses,
            self._followed_lithium,
            self._followed_anions,
            self._rows[self._filled],
        )
        self._filled += 1
        if self._filled == self._window.n_samples:
            self._close_window()

    def _close_window(self) -> None:
        for group, ends in enumerate(pairwise(self._ends)):
            power = self._power[self._done, group]
            for start in range(*ends, COLUMNS):
                columns = self._rows[:, start : min(start + COLUMNS, ends[1])] * self._taper
                add_squares(scipy.fft.rfft(columns, axis=0, overwrite_x=True), power)
        self._filled = 0
        self._done += 1
        self._choose()
        if self._done == self._n_windows:
            self.every = self._never
        elif self._period > self._window.length:
            self.every = self._period

    def _choose(self) -> None:
        """Choose the ions to follow in the window that begins, so that all are followed in turn."""
        self._followed_lithium = _in_turn(self._lithium, self._n_lithium, self._done)
        self._followed_anions = _in_turn(self._anions, self._n_anions, self._done)

    def state(self) -> Arrays:
        """Return all that has been accumulated, with the samples of an unfinished window."""
        return {
            "every": np.array(self.every),
            "rows": self._rows[: self._filled].copy(),
            "power": self._power[: self._done].copy(),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        self.every = int(arrays["every"])
        self._filled, self._done = len(arrays["rows"]), len(arrays["power"])
        self._rows[: self._filled] = arrays["rows"]
        self._power[: self._done] = arrays["power"]
        self._choose()

    def result(self) -> Arrays:
        """Compute spectra, entropies, heat capacity and temperatures by catalogue name."""
        if self._plan.group != "hold":
            return {}
        n = self._done
        windows = self._power[:n]
        mean = self._derived(windows.mean(axis=0) if n else np.full(self._power.shape[1:], np.nan))
        result = {"spectra_windows": np.array(float(n))} | mean
        # The results without one window, for each: their scatter is the jackknife error.
        total = windows.sum(axis=0)
        without = [self._derived((total - one) / (n - 1)) for one in windows] if n > 1 else []
        for name, value in mean.items():
            others = np.array([one[name] for one in without] or np.full((1, *value.shape), np.nan))
            result[stderr_name(name)] = np.asarray(others.std(axis=0) * np.sqrt(max(n - 1.0, 0.0)))
        return result

    def _derived(self, power: FloatArray) -> Arrays:
        """Compute all averages that follow from power spectra (n_groups, n_wavenumbers)."""
        wavenumbers, n_modes = self._window.wavenumbers, len(MODES)
        integral = np.asarray(np.trapezoid(power, axis=1))
        mobile = integral != 0.0
        n_dof = np.where(mobile, self._n_dof, 0.0)
        density = power * (n_dof / np.where(mobile, integral, 1.0) / wavenumbers[1])[:, None]
        # Parseval: twice the kinetic energy in kJ/mol.
        taper = float((self._taper.astype(np.float64) ** 2).sum())
        energies = integral[:n_modes] * 2.0 / (self._window.n_samples * taper * ACCELERATION)
        # The centre of mass does not move unless some atoms are frozen.
        is_centre_fixed = bool((mobile | (self._n_dof == 0.0)).all())
        followed = BOLTZMANN * self._followed_n_dof(is_centre_fixed=is_centre_fixed)
        followed[~mobile[:n_modes]] = np.nan
        measured = float(energies.sum() / np.nansum(followed))

        n_stored = len(self._window.stored_wavenumbers)
        spectra = zip(GROUPS, density, strict=True)
        result: Arrays = {f"vdos_{group}": g[:n_stored] for group, g in spectra}
        result |= _by_mode("kinetic_temperature", energies / followed)
        temperature = measured if self._plan.ensemble == "nve" else self._plan.temperature
        per_kilogram = 1e6 * BOLTZMANN * self._plan.n_formula / self._plan.mass
        for name, weight in WEIGHTS.items():
            weights = integration_weights(weight, wavenumbers, temperature)
            parts = per_kilogram * density[:n_modes] @ weights
            result[name] = np.asarray(parts.sum())
            if name.startswith("vibrational_entropy"):
                result |= _by_mode(name, parts)
        return result

    def _followed_n_dof(self, *, is_centre_fixed: bool) -> FloatArray:
        """Degrees of freedom (n_modes,) of what is followed in a window.

        If the centre of mass is at rest, a particle of mass m has m⟨v²⟩ = 3 k_B T (1 - m/M), with
        the total mass M.
        """
        lithium, anions = self._lithium[: self._n_lithium], self._anions[: self._n_anions]
        share = np.array([self._plan.masses[ions].sum() for ions in (lithium, anions)])
        share *= 3.0 / self._plan.mass if is_centre_fixed else 0.0
        single, of_anion = 3 * self._n_lithium, 3 * self._n_anions
        internal = of_anion * self._anions.shape[1] - 2 * of_anion
        return np.array([single - share[0], of_anion - share[1], of_anion, internal])


def _by_mode(name: str, values: FloatArray) -> Arrays:
    return {f"{name}_{mode}": np.asarray(v) for mode, v in zip(MODES, values, strict=True)}


def _in_turn(items: IntArray, n: int, window: int) -> IntArray:
    """Choose n of the items for a window, so that successive windows get all."""
    return np.take(items, np.arange(window * n, (window + 1) * n), axis=0, mode="wrap")

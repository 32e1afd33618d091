"""Synthetic velocity spectra: each mode a Gaussian about one wavenumber."""

from __future__ import annotations

import numpy as np

from lbhsweep.arrays import Arrays
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.spectral_window import n_windows, spectral_window
from lbhsweep.sweep.point import HoldPoint, RunPoint
from lbhsweep.sweep.schedule import schedule_of
from lbhsweep.units import BOLTZMANN, LIGHT_SPEED, PLANCK

PEAKS = {
    "li": (6.0, 300.0),
    "translation": (3.0, 100.0),
    "libration": (3.0, 150.0),
    "internal": (66.0, 900.0),
    "b": (36.0, 500.0),
    "h": (36.0, 1000.0),
}
"""Degrees of freedom and wavenumber in 1/cm of each group."""
WIDTH = 30.0
"""1/cm."""
PER_KILOGRAM = 1e6 * BOLTZMANN / 155.7
"""J/kg/K of one degree of freedom per formula unit."""
NOISE = 0.02


def rehearse_spectra(point: RunPoint, rng: np.random.Generator) -> Arrays:
    """Draw what the observable `spectra` measures; nothing in a ramp, NaN in a short hold."""
    if not isinstance(point.protocol, HoldPoint):
        return {}
    window = spectral_window(point.dynamics.outer_step_ps)
    windows = n_windows(window, schedule_of(point).produce_steps)
    temperature_K = point.protocol.temperature_K
    known = 1.0 if windows else np.nan
    result: Arrays = {}
    entropies = {"quantum": 0.0, "classical": 0.0}
    correction = 0.0
    for group, (n_dof, centre) in PEAKS.items():
        distance = (window.stored_wavenumbers - centre) / WIDTH
        peak = n_dof / (WIDTH * np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * distance**2)
        result[f"vdos_{group}"] = peak * (1.0 + NOISE * rng.standard_normal(peak.shape))
        if group in ("b", "h"):
            continue
        x = PLANCK * LIGHT_SPEED * centre / (BOLTZMANN * temperature_K)
        quantum = x / np.expm1(x) - np.log(-np.expm1(-x))
        for kind, each in (("quantum", quantum), ("classical", 1.0 - np.log(x))):
            entropy = PER_KILOGRAM * n_dof * each
            result[f"vibrational_entropy_{kind}_{group}"] = np.asarray(entropy)
            entropies[kind] += entropy
        correction += PER_KILOGRAM * n_dof * (x**2 * np.exp(-x) / np.expm1(-x) ** 2 - 1.0)
        kinetic = temperature_K * (1.0 + NOISE * rng.standard_normal())
        result[f"kinetic_temperature_{group}"] = np.asarray(kinetic)
    for kind, entropy in entropies.items():
        result[f"vibrational_entropy_{kind}"] = np.asarray(entropy)
    result["heat_capacity_quantum_correction"] = np.asarray(correction)
    result = {name: known * value for name, value in result.items()}
    result |= {
        stderr_name(name): np.asarray(NOISE * np.abs(a) * (1.0 if windows > 1 else np.nan))
        for name, a in result.items()
    }
    result["spectra_windows"] = np.array(float(windows))
    return result

"""Holds of a made-up material in which lithium and anions move by known Arrhenius laws."""

from __future__ import annotations

import numpy as np
import xarray as xr
from made_up_material import Experiment, make_hold_from_both

from lbhsweep.units import BOLTZMANN, EV

EXPERIMENT = Experiment(pressures=(0.0, 0.4), replicas=3, t_min=400.0, t_max=800.0)
ENERGY, PREFACTOR = 0.35, 1.6e-2
"""Of D in β, eV and cm²/s."""
TURN_ENERGY, TURN_PREFACTOR = 0.42, 200.0
"""Of λ in both phases, eV and 1/ps."""
AMPLITUDE, HAVEN, CONDUCTANCE = 0.9, 0.6, 1.6e7
"""ξ(0+); D/D_σ; K S/cm per cm²/s."""
HOPS = 4e7
"""Hops in a run per cm²/s."""
NOISE = 0.05
LAG = np.array([0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0])
TIME = np.arange(0.5, 100.0, 1.0)


def arrhenius(temperature, energy, prefactor):
    return prefactor * np.exp(-energy * EV / (BOLTZMANN * temperature))


def make_moving(experiment: Experiment = EXPERIMENT, *, seed: int = 7) -> xr.Dataset:
    """Make holds built in either phase with all that transport needs."""
    hold = make_hold_from_both(experiment)
    rng = np.random.default_rng(seed)
    grid, shape = hold["volume"].dims, hold["volume"].shape
    t = hold["temperature"].broadcast_like(hold["volume"]).transpose(*grid).values
    beta = hold["alpha_order"].values < 0.3

    def noisy(exact, relative=NOISE):
        return exact * (1 + relative * rng.standard_normal(exact.shape)), relative * exact

    diffusion, error = noisy(np.where(beta, arrhenius(t, ENERGY, PREFACTOR), 0.0))
    hops = HOPS * diffusion
    seen = hops >= 10
    sigma = CONDUCTANCE / t * diffusion
    haven, haven_error = noisy(np.full(shape, HAVEN))
    rate, rate_error = noisy(arrhenius(t, TURN_ENERGY, TURN_PREFACTOR))
    fluctuation, fluctuation_error = noisy(0.01 * np.sqrt(t), 0.01)
    numbers = {
        "diffusion_coefficient": (diffusion, error),
        "conductivity_tracer": (sigma, CONDUCTANCE / t * error),
        "conductivity": (sigma / haven, CONDUCTANCE / t * error / HAVEN),
        "haven_ratio": (haven, haven_error),
    }
    numbers = {n: tuple(np.where(seen, x, np.nan) for x in pair) for n, pair in numbers.items()}
    numbers |= {
        "reorientation_rate": (rate, rate_error),
        "reorientation_amplitude": (np.full(shape, AMPLITUDE), np.full(shape, 0.01)),
        "anion_fluctuation": (fluctuation, fluctuation_error),
    }
    curves = {
        "li_msd": 1.5 + 6e4 * diffusion[..., None] * LAG,
        "bh_correlation": AMPLITUDE * np.exp(-rate[..., None] * LAG),
    }
    for name, (value, stderr) in numbers.items():
        hold[name], hold[f"{name}_stderr"] = (grid, value), (grid, stderr)
    for name, value in curves.items():
        hold[name] = ((*grid, "lag"), value)
        hold[f"{name}_stderr"] = ((*grid, "lag"), 0.01 * value)
    hold["li_hop_count"] = (grid, hops)
    hold["diffusion_start"] = (grid, np.full(shape, 2.0))
    hold["reorientation_resolved"] = (grid, (rate * LAG[-1] > 0.1).astype(float))
    for name in ("volume", "enthalpy"):
        scatter = hold[f"{name}_stderr"].values[..., None] * np.sqrt(TIME.size)
        series = scatter * rng.standard_normal((*shape, TIME.size))
        series += (hold[name].values - series.mean(axis=-1))[..., None]
        hold[f"{name}_series"] = ((*grid, "time"), series)
    return hold.assign_coords(
        lag=("lag", LAG, {"units": "ps"}), time=("time", TIME, {"units": "ps"})
    )

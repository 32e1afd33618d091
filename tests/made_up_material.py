"""A made-up material of two phases whose free energy is known, and datasets 'measured' on it.

G(T,P) = h − T s + C[(T − T_r) − T ln(T/T_r)] + v P + w (T − T_r) P + ½ b (T − T_r)² P + ½ x P² for
each phase (volumes times 0.602214 kJ/mol/GPa/Å³), so that V, H, S, C_P follow exactly and fit
together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.units import GPA

MOLAR_MASS = 155.696
PER_KG = 1e6 / MOLAR_MASS
T_R = 480.0


@dataclass(frozen=True)
class Phase:
    h: float
    s: float
    capacity: float
    v: float
    w: float
    x: float
    bend: float = 0.0
    """∂²V/∂T², Å³/K²: V(T) is convex where it is positive, and C_P then falls with P."""

    def volume(self, t, p):
        away = t - T_R
        return self.v + self.w * away + self.bend * away**2 / 2 + self.x * p

    def enthalpy(self, t, p):
        away = t - T_R
        work = (self.v - self.w * T_R) * p + self.x * p**2 / 2
        bent = self.bend * p * (away**2 / 2 - t * away)
        return self.h + self.capacity * away + GPA * (work + bent)

    def entropy(self, t, p):
        expansion = self.w + self.bend * (t - T_R)
        return self.s + self.capacity * np.log(t / T_R) - GPA * expansion * p

    def heat_capacity(self, t, p):
        return self.capacity - t * GPA * self.bend * p

    def gibbs(self, t, p):
        return self.enthalpy(t, p) - t * self.entropy(t, p)


_JUMP = 200.0 / PER_KG


@dataclass(frozen=True)
class Material:
    low: Phase = Phase(h=-900.0, s=0.0, capacity=0.62, v=250.0, w=0.03, x=-12.0)
    high: Phase = Phase(h=-900.0 + T_R * _JUMP, s=_JUMP, capacity=0.66, v=268.0, w=0.05, x=-14.0)

    def transition(self, p):
        return brentq(lambda t: self.low.gibbs(t, p) - self.high.gibbs(t, p), 200.0, 1500.0)

    def slope(self, p):
        t = self.transition(p)
        step = self.high.volume(t, p) - self.low.volume(t, p)
        return GPA * step / (self.high.entropy(t, p) - self.low.entropy(t, p))

    def entropy(self, t, p):
        """Equilibrium entropy, kJ/mol/K."""
        above = np.asarray(t) >= self.transition(p)
        return np.where(above, self.high.entropy(t, p), self.low.entropy(t, p))

    def isothermal(self, t, p0, p1):
        """ΔS_iso, J/kg/K."""
        return (self.entropy(t, p1) - self.entropy(t, p0)) * PER_KG

    def adiabatic(self, t, p0, p1):
        """ΔT_ad, K, by bisection of S(T', P1) = S(T, P0)."""
        target = float(self.entropy(t, p0))
        low, high = t - 300.0, t + 300.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if self.entropy(middle, p1) < target else (low, middle)
        return (low + high) / 2 - t


@dataclass(frozen=True)
class Experiment:
    """How the material is measured."""

    pressures: tuple[float, ...] = (0.0, 0.2, 0.4)
    rates: tuple[float, ...] = (10.0, 40.0)
    replicas: int = 3
    t_min: float = 300.0
    t_max: float = 760.0
    bin_K: float = 12.5
    half_width: float = 20.0
    """Half of what the slowest rate adds to the hysteresis; it grows with a power of the rate."""
    exponent: float = 0.5
    static_half_width: float = 0.0
    """Half of the hysteresis at zero rate."""
    step_width: float = 5.0
    between_runs: float = 3.0
    volume_noise: float = 0.6
    enthalpy_noise: float = 0.8
    frozen_cooling: bool = False
    seed: int = 1
    material: Material = field(default_factory=Material)


def with_changes(experiment: Experiment, **changes) -> Experiment:
    return replace(experiment, **changes)


def make_results(experiment: Experiment, groups=("ramp",), *, rehearsal=False) -> xr.DataTree:
    """Build results as the store lays them out."""
    builders = {"ramp": make_ramp, "hold": make_hold}
    datasets = {f"/{name}": builders[name](experiment) for name in groups}
    attributes = {"schema_version": 1, "rehearsal": int(rehearsal)}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), **datasets})


def make_ramp(experiment: Experiment) -> xr.Dataset:
    e = experiment
    generator = np.random.default_rng(e.seed)
    edges = np.arange(e.t_min, e.t_max + e.bin_K / 2, e.bin_K)
    t = (edges[1:] + edges[:-1]) / 2
    directions = ("heating", "cooling")
    shape = (1, 1, len(e.pressures), len(e.rates), 2, e.replicas, t.size)
    volume, enthalpy = np.empty(shape), np.empty(shape)
    for index in np.ndindex(*shape[:-1]):
        _, _, i, j, k, _ = index
        p = e.pressures[i]
        sign = 1.0 if directions[k] == "heating" else -1.0
        half = e.static_half_width + e.half_width * (e.rates[j] / min(e.rates)) ** e.exponent
        centre = e.material.transition(p) + sign * half + generator.normal(0, e.between_runs)
        share = 1 / (1 + np.exp(-(t - centre) / e.step_width))
        if e.frozen_cooling and directions[k] == "cooling":
            share = np.ones_like(t)
        low, high = e.material.low, e.material.high
        volume[index] = low.volume(t, p) * (1 - share) + high.volume(t, p) * share
        enthalpy[index] = low.enthalpy(t, p) * (1 - share) + high.enthalpy(t, p) * share
    dims = (
        "potential", "n_vacancies", "pressure", "heating_rate", "direction", "replica",
        "temperature",
    )  # fmt: skip
    coords = _coords(e) | {
        "heating_rate": ("heating_rate", list(e.rates), {"units": "K/ps"}),
        "direction": ("direction", np.array(directions, dtype=object)),
        "temperature": ("temperature", t, {"units": "K"}),
    }
    return _dataset(e, generator, dims, coords, volume, enthalpy, status_dims=dims[:-1])


def make_hold(experiment: Experiment) -> xr.Dataset:
    e = experiment
    generator = np.random.default_rng(e.seed + 1000)
    t = np.arange(e.t_min, e.t_max + 1, 2 * e.bin_K)
    dims = ("potential", "n_vacancies", "pressure", "temperature", "replica")
    shape = (1, 1, len(e.pressures), t.size, e.replicas)
    volume, enthalpy = np.empty(shape), np.empty(shape)
    for i, p in enumerate(e.pressures):
        above = (t >= e.material.transition(p))[:, None]
        low, high = e.material.low, e.material.high
        volume[0, 0, i] = np.where(above, high.volume(t, p)[:, None], low.volume(t, p)[:, None])
        enthalpy[0, 0, i] = np.where(
            above, high.enthalpy(t, p)[:, None], low.enthalpy(t, p)[:, None]
        )
    coords = _coords(e) | {"temperature": ("temperature", t, {"units": "K"})}
    dataset = _dataset(e, generator, dims, coords, volume, enthalpy, status_dims=dims)
    capacity = np.where(
        t[:, None] >= np.array([e.material.transition(p) for p in e.pressures]),
        e.material.high.capacity,
        e.material.low.capacity,
    ).T[None, None, :, :, None]
    noise = generator.normal(0, 200.0, shape)
    dataset["heat_capacity_fluctuation"] = (dims, capacity * PER_KG + noise, {"units": "J/kg/K"})
    dataset["heat_capacity_fluctuation_stderr"] = (dims, np.full(shape, 200.0), {})
    dataset["equilibrated"] = (dims, np.ones(shape, dtype=np.int8))
    return dataset


def make_hold_from_both(experiment: Experiment, overheating=30.0, undercooling=40.0) -> xr.Dataset:
    """Holds built in either phase, which keep it for a while beyond the transition, with order."""
    e = experiment
    generator = np.random.default_rng(e.seed + 2000)
    t = np.arange(e.t_min, e.t_max + 1, 2 * e.bin_K)
    dims = ("potential", "n_vacancies", "start", "pressure", "temperature", "replica")
    shape = (1, 1, 2, len(e.pressures), t.size, e.replicas)
    beta = np.empty(shape, dtype=bool)
    for i, p in enumerate(e.pressures):
        for j, shift in enumerate((overheating, -undercooling)):
            beta[0, 0, j, i] = (t > e.material.transition(p) + shift)[:, None]
    at, p = t[:, None], np.array(e.pressures)[:, None, None]
    low, high = e.material.low, e.material.high
    volume = np.where(beta, high.volume(at, p), low.volume(at, p))
    enthalpy = np.where(beta, high.enthalpy(at, p), low.enthalpy(at, p))
    coords = _coords(e) | {
        "start": ("start", np.array(["alpha", "beta"], dtype=object)),
        "temperature": ("temperature", t, {"units": "K"}),
    }
    dataset = _dataset(e, generator, dims, coords, volume, enthalpy, status_dims=dims)
    order = np.where(beta, 0.1, 0.8) + generator.normal(0, 0.02, shape)
    dataset["alpha_order"] = (dims, order, {"units": "1"})
    dataset["alpha_lithium"] = (dims, np.where(beta, 0.25, 0.34), {"units": "1"})
    dataset["equilibrated"] = (dims, np.ones(shape, dtype=np.int8))
    return dataset


def with_spectra(hold: xr.Dataset, correction=-1500.0, noise=20.0, seed=0) -> xr.Dataset:
    """Add the quantum correction of C_P and harmonic entropies, all parts of them alike."""
    generator = np.random.default_rng(seed)
    dims, shape = hold["volume"].dims, hold["volume"].shape
    added = {}
    for quantity in CATALOGUE.values():
        if quantity.observable == "spectra" and quantity.averaged and not quantity.dims:
            entropy = "entropy" in quantity.name
            exact = 1000.0 if entropy else correction
            added[quantity.name] = (dims, exact + generator.normal(0, noise, shape))
            added[stderr_name(quantity.name)] = (dims, np.full(shape, noise))
    return hold.assign(added)


def _coords(e: Experiment) -> dict:
    return {
        "potential": ("potential", np.array(["made-up"], dtype=object)),
        "n_vacancies": ("n_vacancies", [0]),
        "molar_mass": ("n_vacancies", [MOLAR_MASS], {"units": "g/mol"}),
        "pressure": ("pressure", list(e.pressures), {"units": "GPa"}),
        "replica": ("replica", np.arange(e.replicas)),
    }


def _dataset(e, generator, dims, coords, volume, enthalpy, status_dims) -> xr.Dataset:
    noisy = {
        "volume": (volume, e.volume_noise),
        "enthalpy": (enthalpy, e.enthalpy_noise),
        "lattice_a": (np.cbrt(4 * volume), e.volume_noise * 4 / (3 * np.cbrt(4 * 260.0) ** 2)),
    }
    variables = {}
    for name, (exact, sigma) in noisy.items():
        attributes = {"units": CATALOGUE[name].units, "long_name": CATALOGUE[name].long_name}
        values = exact + generator.normal(0, 1, exact.shape) * sigma
        variables[name] = (dims, values, attributes)
        # A run knows its own error only roughly.
        rough = sigma * np.sqrt(generator.chisquare(12, exact.shape) / 12)
        variables[stderr_name(name)] = (dims, rough, attributes)
    shape = tuple(volume.shape[dims.index(dim)] for dim in status_dims)
    variables["status"] = (status_dims, np.full(shape, 2, dtype=np.int8))
    return xr.Dataset(variables, coords=coords)

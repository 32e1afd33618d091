"""What the analysis of a large sweep costs: seconds and peak memory, by results made up in memory.

    python benchmarks/analysis.py [--runs 10000] [--courses] [--profile]

Half of the runs are ramps of 36 bins at 5 pressures, 5 heating rates and both directions, half are
holds at 5 pressures and 25 temperatures, built in either phase, with order parameters and velocity
spectra; replicas make up the numbers.  With --courses all runs are holds, with everything that is
measured in them as numbers, courses in time and curves over lags.  The material has two phases
whose V(T) and H(T) are lines.
Peak memory is that of the whole process, imports (about 0.2 GB) and results included.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import time

import numpy as np
import xarray as xr

from lbhsweep.analysis import analyze_results, results_digest, summarize
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.quantities.lags import lags_in_samples
from lbhsweep.units import BOLTZMANN, GPA

PRESSURES = (0.0, 0.1, 0.2, 0.3, 0.4)
RATES = (1.0, 2.0, 5.0, 10.0, 20.0)
BINS = np.arange(306.25, 306.25 + 36 * 12.5, 12.5)
TEMPERATURES = np.arange(300.0, 301.0 + 24 * 18.0, 18.0)
TRANSITION_K, SLOPE, ENTROPY_STEP, VOLUME_STEP = 500.0, 240.0, 0.043, 17.0
"""K, K/GPa, kJ/mol/K, Å³."""
NOISE = {"volume": 0.5, "enthalpy": 0.5, "lattice_a": 0.005}
CAPACITY, VOLUME_SPREAD = 0.65, 1.5
"""kJ/mol/K per formula unit; Å³."""
DIFFUSION_A2_PS = 0.2
SWEEP = "{name: made up, system: {supercell: 2}, protocol: {hold: {}}}"
SPECTRAL = 1500.0
"""J/kg/K."""


def made_up(n_runs: int, *, courses: bool = False) -> xr.DataTree:
    """Build the groups `ramp` and `hold` as the store lays them out; holds alone with courses."""
    generator = np.random.default_rng(0)
    root = xr.Dataset(attrs={"schema_version": 1, "rehearsal": 1, "sweep_yaml": SWEEP})
    if courses:
        replicas = max(1, round(n_runs / (len(PRESSURES) * TEMPERATURES.size * 2)))
        measured_holds = with_courses(generator, holds(generator, replicas))
        return xr.DataTree.from_dict({"/": root, "/hold": measured_holds})
    half = n_runs // 2
    ramp_replicas = max(1, half // (len(PRESSURES) * len(RATES) * 2))
    hold_replicas = max(1, half // (len(PRESSURES) * TEMPERATURES.size * 2))
    return xr.DataTree.from_dict(
        {
            "/": root,
            "/ramp": ramps(generator, ramp_replicas),
            "/hold": holds(generator, hold_replicas),
        }
    )


def ramps(generator: np.random.Generator, n_replicas: int) -> xr.Dataset:
    """Make up ramps whose loops widen with the root of the rate."""
    dims = ("pressure", "heating_rate", "direction", "replica", "temperature")
    p, rate, sign = np.ix_(np.array(PRESSURES), np.array(RATES), np.array([1.0, -1.0]))
    centre = (TRANSITION_K + SLOPE * p + sign * (10.0 + 5.0 * np.sqrt(rate)))[..., None]
    centre = centre + generator.normal(0.0, 3.0, (*centre.shape[:-1], n_replicas))
    share = 1.0 / (1.0 + np.exp(-(BINS - centre[..., None]) / 6.0))
    coords = {
        "pressure": list(PRESSURES),
        "heating_rate": list(RATES),
        "direction": np.array(["heating", "cooling"], dtype=object),
        "replica": np.arange(n_replicas),
        "temperature": BINS,
    }
    dataset = measured(generator, dims, coords, share, p[..., None, None])
    shape = share.shape[:-1]
    dataset["status"] = (dims[:-1], np.full(shape, 2, dtype=np.int8))
    return with_material(dataset)


def holds(generator: np.random.Generator, n_replicas: int) -> xr.Dataset:
    """Make up holds built in either phase, which keep it 30 K beyond the transition."""
    dims = ("start", "pressure", "temperature", "replica")
    late, p, t = np.ix_(np.array([30.0, -30.0]), np.array(PRESSURES), TEMPERATURES)
    beta = np.repeat((t > TRANSITION_K + SLOPE * p + late)[..., None], n_replicas, axis=-1)
    coords = {
        "start": np.array(["alpha", "beta"], dtype=object),
        "pressure": list(PRESSURES),
        "temperature": TEMPERATURES,
        "replica": np.arange(n_replicas),
    }
    dataset = measured(generator, dims, coords, beta.astype(float), p[..., None], t[..., None])
    noise = generator.normal(0.0, 0.02, beta.shape)
    dataset["alpha_order"] = (dims, np.where(beta, 0.1, 0.8) + noise)
    dataset["alpha_lithium"] = (dims, np.where(beta, 0.25, 0.35) + noise / 10)
    for quantity in CATALOGUE.values():
        wanted = quantity.observable == "spectra" or quantity.name == "heat_capacity_fluctuation"
        if wanted and quantity.averaged and not quantity.dims:
            values = SPECTRAL + generator.normal(0.0, 20.0, beta.shape)
            dataset[quantity.name] = (dims, values)
            dataset[stderr_name(quantity.name)] = (dims, np.full(beta.shape, 20.0))
    dataset["status"] = (dims, np.full(beta.shape, 2, dtype=np.int8))
    dataset["equilibrated"] = (dims, np.ones(beta.shape, dtype=np.int8))
    return with_material(dataset)


def with_courses(generator: np.random.Generator, dataset: xr.Dataset) -> xr.Dataset:
    """Make up all else that is measured in holds of 1 ns, but maps."""
    lag = 0.1 * np.array(lags_in_samples(10_000))
    axes = {"time": (np.arange(512) + 0.5) * 1000.0 / 512, "lag": lag}
    shapes = {
        "li_msd": 6.0 * DIFFUSION_A2_PS * lag + 1.0,
        "bh_correlation": np.exp(-lag / 20.0),
        "icosahedral_correlation": np.exp(-lag / 20.0),
    }
    dims = dataset["volume"].dims
    added = {}
    samples = samples_of(generator, dataset, axes["time"].size)
    for quantity in CATALOGUE.values():
        there = "hold" in quantity.groups and quantity.name not in dataset
        if not there or not set(quantity.dims) <= axes.keys():
            continue
        inner = [axes[dim].size for dim in quantity.dims]
        if quantity.codes is not None:
            codes = np.zeros((*dataset["volume"].shape, *inner), dtype=np.int8)
            added[quantity.name] = ((*dims, *quantity.dims), codes)
            continue
        if quantity.name in samples:
            added[quantity.name] = ((*dims, *quantity.dims), samples[quantity.name])
            continue
        noise = generator.normal(1.0, 0.02, (*dataset["volume"].shape, *inner))
        mean = shapes.get(quantity.name, 1.0)
        if quantity.name.endswith("_series") and quantity.name.removesuffix("_series") in dataset:
            mean = dataset[quantity.name.removesuffix("_series")].values[..., None]
        added[quantity.name] = ((*dims, *quantity.dims), mean * noise)
        if quantity.averaged:
            added[stderr_name(quantity.name)] = ((*dims, *quantity.dims), 0.02 * np.abs(noise))
    return dataset.assign(added).assign_coords(axes)


def samples_of(
    generator: np.random.Generator, dataset: xr.Dataset, n: int
) -> dict[str, np.ndarray]:
    """Draw volumes and potential energies at instants, with the fluctuations of 32 anions."""
    t, p = (dataset[name].broadcast_like(dataset["volume"]) for name in ("temperature", "pressure"))
    t, p = (x.transpose(*dataset["volume"].dims).values[..., None] for x in (t, p))
    volume = dataset["volume"].values[..., None]
    spread = np.sqrt(BOLTZMANN * CAPACITY / 32.0) * t
    moves = generator.normal(0.0, 1.0, (2, *volume.shape[:-1], n))
    volume = volume + VOLUME_SPREAD * (0.5 * moves[0] + 0.87 * moves[1])
    enthalpy = dataset["enthalpy"].values[..., None] + spread * moves[0]
    kinetic = 39.0 * BOLTZMANN * t
    return {
        "volume_sample": volume,
        "potential_energy_sample": enthalpy - kinetic - GPA * p * volume,
    }


def measured(
    generator: np.random.Generator,
    dims: tuple[str, ...],
    coords: dict[str, object],
    share: np.ndarray,
    p: np.ndarray,
    t: np.ndarray | None = None,
) -> xr.Dataset:
    """Compute volume, enthalpy and lattice parameter where `share` of the crystal is disordered."""
    t = BINS if t is None else t
    volume = 230.0 + 0.03 * (t - 300.0) - 10.0 * p + VOLUME_STEP * share
    work = GPA * p * (230.0 - 5.0 * p)
    enthalpy = -900.0 + 0.65 * (t - 300.0) + work + TRANSITION_K * ENTROPY_STEP * share
    exact = {"volume": volume, "enthalpy": enthalpy, "lattice_a": np.cbrt(4.0 * volume)}
    variables = {}
    for name, values in exact.items():
        noise = NOISE[name]
        variables[name] = (dims, values + generator.normal(0.0, noise, values.shape))
        variables[stderr_name(name)] = (dims, np.full(values.shape, noise))
    return xr.Dataset(variables, coords=coords)


def with_material(dataset: xr.Dataset) -> xr.Dataset:
    """Put the dimensions of the material before the others."""
    expanded = dataset.expand_dims(
        {"potential": np.array(["synthetic"], dtype=object), "n_vacancies": np.array([0])}
    )
    return expanded.assign_coords(molar_mass=("n_vacancies", np.array([155.7])))


def peak_gigabytes() -> float:
    """Return the largest memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Build, analyse, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--courses", action="store_true", help="holds with all their courses")
    parser.add_argument("--profile", action="store_true", help="print what takes the time")
    options = parser.parse_args()
    tree = made_up(options.runs, courses=options.courses)
    counts = {name: tree[name]["status"].size for name in ("ramp", "hold") if name in tree.children}
    print(f"{counts.get('ramp', 0)} ramps of {BINS.size} bins, {counts['hold']} holds")
    print(f"peak before {peak_gigabytes():.2f} GB")
    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    for label, action in (("analyze", analyze_results), ("digest", results_digest)):
        start, start_cpu = time.perf_counter(), time.process_time()
        found = action(tree)
        wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
        print(f"{label:10s} {wall:7.1f} s  ({cpu:.1f} s CPU)")
        if label == "analyze":
            route = summarize(found)["materials"][0]["route"]
            print(f"route {route}")
    profile.disable()
    print(f"peak after {peak_gigabytes():.2f} GB")
    if options.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(40)


if __name__ == "__main__":
    main()

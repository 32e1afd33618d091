"""Structure and dynamics for made-up results: order below the transition, disorder above."""

import numpy as np
import xarray as xr
from made_up_material import Experiment, make_hold, make_ramp

from lbhsweep.quantities import CATALOGUE, stderr_name

GRID = 8
SHARES = {"li_tetrahedral": (0.1, 0.6), "li_octahedral": (0.02, 0.05), "li_window": (0.85, 0.3)}
ORDER = {"alpha_order": (0.8, 0.1), "alpha_lithium": (0.35, 0.25), "alpha_turn": (40.0, np.nan)}
SMALL = Experiment(pressures=(0.0, 0.4), rates=(20.0,), replicas=2, t_max=700.0, bin_K=25.0)
RADIUS, WAVENUMBER = np.arange(0.05, 8.0, 0.1), np.arange(0.0, 1000.0, 20.0)
LAG, TIME = np.geomspace(0.1, 100.0, 12), np.arange(0.5, 20.0)
AXES = {
    "fraction_a": ("1", np.arange(GRID) / GRID),
    "fraction_b": ("1", np.arange(GRID) / GRID),
    "fraction_c": ("1", np.arange(GRID) / GRID),
    "radius": ("angstrom", RADIUS),
    "wavenumber": ("1/cm", WAVENUMBER),
    "lag": ("ps", LAG),
    "time": ("ps", TIME),
    "bond": ("1", np.arange(1.0, 5.0)),
}
NAMES = {
    "lag": "time between two samples",
    "time": "time since equilibration",
    "radius": "distance",
    "wavenumber": "wavenumber",
}


def make_observables(experiment=SMALL, groups=("hold",), *, rehearsal=False):
    """Build results with thermodynamics and with all of structure and dynamics."""
    datasets = {}
    if "hold" in groups:
        datasets["/hold"] = _add_hold(experiment, make_hold(experiment))
    if "ramp" in groups:
        datasets["/ramp"] = _add_sites(experiment, make_ramp(experiment))
    attributes = {"schema_version": 1, "rehearsal": int(rehearsal)}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), **datasets})


def _ordered(experiment, dataset):
    """Tell where the low phase is, by the volume, which both phases have far apart."""
    middle = (experiment.material.low.v + experiment.material.high.v) / 2
    return dataset["volume"].values < middle


def _put(dataset, name, dims, values, error=None):
    quantity = CATALOGUE[name]
    attributes = {"units": quantity.units, "long_name": quantity.long_name}
    dataset[name] = (dims, values, attributes)
    if quantity.averaged:
        relative = 0.02 * np.abs(values) + 0.001 if error is None else error
        dataset[stderr_name(name)] = (dims, relative, attributes)


def _add_sites(experiment, dataset):
    ordered, dims = _ordered(experiment, dataset), dataset["volume"].dims
    for name, (low, high) in {**SHARES, **ORDER}.items():
        _put(dataset, name, dims, np.where(ordered, low, high))
    rest = 1.0 - sum(dataset[name].values for name in SHARES)
    _put(dataset, "li_elsewhere", dims, rest)
    return dataset


def _add_hold(experiment, dataset):
    dataset = _add_sites(experiment, dataset)
    ordered, dims = _ordered(experiment, dataset), dataset["volume"].dims
    axes = {
        dim: (dim, values, {"units": units, "long_name": NAMES.get(dim, dim)})
        for dim, (units, values) in AXES.items()
    }
    dataset = dataset.assign_coords(axes)
    phase = ordered[..., None]
    for name in [name for name in CATALOGUE if name.startswith("rdf_")]:
        wave = np.cos(RADIUS * np.where(phase, 2.0, 1.5)) * np.exp(-RADIUS / 5.0)
        _put(dataset, name, (*dims, "radius"), np.where(RADIUS > 2.0, 1.0 + wave, 0.0))
    for name in [name for name in CATALOGUE if name.startswith("vdos_")]:
        bell = np.exp(-0.5 * ((WAVENUMBER - np.where(phase, 200.0, 150.0)) / 40.0) ** 2)
        _put(dataset, name, (*dims, "wavenumber"), bell)
    rate = np.where(phase, 1e-4, 0.05)
    for name in ("bh_correlation", "icosahedral_correlation"):
        _put(dataset, name, (*dims, "lag"), np.exp(-rate * LAG))
    _add_rotation(dataset, dims, ordered)
    _add_density(dataset, dims, ordered)
    return dataset


def _add_rotation(dataset, dims, ordered):
    generator = np.random.default_rng(5)
    shape = (*ordered.shape, TIME.size, 4)
    _put(dataset, "bh_theta_series", (*dims, "time", "bond"), generator.uniform(0, 180, shape))
    _put(dataset, "bh_phi_series", (*dims, "time", "bond"), generator.uniform(-180, 180, shape))
    counts = np.where(ordered[..., None], 0.0, 0.05 * TIME)
    replica = 1.0 + 0.1 * dataset["replica"].values[:, None]
    _put(dataset, "full_rotations_series", (*dims, "time"), counts * replica)
    _put(dataset, "full_rotation_rate", dims, np.where(ordered, 0.0, 50.0))


def _add_density(dataset, dims, ordered):
    x = np.arange(GRID) / GRID
    a, b, c = np.meshgrid(x, x, x, indexing="ij")
    sites = np.cos(4 * np.pi * a) + np.cos(4 * np.pi * b) + np.cos(4 * np.pi * c)
    sharp = np.where(ordered, 2.0, 1.0)[..., None, None, None]
    inner = ("fraction_a", "fraction_b", "fraction_c")
    _put(dataset, "li_density", (*dims, *inner), 8e-3 * np.exp(-sharp * sites))
    _put(dataset, "h_density", (*dims, *inner), 0.048 * np.exp(sharp * sites / 2))

"""One material: the dimensions that define it, and its part of a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

MATERIAL = ("potential", "cutoff", "n_vacancies", "frozen", "start")
"""Dimensions that define a material, as far as a sweep has them; no analysis mixes their values."""

_ATTRIBUTES = {
    "potential": {"long_name": "force field"},
    "cutoff": {"units": "angstrom", "long_name": "range of the pair forces"},
    "n_vacancies": {"units": "1", "long_name": "Li vacancies in the supercell"},
    "frozen": {"long_name": "atoms held still"},
    "start": {"long_name": "phase that was built for the start"},
}
Material = tuple[tuple[str, Any], ...]
"""Pairs of dimension and value, in the order of `MATERIAL`."""


def materials(datasets: Iterable[xr.Dataset]) -> list[Material]:
    """List the materials of some datasets, each once, in their order."""
    found: dict[Material, None] = {}
    for dataset in datasets:
        dims = [dim for dim in MATERIAL if dim in dataset.dims]
        values = (dataset[dim].values.tolist() for dim in dims)
        for at in itertools.product(*values):
            found[tuple(zip(dims, at, strict=True))] = None
    return list(found)


def has_material(dataset: xr.Dataset, material: Material) -> bool:
    """Whether a dataset has a material's coordinates, filled or not."""
    return all(dim in dataset.dims and at in dataset[dim].values for dim, at in material)


def select_material(dataset: xr.Dataset, material: Material) -> xr.Dataset:
    """Return one material's part; dimensions that it does not have are left out."""
    return dataset.sel({dim: at for dim, at in material if dim in dataset.dims})


def label(material: Material) -> str:
    """Describe a material in a few words: ``lbh-2021, 2 vacancies``."""
    return ", ".join(text for dim, value in material if (text := _text(dim, value)))


def join_materials(parts: Mapping[Material, xr.Dataset]) -> xr.Dataset:
    """Join materials along their dimensions; absent ones are NaN."""
    expanded = [
        dataset.drop_vars([name for name in (*MATERIAL, "molar_mass") if name in dataset.coords])
        .expand_dims({dim: _values(at) for dim, at in material})
        .assign_coords({dim: (dim, _values(at), _ATTRIBUTES[dim]) for dim, at in material})
        for material, dataset in parts.items()
    ]
    joined = xr.combine_by_coords(expanded, combine_attrs="override")
    assert isinstance(joined, xr.Dataset)  # noqa: S101 - datasets combine to a dataset
    return joined


def join_products(
    by_material: Mapping[Material, Mapping[str, xr.Dataset]],
) -> dict[str, xr.Dataset]:
    """Join the products of every material by their names."""
    by_name: dict[str, dict[Material, xr.Dataset]] = {}
    for material, products in by_material.items():
        for name, product in products.items():
            by_name.setdefault(name, {})[material] = product
    return {name: join_materials(parts) for name, parts in by_name.items()}


def _values(at: object) -> Any:
    return np.array([at], dtype=object) if isinstance(at, str) else np.array([at])


def _text(dim: str, value: Any) -> str:
    match dim:
        case "potential":
            return str(value)
        case "cutoff":
            return f"cutoff {value:g} Å"
        case "n_vacancies":
            return f"{value} {'vacancy' if value == 1 else 'vacancies'}" if value else ""
        case "frozen":
            return f"{value} frozen" if value != "none" else ""
    return f"from {value}"

"""One material's part of a tree: figures show one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import xarray as xr

from lbhsweep.analysis.material import (
    MATERIAL,
    Material,
    has_material,
    label,
    materials,
    select_material,
)

VACANCIES = "n_vacancies"


def each_material(
    tree: xr.DataTree, analysis: xr.DataTree
) -> Iterator[tuple[str, xr.DataTree, xr.DataTree]]:
    """Go through (label, results, analysis) of each material that the analysis has."""
    datasets = [node.to_dataset() for node in analysis.subtree if "potential" in node.dims]
    for material in materials(datasets):
        yield label(material), _select(tree, material), _select(analysis, material)


def each_family(
    tree: xr.DataTree, analysis: xr.DataTree
) -> Iterator[tuple[str, xr.DataTree, xr.DataTree]]:
    """Go through (label, results, analysis) of materials that differ in `n_vacancies` only.

    Both keep that dimension; materials without a sibling are left out.
    """
    datasets = [node.to_dataset() for node in analysis.subtree if "potential" in node.dims]
    families: dict[Material, set[Any]] = {}
    for material in materials(datasets):
        shared = tuple(pair for pair in material if pair[0] != VACANCIES)
        families.setdefault(shared, set()).add(dict(material).get(VACANCIES))
    for shared, numbers in families.items():
        if len(numbers) > 1:
            yield label(shared), _select(tree, shared), _select(analysis, shared)


def _select(tree: xr.DataTree, material: Material) -> xr.DataTree:
    parts: dict[str, xr.Dataset] = {}
    for node in tree.subtree:
        dataset = node.to_dataset()
        if "potential" in dataset.dims:
            if not has_material(dataset, material):
                continue
            dataset = select_material(dataset, material)
        parts[node.path] = dataset.drop_vars(
            [c for c in (*MATERIAL, "molar_mass") if c in dataset.coords and c not in dataset.dims]
        )
    selected = xr.DataTree.from_dict(parts)
    selected.attrs = {**tree.attrs, "material": label(material), **dict(material)}
    return selected

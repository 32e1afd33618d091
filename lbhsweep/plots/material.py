"""One material's part of a tree: figures show one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

MATERIAL = ("potential", "n_vacancies")


def each_material(
    tree: xr.DataTree, analysis: xr.DataTree
) -> Iterator[tuple[str, xr.DataTree, xr.DataTree]]:
    """Go through (label, results, analysis) of each material that the analysis has."""
    found: dict[tuple[str, int], None] = {}
    for dataset in (node.to_dataset() for node in analysis.subtree if "potential" in node.coords):
        for potential in dataset["potential"].values:
            for n_vacancies in dataset["n_vacancies"].values:
                found[str(potential), int(n_vacancies)] = None
    for potential, n_vacancies in found:
        name = potential if not n_vacancies else f"{potential}, {n_vacancies} vacancies"
        yield (
            name,
            _select(tree, potential, n_vacancies, name),
            _select(analysis, potential, n_vacancies, name),
        )


def _select(tree: xr.DataTree, potential: str, n_vacancies: int, name: str) -> xr.DataTree:
    parts: dict[str, xr.Dataset] = {}
    for node in tree.subtree:
        dataset = node.to_dataset()
        if "potential" in dataset.dims:
            here = potential in dataset["potential"].values
            if not here or n_vacancies not in dataset["n_vacancies"].values:
                continue
            dataset = dataset.sel(potential=potential, n_vacancies=n_vacancies)
        parts[node.path] = dataset.drop_vars(
            [c for c in (*MATERIAL, "molar_mass") if c in dataset.coords and c not in dataset.dims]
        )
    selected = xr.DataTree.from_dict(parts)
    selected.attrs = {
        **tree.attrs, "material": name, "potential": potential, "n_vacancies": n_vacancies,
    }  # fmt: skip
    return selected

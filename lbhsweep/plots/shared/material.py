"""One material's part of a tree: figures show one, or those that differ in a dimension."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from lbhsweep.analysis.material import (
    MATERIAL,
    Material,
    has_material,
    label,
    materials,
    select_material,
)


def each_material(
    tree: xr.DataTree, analysis: xr.DataTree, over: tuple[str, ...] = ()
) -> Iterator[tuple[str, xr.DataTree, xr.DataTree]]:
    """Yield (label, results, analysis) of each material that the analysis contains.

    Parameters
    ----------
    tree, analysis : DataTree
        The results and their analysis.
    over : tuple of str
        Dimensions of `MATERIAL` that are kept: materials that differ only in these stay together.
    """
    datasets = [node.to_dataset() for node in analysis.subtree if "potential" in node.dims]
    shared = (tuple((dim, at) for dim, at in one if dim not in over) for one in materials(datasets))
    for material in dict.fromkeys(shared):
        yield label(material), _select(tree, material), _select(analysis, material)


def _select(tree: xr.DataTree, material: Material) -> xr.DataTree:
    dropped = {dim for dim, _ in material}
    parts: dict[str, xr.Dataset] = {}
    for node in tree.subtree:
        dataset = node.to_dataset()
        if "potential" in dataset.dims:
            if not has_material(dataset, material):
                continue
            dataset = select_material(dataset, material)
        if "n_vacancies" in dropped:
            dataset = dataset.drop_vars("molar_mass", errors="ignore")
        parts[node.path] = dataset.drop_vars(
            [c for c in MATERIAL if c in dataset.coords and c not in dataset.dims]
        )
    selected = xr.DataTree.from_dict(parts)
    selected.attrs = {**tree.attrs, "material": label(material), **dict(material)}
    return selected

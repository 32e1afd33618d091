"""The groups of the results, and one material's part of `hold` and `ramp`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lbhsweep.analysis.material import Material, has_material, materials, select_material
from lbhsweep.arrays import FloatArray
from lbhsweep.document import Document

GROUPS = ("hold", "ramp")
"""Groups whose runs are in one phase at a time, with averages of volume and enthalpy."""
COEXIST = "coexist"
"""The group whose runs hold two phases."""


@dataclass(frozen=True, slots=True, eq=False)
class MaterialPart:
    """What the results hold of one material.

    Attributes
    ----------
    hold, ramp : Dataset or None
        Its part of each group, loaded; holds from `join_starts`.  At least one is there.
    sweep : Document or None
        The sweep's file.
    """

    hold: xr.Dataset | None
    ramp: xr.Dataset | None
    sweep: Document | None

    @property
    def present(self) -> list[xr.Dataset]:
        """The groups that the material has."""
        return [dataset for dataset in (self.hold, self.ramp) if dataset is not None]

    @property
    def pressures(self) -> list[float]:
        """Pressures of all groups, ascending, GPa."""
        return sorted({float(p) for dataset in self.present for p in dataset["pressure"].values})

    @property
    def temperatures(self) -> FloatArray:
        """Temperatures of all groups, K."""
        return np.concatenate([dataset["temperature"].values for dataset in self.present])

    @property
    def molar_mass(self) -> float:
        """Mass of a formula unit, g/mol; NaN where the results don't hold it."""
        for dataset in self.present:
            if "molar_mass" in dataset.coords:
                return float(dataset["molar_mass"])
        return float("nan")


def read_group(tree: xr.DataTree, name: str) -> xr.Dataset | None:
    """Return a group's dataset; None where the results have no such group or it is empty."""
    if name not in tree.children:
        return None
    dataset = tree[name].to_dataset()
    return dataset if "volume" in dataset and dataset.sizes.get("temperature", 0) else None


def read_coexist(tree: xr.DataTree) -> xr.Dataset | None:
    """Return the group of coexisting phases; None where there is none or it is empty."""
    if COEXIST not in tree.children:
        return None
    dataset = tree[COEXIST].to_dataset()
    return dataset if dataset.sizes.get("temperature", 0) else None


def _load_part(dataset: xr.Dataset, material: Material) -> xr.Dataset | None:
    """Load one material's part of a group; None where the group has no such material."""
    if not has_material(dataset, material):
        return None
    return select_material(dataset, material).load().sortby(["pressure", "temperature"])


def read_groups(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """Return the groups that the results have, holds from `join_starts`."""
    groups = {name: dataset for name in GROUPS if (dataset := read_group(tree, name)) is not None}
    if "hold" in groups:
        groups["hold"] = join_starts(groups["hold"])
    return groups


def split_materials(
    groups: Mapping[str, xr.Dataset], sweep: Document | None
) -> dict[Material, MaterialPart]:
    """Load each material's part of the groups."""

    def load(name: str, material: Material) -> xr.Dataset | None:
        return _load_part(groups[name], material) if name in groups else None

    return {
        material: MaterialPart(load("hold", material), load("ramp", material), sweep)
        for material in materials(groups.values())
    }


def join_starts(hold: xr.Dataset) -> xr.Dataset:
    """Join holds built in different phases as replicas, with a coordinate `start`.

    Holds are averaged by the phase in which they end, not by the one in which they began.
    """
    if "start" not in hold.dims:
        return hold
    parts = [
        hold.isel(start=number, drop=True).assign_coords(
            start=("replica", np.full(hold.sizes["replica"], str(name), dtype=object))
        )
        for number, name in enumerate(hold["start"].values)
    ]
    joined = xr.concat(parts, "replica", coords="minimal", compat="override")
    return joined.assign_coords(replica=np.arange(joined.sizes["replica"]))

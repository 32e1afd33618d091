"""What of the results the analysis reads, and a digest of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep import __version__
from lbhsweep.analysis import caloric, equilibrium, phases, replicas, transport
from lbhsweep.analysis.groups import COEXIST, GROUPS, read_coexist, read_group
from lbhsweep.analysis.runs import CURVES
from lbhsweep.quantities import stderr_name

SCHEMA_VERSION = 10
"""Rises when products or the texts of reasons change, so that saved analyses are renewed."""
_READ = (
    *CURVES,
    *(stderr_name(name) for name in CURVES),
    *caloric.READ,
    *phases.READ,
    "status",
    "equilibrated",
)


def select_read(dataset: xr.Dataset) -> xr.Dataset:
    """Select what the analysis of a material reads, so that maps and series aren't loaded."""
    return dataset[_names_read(dataset)]


def results_digest(tree: xr.DataTree) -> str:
    """Hash everything of the results that the analysis reads."""
    digest = hashlib.sha256(f"analysis schema {SCHEMA_VERSION} {__version__}".encode())
    digest.update(str(tree.attrs.get("sweep_yaml", "")).encode())
    for name in GROUPS:
        dataset = read_group(tree, name)
        if dataset is None:
            continue
        read = {*dataset.coords, *_names_read(dataset), *replicas.names_read(dataset)}
        if name == "hold":
            read |= set(transport.names_read(dataset))
        _add(digest, name, dataset, read)
    coexist = read_coexist(tree)
    if coexist is not None:
        _add(digest, COEXIST, coexist, {*coexist.coords, *equilibrium.names_read(coexist)})
    return digest.hexdigest()


def _add(digest: Any, name: str, dataset: xr.Dataset, read: Collection[Hashable]) -> None:
    for key in sorted(read, key=str):
        values = dataset[key].values
        digest.update(f"{name}/{key}{values.shape}".encode())
        if values.dtype.kind in "fiub":
            digest.update(np.ascontiguousarray(values).data)
        else:
            digest.update(str(values.tolist()).encode())


def _names_read(dataset: xr.Dataset) -> list[str]:
    return [name for name in _READ if name in dataset]

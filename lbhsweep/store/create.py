"""The empty dataset of a sweep: every coordinate, attribute and array, and nothing run yet."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import ZstdCodec

from lbhsweep.arrays import GridValue
from lbhsweep.quantities import DIMENSIONS
from lbhsweep.store.schema import (
    RESULTS_SCHEMA,
    GridLayout,
    Status,
    Variable,
    run_id_variable,
    status_variable,
)
from lbhsweep.store.texts import TEXT_ATTRIBUTES

CHUNK_BYTES = 1 << 20
"""Target size of a chunk: smaller chunks make many files, larger ones are rewritten more often."""

TEXT_BYTES = 64
"""What a text counts when arrays are cut into chunks."""

_BYTES = {"f8": 8, "i8": 8, "i4": 4, "i1": 1, "text": TEXT_BYTES}
_COORDINATE_ATTRIBUTES: dict[str, dict[str, str]] = {
    "potential": {"long_name": "force field"},
    "cutoff": {"units": "angstrom", "long_name": "range of the pair forces"},
    "frozen": {"long_name": "atoms held still"},
    "start": {"long_name": "phase that was built for the start"},
    "n_vacancies": {"units": "1", "long_name": "Li vacancies in the supercell"},
    "pressure": {"units": "GPa", "long_name": "pressure"},
    "temperature": {"units": "K", "long_name": "temperature"},
    "heating_rate": {"units": "K/ps", "long_name": "heating rate"},
    "direction": {"long_name": "direction of the ramp"},
    "replica": {"units": "1", "long_name": "replica"},
    **{
        one.name: ({"units": one.units} if one.units else {}) | {"long_name": one.long_name}
        for one in DIMENSIONS.values()
    },
}
_DERIVED = {
    "molar_mass": ("g/mol", "molar mass per formula unit"),
    "vacancies_per_formula_unit": ("1", "Li vacancies per formula unit"),
    "vacancies_per_li_site": ("1", "fraction of Li sites that are vacant"),
}


def create_results(path: Path, layout: GridLayout) -> None:
    """Create the dataset of a sweep with every cell pending or not planned.

    Metadata are complete and consolidated from here on: collecting changes chunks only, so
    that the dataset can be opened at any time while the sweep runs.

    Parameters
    ----------
    path : Path
        Folder of the dataset; whatever is there is replaced.
    layout : GridLayout
        The grid.
    """
    root = zarr.open_group(path, mode="w", zarr_format=3)
    group = root.create_group(layout.group)
    for variable, values in _labels(layout):
        _create(group, variable, layout.sizes)[...] = values
    # How CF marks coordinates that are no dimension's own.
    group.attrs["coordinates"] = " ".join(_DERIVED)
    for variable in layout.variables:
        _create(group, variable, layout.sizes)[...] = variable.fill
    _create(group, status_variable(layout.grid_dims), layout.sizes)[...] = initial_status(layout)
    write_attributes(path, layout)


def has_labels(group: zarr.Group, layout: GridLayout) -> bool:
    """Return whether coordinates, run ids and unplanned cells are those of the layout."""
    planned = np.asarray(group["status"]) != Status.NOT_PLANNED
    return np.array_equal(planned, initial_status(layout) != Status.NOT_PLANNED) and all(
        np.array_equal(np.asarray(group[variable.name]), values)
        for variable, values in _labels(layout)
    )


def write_attributes(path: Path, layout: GridLayout) -> None:
    """Set the dataset's attributes and consolidate its metadata."""
    root = zarr.open_group(path, mode="r+", use_consolidated=False)
    root.attrs.put(expected_attributes(layout))
    with warnings.catch_warnings():
        # zarr warns that other languages may ignore them; xarray warns when they are absent.
        warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
        zarr.consolidate_metadata(path)


def texts_are_marked(group: zarr.Group, layout: GridLayout) -> bool:
    """Return whether all texts have the attribute by which xarray reads them as objects."""
    return all(
        group[name].attrs.get(key) == value
        for name in _texts(layout)
        for key, value in TEXT_ATTRIBUTES.items()
    )


def mark_texts(group: zarr.Group, layout: GridLayout) -> None:
    """Mark the texts of a dataset that an earlier version made (see `store.texts`)."""
    for name in _texts(layout):
        group[name].attrs.update(TEXT_ATTRIBUTES)


def _texts(layout: GridLayout) -> list[str]:
    known = [*layout.variables, *(variable for variable, _ in _labels(layout))]
    return [variable.name for variable in known if variable.dtype == "text"]


def expected_attributes(layout: GridLayout) -> dict[str, Any]:
    """Return the attributes of the dataset's root."""
    return {
        **layout.attributes,
        "schema_version": RESULTS_SCHEMA,
        "layout_digest": layout.digest,
    }


def initial_status(layout: GridLayout) -> npt.NDArray[np.int8]:
    """Return the status of a grid on which nothing has run."""
    shape = [layout.sizes[dim] for dim in layout.grid_dims]
    status = np.full(shape, Status.NOT_PLANNED, dtype=np.int8)
    if layout.places:
        status[tuple(np.transpose(list(layout.places.values())))] = Status.PENDING
    return status


def _labels(layout: GridLayout) -> Iterator[tuple[Variable, npt.NDArray[Any]]]:
    for variable, values in _coordinates(layout):
        yield variable, np.array(values)
    yield run_id_variable(layout.grid_dims), _run_ids(layout)


def _run_ids(layout: GridLayout) -> npt.NDArray[Any]:
    run_ids = np.zeros([layout.sizes[dim] for dim in layout.grid_dims], np.dtypes.StringDType())
    for run_id, place in layout.places.items():
        run_ids[place] = run_id
    return run_ids


def _coordinates(layout: GridLayout) -> Iterator[tuple[Variable, tuple[GridValue, ...]]]:
    for dim, values in {**layout.coordinates, **layout.inner}.items():
        yield _coordinate(dim, dim, values, _COORDINATE_ATTRIBUTES[dim]), values
    for name, (units, long_name) in _DERIVED.items():
        attributes = {"units": units, "long_name": long_name}
        values = tuple(_derived(name, int(n), layout) for n in layout.coordinates["n_vacancies"])
        yield _coordinate(name, "n_vacancies", values, attributes), values


def _derived(name: str, n_vacancies: int, layout: GridLayout) -> float:
    if name == "molar_mass":
        return layout.molar_mass[n_vacancies]
    per_formula_unit = name == "vacancies_per_formula_unit"
    return n_vacancies / (layout.n_formula_units if per_formula_unit else layout.n_li_sites)


def _coordinate(
    name: str, dim: str, values: tuple[GridValue, ...], attributes: Mapping[str, str]
) -> Variable:
    if any(isinstance(value, str) for value in values):
        return Variable(name, (dim,), "text", attributes, "")
    if all(isinstance(value, int) for value in values):
        return Variable(name, (dim,), "i8", attributes, 0)
    return Variable(name, (dim,), "f8", attributes, np.nan)


def _create(group: zarr.Group, variable: Variable, sizes: Mapping[str, int]) -> zarr.Array[Any]:
    shape = tuple(sizes[dim] for dim in variable.dims)
    return group.create_array(
        variable.name,
        shape=shape,
        dtype=np.dtypes.StringDType() if variable.dtype == "text" else variable.dtype,
        chunks=chunk_shape(shape, _BYTES[variable.dtype]),
        dimension_names=variable.dims,
        fill_value=variable.fill,
        # The checksum makes a torn chunk an error instead of wrong numbers.
        compressors=ZstdCodec(level=1, checksum=True),
        attributes={**variable.attributes, **(TEXT_ATTRIBUTES if variable.dtype == "text" else {})},
        # Every chunk is there from the beginning, so that a lost one is noticed.
        config={"write_empty_chunks": True},
    )


def chunk_shape(shape: tuple[int, ...], item_bytes: int) -> tuple[int, ...]:
    """Cut an array into runs of about `CHUNK_BYTES` that are contiguous in its own order.

    Runs finish in about the order of the grid, so that a batch of them touches few chunks.
    """
    chunks = [1] * len(shape)
    room = max(1, CHUNK_BYTES // item_bytes)
    for axis in reversed(range(len(shape))):
        pieces = math.ceil(shape[axis] / room)
        chunks[axis] = max(1, math.ceil(shape[axis] / max(pieces, 1)))
        if pieces > 1:
            break
        room //= max(1, shape[axis])
    return tuple(chunks)

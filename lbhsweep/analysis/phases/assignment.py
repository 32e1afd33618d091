"""Which phase a cell of the grid is in, by order parameters and not by temperature.

The force field has two ordered phases.  In α, the crystal of the experiment (Pa-3), Li lies in
windows of three anions.  In the α-b phase, a second minimum of the force field, Li lies over faces
of the anions' cages; its name in datasets is ``alpha_cap``.  In β the anions are disordered.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import IntEnum
from itertools import product

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.mixture import find_mixtures
from lbhsweep.arrays import BoolArray, FloatArray, IntArray
from lbhsweep.quantities import stderr_name
from lbhsweep.store.one_phase import DISORDERED, ORDERED
from lbhsweep.store.schema import Status

ORDER = ("alpha_order", "alpha_lithium")
"""Order parameters: orientational order S of the anions, and the fractional coordinate x of Li."""
CAP_BELOW = 0.26
"""Fractional coordinate x of Li between both ordered phases: in α, in windows of three anions,
x ≈ 0.35; in α-b, over faces of an anion's cage, x ≈ 0.22; without order x = ¼."""


class Phase(IntEnum):
    """Phase of a cell."""

    UNDECIDED = 0
    """Nothing measured, not done, or within its error of two phases."""
    ALPHA = 1
    """The α phase: ordered anions, Li in windows of three anions."""
    ALPHA_CAP = 2
    """The α-b phase: ordered anions, Li over faces of their cages."""
    BETA = 3
    """Anions in random orientation."""
    MIXED = 4
    """Both phases: in part of the crystal, or part of the time."""


LONG_NAMES = {
    Phase.UNDECIDED: "undecided",
    Phase.ALPHA: "alpha",
    Phase.ALPHA_CAP: "alpha_cap",
    Phase.BETA: "beta",
    Phase.MIXED: "mixed",
}
"""Names of the phases, as coordinates and flags have them."""
SHORT_NAMES = {
    Phase.UNDECIDED: "an unknown phase",
    Phase.ALPHA: "α",
    Phase.ALPHA_CAP: "α-b",
    Phase.BETA: "β",
    Phase.MIXED: "mixed phases",
}
"""Names of the phases in sentences."""


def name_in_sentence(long_name: str) -> str:
    """Return the short name of a phase by the one that coordinates and sweep files have."""
    return SHORT_NAMES[Phase[long_name.upper()]]


CODE = "phase_code"
REASON = "mixed_reason"
"""Variables that `with_phases` adds: the phase, and why a hold is no single one."""


def with_phases(dataset: xr.Dataset) -> xr.Dataset:
    """Add the phase of every cell, so that all parts of an analysis share one assignment.

    What a hold is compared with, colder ones of its material, need not be in a part of the data.
    """
    codes, reasons = _assign(dataset)
    return dataset.assign({CODE: codes, REASON: reasons})


def assign_phases(dataset: xr.Dataset) -> xr.DataArray:
    """Return the phase of each cell: from `with_phases`, or else assigned here.

    First by the mean order, see `assign_by_order`.  A hold that has a phase by it, but is a
    mixture of both or changed during the run (`find_mixtures`), is mixed.

    Parameters
    ----------
    dataset : Dataset
        A group of the results.  Without `sites` all cells are undecided.

    Returns
    -------
    DataArray of int8
        Codes of `Phase`, with the dimensions of the volume.
    """
    return dataset[CODE] if CODE in dataset else _assign(dataset)[0]


def mixed_reasons(dataset: xr.Dataset) -> xr.DataArray:
    """Return why holds are mixed, in words, with the dimensions of the volume; empty elsewhere."""
    return dataset[REASON] if REASON in dataset else _assign(dataset)[1]


def _assign(dataset: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    codes = assign_by_order(dataset)
    reasons = xr.DataArray(np.full(codes.shape, "", dtype=object), codes.coords, codes.dims)
    reasons.attrs["long_name"] = "why a hold is no single phase"
    values = codes.values
    if "heating_rate" not in dataset.dims and "alpha_order" in dataset and values.any():
        ordered = [values == phase for phase in (Phase.ALPHA, Phase.ALPHA_CAP)]
        found = find_mixtures(dataset, ordered, values == Phase.BETA)
        order = _values(dataset, "alpha_order", codes.dims)
        for at in zip(*np.nonzero((values == Phase.MIXED) & (found == "")), strict=True):
            found[at] = f"S {order[at]:.2f}, between order and disorder"
        found = np.where(_done(dataset), found, "")
        reasons = reasons.copy(data=found.astype(object))
        codes = codes.copy(data=np.where(found != "", np.int8(Phase.MIXED), values))
    return codes, reasons


def assign_by_order(dataset: xr.Dataset) -> xr.DataArray:
    """Assign what each cell is by its mean order: `alpha_order` S and `alpha_lithium` x.

    S > ½ is α, S < 0.3 is β, between them the cell is mixed; with order and x < 0.26 it is α-b.
    A cell within one standard error of the limit to another phase is undecided, and so is an
    ordered one whose x is unknown.  Holds that are not equilibrated have a phase too: it shows what
    became of their start.

    Parameters
    ----------
    dataset : Dataset
        A group of the results.  Without `sites` all cells are undecided.

    Returns
    -------
    DataArray of int8
        Codes of `Phase`, with the dimensions of the volume.
    """
    volume = dataset["volume"]
    codes = np.full(volume.shape, Phase.UNDECIDED, dtype=np.int8)
    if "alpha_order" in dataset:
        order = _values(dataset, "alpha_order", volume.dims)
        lithium = _values(dataset, "alpha_lithium", volume.dims)
        error, lithium_error = (
            np.nan_to_num(_values(dataset, stderr_name(name), volume.dims)) for name in ORDER
        )
        corners = np.array(
            [
                _code(order + s * error, lithium + x * lithium_error)
                for s, x in product((-1, 1), repeat=2)
            ]
        )
        codes = np.where((corners == corners[0]).all(axis=0), corners[0], codes)
    codes = np.where(_done(dataset), codes, Phase.UNDECIDED)
    attributes = {
        "long_name": "phase by orientational order",
        "flag_values": np.array([phase.value for phase in Phase], dtype=np.int8),
        "flag_meanings": " ".join(LONG_NAMES[phase] for phase in Phase),
    }
    coords = {dim: dataset.coords[dim] for dim in volume.dims if dim in dataset.coords}
    return xr.DataArray(codes.astype(np.int8), coords, volume.dims, "phase", attributes)


def _done(dataset: xr.Dataset) -> BoolArray:
    """Select cells of runs that are done, by the dimensions of the volume."""
    volume = dataset["volume"]
    if "status" not in dataset:
        return np.ones(volume.shape, dtype=bool)
    done = (dataset["status"] == Status.DONE).broadcast_like(volume)
    return np.asarray(done.transpose(*volume.dims).values)


def _code(order: FloatArray, lithium: FloatArray) -> IntArray:
    alpha = np.where(lithium < CAP_BELOW, Phase.ALPHA_CAP, Phase.ALPHA)
    alpha = np.where(np.isfinite(lithium), alpha, Phase.UNDECIDED)
    code = np.where(order > ORDERED, alpha, Phase.MIXED)
    code = np.where(order < DISORDERED, Phase.BETA, code)
    return np.where(np.isfinite(order), code, Phase.UNDECIDED)


def _values(dataset: xr.Dataset, name: str, dims: tuple[Hashable, ...]) -> FloatArray:
    """Return a variable's values in the order of `dims`; NaN where there is none."""
    if name not in dataset:
        return np.full([dataset.sizes[dim] for dim in dims], np.nan)
    return np.asarray(dataset[name].transpose(*dims).values, dtype=np.float64)

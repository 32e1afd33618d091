"""Diffusion of lithium: displacements of each ion and of the charge, and coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.lattice_frame import LatticeFrame
from lbhsweep.observables.motion.diffusion_kernels import (
    COLLECTIVE,
    TRACER,
    add_displacements,
    ion_positions,
)
from lbhsweep.observables.motion.diffusive_fit import (
    Slope,
    collective_slope,
    diffusive_slope,
    msd_error,
)
from lbhsweep.observables.statistics.errors_of_means import mean_error
from lbhsweep.quantities import stderr_name
from lbhsweep.quantities.diffusion import DiffusionStatus
from lbhsweep.quantities.lags import KEPT, sample_every
from lbhsweep.units import AVOGADRO, BOLTZMANN, ELEMENTARY_CHARGE

N_BLOCKS = 32
"""Blocks of origins from whose scatter errors follow."""
FEWEST_HOPS = 10.0
"""Hops of all ions together below which there is no coefficient: its error would exceed 30 %."""
LEAST_SHIFT = 0.25
"""Hops of an ion, as its displacement squared over the squared distance of neighbours, that the
longest lag of the line must see.  What hops remember of those before, fewer don't show."""
CM2_PER_S = 1e-4
"""cm²/s per Å²/ps."""
SIEMENS_PER_CM = ELEMENTARY_CHARGE**2 * AVOGADRO * 1e17
"""S/cm per e² ps⁻¹ Å⁻¹ (kJ/mol)⁻¹."""

_TENSOR = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
_AXES = ("li_msd_x", "li_msd_y", "li_msd_z")
_CURVES = ("li_msd", "collective_msd")
_NUMBERS = (
    "diffusion_coefficient",
    "conductivity",
    "conductivity_tracer",
    "haven_ratio",
    "diffusion_exponent",
)
_OTHERS = ("li_hop_count", "diffusion_start", "diffusion_end", "diffusion_window_error")


class Diffusion:
    """Mean-squared displacements of lithium over multiple origins, and their slopes.

    Displacements are those within the lattice of anions.  Positions relative to the anions' mean
    position, in fractions of the momentary cell, are multiplied by the mean cell of the
    production.  So neither drift nor breathing of the crystal counts, and unwrapping at
    constant pressure adds nothing (von Bülow, Bullerjahn and Hummer, J. Chem. Phys. 153, 021101
    (2020), https://doi.org/10.1063/5.0008316).

    With n ions, Δr_i in that frame, formal charges (Li +1) and lines fitted where the
    displacements have become linear:

        D = lim ⟨Σ |Δr_i|²⟩ / (6 n t)           D_σ = lim ⟨|Σ Δr_i|²⟩ / (6 n t)
        conductivity = n e² D_σ / (V k_B T)     Haven ratio = D / D_σ

    ``conductivity_tracer`` has D instead of D_σ (Haven ratio 1).  In a crystal without
    vacancies Σ Δr_i is the displacement of all formal charges in any frame.  With vacancies the
    formal charges don't add up to zero, and the frame matters: it is that of the anions.

    There is no D unless the displacement shows itself linear (`diffusive_fit.diffusive_slope`).
    Ions must make a quarter of a hop within the longest lag, too, and all together ten in the whole
    run.  ``diffusion_status`` says why (`lbhsweep.quantities.diffusion.DiffusionStatus`).
    ``diffusion_start`` and ``diffusion_end`` are the first and the last lag of the line, and
    ``diffusion_exponent`` is the log-log slope of the displacement between them, less its constant
    part.  Errors include that of the choice of lags, ``diffusion_window_error``.

    Unless the displacement is clearly not linear, hops are counted, however few: replicas are to
    be averaged by `li_hop_count`, which is not cut off.  There is no Haven ratio where D_σ is
    within two standard errors of zero.  The collective line does not begin before the ions' own,
    because its noise would hide what is not yet linear.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled; nothing in a ramp.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self.needs_energies = False
        self._hold = plan.group == "hold"
        every = sample_every(plan.outer_step)
        self.every = every if self._hold else plan.produce_steps + 1
        if not self._hold:
            return
        self._lags = plan.axes["lag"]
        self._duration = plan.produce_steps // every * every * plan.outer_step
        lags = np.rint(self._lags / (every * plan.outer_step)).astype(np.int64)
        half = KEPT // 2
        level = np.maximum(np.arange(len(lags)) // half - 1, 0)
        n_samples = plan.produce_steps // every
        self._n_origins = np.maximum((n_samples - 1) // 2**level + 1 - lags // 2**level, 0)
        structure = plan.structure
        symbols = np.array(structure.symbols)
        self._ions = np.flatnonzero((structure.molecule == 0) & (symbols == "Li"))
        self._frame = LatticeFrame(structure, plan.supercell)
        self._repeats = np.array(plan.supercell, dtype=np.float64)
        n_ions = len(self._ions)
        self._kept = np.zeros((int(level[-1]) + 1, KEPT, n_ions, 3))
        self._now = np.empty((n_ions, 3))
        self._second = np.zeros((2, len(lags), N_BLOCKS, 6))
        self._fourth = np.zeros(len(lags))
        self._reference = np.zeros((3, 3))
        self._cells = np.zeros((3, 3))
        self._temperatures = np.zeros(1)
        self._count = np.zeros(1, dtype=np.int64)

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        cell, count = sample.state.cell, int(self._count[0])
        if count == 0:
            self._reference[:] = cell
        matrix, origin = self._frame.at(sample.state.positions, cell)
        unstrained = self._repeats, self._reference
        ion_positions(sample.state.positions, self._ions, matrix, origin, *unstrained, self._now)
        add_displacements(count, self._now, self._kept, self._n_origins, self._second, self._fourth)
        self._cells += cell
        self._temperatures[0] += sample.instant.kinetic_temperature
        self._count[0] += 1

    def _accumulated(self) -> Arrays:
        if not self._hold:
            return {}
        return {
            "kept": self._kept,
            "second": self._second,
            "fourth": self._fourth,
            "reference": self._reference,
            "cells": self._cells,
            "temperatures": self._temperatures,
            "count": self._count,
        }

    def state(self) -> Arrays:
        """Return all that has been accumulated."""
        return {name: array.copy() for name, array in self._accumulated().items()}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        for name, array in self._accumulated().items():
            array[...] = arrays[name]

    def result(self) -> Arrays:
        """Compute displacements by lag, and coefficients, by catalogue name."""
        if not self._hold:
            return {}
        n_ions, n_lags = len(self._ions), len(self._lags)
        arrays: Arrays = {name: np.full(n_lags, np.nan) for name in (*_AXES, *_CURVES)}
        arrays |= {stderr_name(name): np.full(n_lags, np.nan) for name in _CURVES}
        numbers = (*_NUMBERS, *map(stderr_name, _NUMBERS), *_OTHERS)
        arrays |= {name: np.array(np.nan) for name in numbers}
        arrays["diffusion_status"] = np.array(DiffusionStatus.NOT_MEASURED, dtype=np.int8)
        if n_ions == 0 or not self._n_origins.all():
            return arrays
        to_mean, volume = self._mean_cell()
        by_axis = along_axes(self._second.sum(axis=2) / self._n_origins[:, None] / n_ions, to_mean)
        total = by_axis.sum(axis=-1)
        arrays |= dict(zip(_AXES, by_axis[TRACER].T, strict=True))
        arrays |= dict(zip(_CURVES, total, strict=True))
        with np.errstate(invalid="ignore"):
            sums = self._second / origins_by_block(self._n_origins)[:, :, None] / n_ions
        blocks = along_axes(sums, to_mean).sum(axis=-1)
        stretched = float((to_mean**2).sum() / 3.0) ** 2
        fourth = self._fourth * stretched / self._n_origins / n_ions
        # One vector sum of many ions is Gaussian, whose fourth moment is known.
        gaussian = 5.0 / 3.0 * total[COLLECTIVE] ** 2
        for name, of, r4, n in zip(_CURVES, blocks, (fourth, gaussian), (n_ions, 1), strict=True):
            arrays[stderr_name(name)] = msd_error(self._lags, of, r4, n, self._duration)
        status, values = self._coefficients(blocks, volume)
        arrays["diffusion_status"] = np.array(status, dtype=np.int8)
        return arrays | {name: np.array(value) for name, value in values.items()}

    def _mean_cell(self) -> tuple[FloatArray, float]:
        """Compute h_ref⁻¹ h of the mean cell h, (3, 3), and the mean cell's volume in Å³."""
        mean = self._cells / self._count
        return np.linalg.inv(self._reference) @ mean, abs(float(np.linalg.det(mean)))

    def _coefficients(
        self, blocks: FloatArray, volume: float
    ) -> tuple[DiffusionStatus, dict[str, float]]:
        tracer = diffusive_slope(self._lags, blocks[TRACER], self._duration)
        if not isinstance(tracer, Slope):
            return DiffusionStatus[tracer.upper()], {}
        n_ions = len(self._ions)
        hop_length = (volume / n_ions) ** (1.0 / 3.0)
        hops = n_ions * tracer.value * self._duration / hop_length**2
        if not tracer.shown:
            return DiffusionStatus.UNCERTAIN, {"li_hop_count": hops}
        values = {
            "diffusion_start": self._lags[tracer.start],
            "diffusion_end": self._lags[tracer.end],
            "diffusion_exponent": tracer.exponent,
            stderr_name("diffusion_exponent"): tracer.exponent_error,
            "li_hop_count": hops,
        }
        shift = tracer.value * self._lags[tracer.end] / hop_length**2
        if hops < FEWEST_HOPS or shift < LEAST_SHIFT:
            return DiffusionStatus.FEW_HOPS, values
        temperature = float(self._temperatures[0] / self._count[0])
        conductance = SIEMENS_PER_CM * n_ions / (volume * BOLTZMANN * temperature) / 6.0
        values |= _with_error("diffusion_coefficient", tracer, CM2_PER_S / 6.0)
        values["diffusion_window_error"] = CM2_PER_S / 6.0 * tracer.systematic
        values |= _with_error("conductivity_tracer", tracer, conductance)
        collective = collective_slope(self._lags, blocks[COLLECTIVE], self._duration, tracer)
        if not isinstance(collective, Slope):
            return DiffusionStatus.KNOWN, values
        values |= _with_error("conductivity", collective, conductance)
        if collective.value > 2.0 * collective.error:
            ratio = tracer.value / collective.value
            relative = tracer.blocks / tracer.value - collective.blocks / collective.value
            # Both slopes depend on the choice of lags alike, but not for sure.
            error = np.hypot(mean_error(relative), tracer.systematic / tracer.value)
            values |= {"haven_ratio": ratio, stderr_name("haven_ratio"): ratio * float(error)}
        return DiffusionStatus.KNOWN, values


def _with_error(name: str, slope: Slope, scale: float) -> dict[str, float]:
    return {name: scale * slope.value, stderr_name(name): scale * slope.error}


def origins_by_block(n_origins: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Count the origins (n_lags, N_BLOCKS) in each block, as `add_displacements` fills them."""
    edges = -(-np.arange(N_BLOCKS + 1) * n_origins[:, None] // N_BLOCKS)
    return np.diff(edges, axis=1)


def along_axes(moments: FloatArray, stretch: FloatArray) -> FloatArray:
    """Compute second moments (…, 3) along x, y, z after a homogeneous deformation.

    Parameters
    ----------
    moments : (…, 6) float64
        xx, yy, zz, yz, zx, xy before.
    stretch : (3, 3) float64
        F, by which row vectors are multiplied.
    """
    return np.asarray(np.einsum("ac,...ab,bc->...c", stretch, moments[..., _TENSOR], stretch))

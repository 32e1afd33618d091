"""Radial distribution functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays
from lbhsweep.engine.neighbors import heights
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.anions import anion_atoms
from lbhsweep.observables.statistics.errors_of_means import mean_error
from lbhsweep.observables.structure.radial_kernels import add_pairs
from lbhsweep.quantities import stderr_name

STEPS_PER_ATOM = 1.5
"""Outer steps between samples by atoms in the cell.  A sample visits all pairs, an outer step
costs in proportion to the atoms; so sampling takes the same share of any run, 0.2 %."""
N_BLOCKS = 8
"""Blocks of the production from whose scatter errors follow."""
PAIRS = {
    "rdf_li_li": ("Li", "Li"),
    "rdf_li_b": ("Li", "B"),
    "rdf_li_h": ("Li", "H"),
    "rdf_h_h": ("H", "H"),
    "rdf_anion_anion": ("anion", "anion"),
    "rdf_li_anion": ("Li", "anion"),
}
"""The kinds of points whose distances each function counts; an anion is its centre."""


class Radial:
    """Radial distribution functions g(r), H–H between different anions only.

    g(r) = ⟨V n(r)⟩ / (n_pairs 4π/3 (r₊³ − r₋³)), with n(r) of all n_pairs pairs between distances
    r₋ and r₊ (Allen and Tildesley, Computer Simulation of Liquids, § 2.6).  It is 1 for
    uncorrelated points.  It is NaN from half of the smallest height that the cell had, because
    larger spheres would meet their own images.

    Standard errors come from the means over eight blocks of the production and their
    statistical inefficiency.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled; nothing in a ramp.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        structure = plan.structure
        often = min(round(STEPS_PER_ATOM * structure.n_atoms), plan.produce_steps // N_BLOCKS)
        self._in_hold = plan.group == "hold"
        self.every = max(often, 1) if self._in_hold else plan.produce_steps + 1
        self.needs_energies = False
        self._produce_steps = plan.produce_steps
        symbols = np.array(structure.symbols)
        self._anions = anion_atoms(structure)
        by_anion = np.concatenate([np.flatnonzero(symbols == "Li"), self._anions.ravel()])
        atoms = [by_anion[symbols[by_anion] == species] for species in ("Li", "B", "H")]
        self._atoms = np.concatenate(atoms)
        ends = np.cumsum([0, *(len(one) for one in atoms), len(self._anions)])
        sorts = ("Li", "B", "H", "anion")
        self._ranges = {one: (int(ends[k]), int(ends[k + 1])) for k, one in enumerate(sorts)}
        self._per_anion = len(atoms[2]) // len(self._anions)
        middles = plan.axes.get("radius", np.empty(0))
        self._width = 2.0 * float(middles[0]) if len(middles) else np.nan
        self._edges = self._width * np.arange(len(middles) + 1)
        self._histogram = np.zeros((N_BLOCKS, len(PAIRS), len(middles)))
        self._count = np.zeros(N_BLOCKS)
        self._reach = np.inf

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        positions, cell = sample.state.positions, sample.state.cell
        block = (sample.step - 1) * N_BLOCKS // self._produce_steps
        centres = positions[self._anions].mean(axis=1)
        points = np.concatenate([positions[self._atoms], centres])
        fractions = points @ np.linalg.inv(cell)
        for histogram, (one, other) in zip(self._histogram[block], PAIRS.values(), strict=True):
            ranges = (*self._ranges[one], *self._ranges[other], self._group(one))
            add_pairs(fractions, *ranges, cell, self._width, sample.state.volume, histogram)
        self._count[block] += 1.0
        self._reach = min(self._reach, 0.5 * float(heights(cell).min()))

    def _group(self, sort: str) -> int:
        return self._per_anion if sort == "H" else 1

    def state(self) -> Arrays:
        """Return the histograms."""
        return {
            "histogram": self._histogram.copy(),
            "count": self._count.copy(),
            "reach": np.array(self._reach),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        self._histogram[:] = arrays["histogram"]
        self._count[:] = arrays["count"]
        self._reach = float(arrays["reach"])

    def result(self) -> Arrays:
        """Compute g (n_radii,) of each kind of pairs and its standard error."""
        if not self._in_hold:
            return {}
        filled = self._count > 0
        beyond = self._edges[1:] > (self._reach if filled.any() else 0.0)
        shells = 4.0 / 3.0 * np.pi * np.diff(self._edges**3)
        result: Arrays = {}
        for k, (name, (one, other)) in enumerate(PAIRS.items()):
            histogram = self._histogram[filled, k] / (shells * self._n_pairs(one, other))
            mean = histogram.sum(axis=0) / self._count[filled].sum() if filled.any() else shells
            blocks = histogram / self._count[filled, None]
            error = np.array([mean_error(series) for series in blocks.T])
            result[name] = np.where(beyond, np.nan, mean)
            result[stderr_name(name)] = np.where(beyond, np.nan, error)
        return result

    def _n_pairs(self, one: str, other: str) -> float:
        n, m = (end - start for start, end in (self._ranges[one], self._ranges[other]))
        return 0.5 * n * (n - self._group(one)) if one == other else float(n * m)

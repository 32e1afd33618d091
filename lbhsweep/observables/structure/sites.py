"""Site occupancies of lithium, and the order of the α phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.frame.anions import opposite_hydrogens
from lbhsweep.observables.frame.cell_rotation import cell_rotation
from lbhsweep.observables.frame.lattice_frame import LatticeFrame
from lbhsweep.observables.statistics.bins import bin_and_neighbours
from lbhsweep.observables.statistics.errors_of_means import mean_error, trend_error
from lbhsweep.observables.structure.alpha_order import best_fit
from lbhsweep.observables.structure.alpha_variants import alpha_variants, sublattices_of
from lbhsweep.observables.structure.sites_kernels import (
    N_SUBLATTICES,
    N_VALUES,
    SHARES_FROM,
    add_lithium,
    add_orientations,
)
from lbhsweep.quantities import stderr_name

SAMPLE_EVERY_STEPS = 50
"""Outer steps, 0.1 ps: librations are nearly uncorrelated by then."""
NAMES = (
    "li_tetrahedral",
    "li_octahedral",
    "li_window",
    "li_elsewhere",
    "alpha_lithium",
    "alpha_order",
    "alpha_coherence",
    "alpha_turn",
)


class Sites:
    """Site occupancies of lithium and order parameters of the α phase.

    **Occupancies**: shares of Li by nearest ideal site, in scaled coordinates in the frame of
    the anions' lattice.  There are 8 tetrahedral sites (¼¼¼), 4 octahedral (½½½) and 32 windows
    (⅓⅓⅓), the middles of three anions.  Elsewhere is further than √3/12 lattice parameters from
    all of them.

    **Orientations**: c(u) are the 13 real spherical harmonics of degree 6, the lowest that an
    icosahedron shows, with c(u)·c(w) = P₆(u·w).  An anion's moments are q = ⟨c(u)⟩ over its
    B–H directions u; α's, turned by φ about its sublattice's threefold axis, are q̂(φ) =
    q₀ + q₃(φ) + q₆(φ), orders 0, 3 and 6 about that axis.  With weights w_m = |q_m|²/|q̂|²
    (0.14, 0.63, 0.23) and averages over all anions and times

    - ψ = ⟨q·q₃(0°) + i q·q₃(30°)⟩/|q₃|², which is exp(3iφ) in a perfect crystal turned by φ;
    - ``alpha_coherence`` |ψ| and ``alpha_turn`` φ = arg ψ/3, from 0 to 120°;
    - ``alpha_order`` S = ⟨q·q̂(φ)⟩/|q̂|²: 1 in the perfect crystal whatever its φ, about
      1 − 7⟨θ²⟩ for small librations by θ (radians) about random axes, 0 ± 0.28/√n_anions for
      anions turned at random.

    **Lithium**: ``alpha_lithium`` x = ¼ + ⟨d·e⟩/3, with d from the nearest tetrahedral site in
    lattice parameters and e = (±1, ±1, ±1) the direction in which that site's Li moves with
    growing x.  Li spread evenly about its sites has x = ¼.

    α may grow in eight variants; the one with the largest S + |x − ¼|/0.1 is taken, for a hold
    from the whole run and for a ramp in each bin.  By this choice S of disordered anions lies
    above 0, by 0.1 for 32 anions at rest.  Where the coherence is less than three times
    √(2/(13 w₃ n_anions)), that of anions turned at random, φ is NaN.

    Averages are over time first, so that tumbling anions have no order and x has no bias.
    Standard errors of a hold come from the statistical inefficiency of the series of block
    means.  Those of a ramp come from blocks about their trend, as for thermodynamic quantities.
    All are linear in the moments around their mean.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        # Short blocks, of fast ramps, are sampled once each.
        block_steps = plan.produce_steps // plan.n_blocks
        self.every = max(min(SAMPLE_EVERY_STEPS, block_steps), 1)
        self.needs_energies = False
        self._plan = plan
        self._frame = LatticeFrame(plan.structure, plan.supercell)
        self._inverse_cell = np.linalg.inv(plan.structure.cell)
        self._lithium = np.flatnonzero(np.array(plan.structure.symbols) == "Li")
        self._diameters = opposite_hydrogens(plan.structure)
        self._sublattices = sublattices_of(plan.structure, plan.supercell)
        self._weight = 1.0 / np.bincount(self._sublattices, minlength=N_SUBLATTICES)
        self._variants = alpha_variants()
        self._count = np.zeros(plan.n_blocks)
        self._sums = np.zeros((plan.n_blocks, N_VALUES))

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        positions, cell = sample.state.positions, sample.state.cell
        matrix, origin = self._frame.at(positions, cell)
        row = self._sums[sample.block]
        rotation = cell_rotation(self._inverse_cell @ cell)
        add_orientations(positions, rotation, self._diameters, self._sublattices, self._weight, row)
        add_lithium(positions, matrix, origin, self._lithium, row)
        self._count[sample.block] += 1.0

    def state(self) -> Arrays:
        """Return the sums over each block."""
        return {"count": self._count.copy(), "sums": self._sums.copy()}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        self._count[:] = arrays["count"]
        self._sums[:] = arrays["sums"]

    def result(self) -> Arrays:
        """Compute means and standard errors by catalogue name."""
        filled = self._count > 0
        if self._plan.group == "hold":
            mean, series = self._series(filled, filled)
            error = np.array([mean_error(column) for column in series.T])
            return {name: np.asarray(value) for name, value in _named(mean, error).items()}
        bins = [self._bin(filled, number) for number in range(self._plan.n_bins)]
        return {name: np.array([one[name] for one in bins]) for name in bins[0]}

    def _bin(self, filled: npt.NDArray[np.bool_], number: int) -> dict[str, float]:
        inside, around = bin_and_neighbours(filled, self._plan.n_bins, number)
        mean, series = self._series(inside, around)
        n_averaged = int(inside.sum())
        if n_averaged == 0:
            return _named(mean, np.full(len(NAMES), np.nan))
        return _named(mean, np.array([trend_error(one, n_averaged)[0] for one in series.T]))

    def _series(
        self, inside: npt.NDArray[np.bool_], around: npt.NDArray[np.bool_]
    ) -> tuple[FloatArray, FloatArray]:
        """Compute the means (8,) over the blocks inside, and the values (n, 8) of those around."""
        if not inside.any():
            return np.full(len(NAMES), np.nan), np.empty((0, len(NAMES)))
        mean = self._sums[inside].sum(axis=0) / self._count[inside].sum()
        blocks = self._sums[around] / self._count[around, None]
        fit = best_fit(self._variants, mean[:SHARES_FROM], len(self._sublattices))
        shares = np.eye(4, N_VALUES, SHARES_FROM)
        alpha = np.pad(fit.functionals, ((0, 0), (0, 4)))
        functionals = np.vstack([shares, alpha])
        offset = np.array([0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0, fit.turn_deg])
        return functionals @ mean + offset, blocks @ functionals.T + offset


def _named(mean: FloatArray, error: FloatArray) -> dict[str, float]:
    """Return means and errors (8,) by catalogue name."""
    errors = zip((stderr_name(name) for name in NAMES), error, strict=True)
    return dict(zip(NAMES, mean, strict=True)) | dict(errors)

"""Two phases in one cell: order, lithium and spacing by layer, and which phase grows."""

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
from lbhsweep.observables.structure.alpha_variants import alpha_variants, sublattices_of, waves
from lbhsweep.observables.structure.profile_kernels import N_PATTERNS, Layered, add_layers
from lbhsweep.physics.coexistence import layers_of
from lbhsweep.physics.crystal import ALPHA_CAP, ALPHA_TURN_DEG
from lbhsweep.quantities.interfaces import (
    DECIDED_BLOCKS,
    padded,
    read_profiles,
    shares_of,
    winner_of,
)
from lbhsweep.quantities.profile import Winner

SAMPLE_EVERY_PS = 0.1


class Profile:
    """Order by layer of two phases that meet, the phase that grows, and its speed.

    Layers are half a conventional cell along c.  **Order** S of a layer is ⟨q·q̂(φ)⟩/|q̂|² of its
    anions' l = 6 moments (see `sites`), in the variant of α as built, with the turn φ of α (40.3°)
    or of α-b (24°), whichever gives more.  **Lithium** x of a layer is that of the Li in it.
    **Spacing** is the distance of a plane of anions from the next.

    A layer is in the **phase** whose S and x are nearest.  One has won when 95 % of the layers
    were in it for three blocks; the run then ends.  **Interfaces** and **speeds**: `interfaces`.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self.every = max(1, round(SAMPLE_EVERY_PS / plan.outer_step))
        self.needs_energies = False
        self._plan = plan
        self._frame = LatticeFrame(plan.structure, plan.supercell)
        self._inverse_cell = np.linalg.inv(plan.structure.cell)
        n_layers, n_blocks = 2 * plan.supercell[2], plan.n_blocks
        self._atoms = _layered(plan, n_layers)
        self._sums: Arrays = {
            "count": np.zeros(n_blocks),
            "orders": np.zeros((n_blocks, n_layers, N_PATTERNS)),
            "heights": np.zeros((n_blocks, n_layers)),
            "lithium": np.zeros((n_blocks, n_layers, 2)),
            "lengths": np.zeros((n_blocks, 3)),
        }
        self._checked, self._won = 0, Winner.NONE

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        positions, cell = sample.state.positions, sample.state.cell
        matrix, origin = self._frame.at(positions, cell)
        rotation = cell_rotation(self._inverse_cell @ cell)
        rows = {name: array[sample.block] for name, array in self._sums.items() if name != "count"}
        add_layers(
            positions, rotation, matrix, origin, self._atoms,
            rows["orders"], rows["heights"], rows["lithium"],
        )  # fmt: skip
        rows["lengths"] += np.linalg.norm(cell, axis=1) / self._plan.supercell
        self._sums["count"][sample.block] += 1.0

    def state(self) -> Arrays:
        """Return the sums over each block."""
        return {name: array.copy() for name, array in self._sums.items()}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        for name, array in self._sums.items():
            array[:] = arrays[name]

    @property
    def is_decided(self) -> bool:
        """Whether one phase fills the cell, by the blocks that are complete."""
        return self._winner(self._begun - 1) != Winner.NONE

    @property
    def _begun(self) -> int:
        """Blocks that have any sample."""
        return int((self._sums["count"] > 0).sum())

    def _winner(self, complete: int) -> Winner:
        """Return the phase that filled the cell in the last of the blocks that are complete."""
        if complete != self._checked:
            latest = slice(max(complete - DECIDED_BLOCKS, 0), max(complete, 0))
            self._checked, self._won = complete, winner_of(shares_of(*self._profile(latest)))
        return self._won

    def _profile(self, blocks: slice) -> tuple[FloatArray, FloatArray]:
        """Return S and x (n_blocks, n_layers) of some blocks; NaN where there is no sample."""
        with np.errstate(invalid="ignore", divide="ignore"):
            order = self._sums["orders"][blocks] / self._sums["count"][blocks, None, None]
            total, number = np.moveaxis(self._sums["lithium"][blocks], -1, 0)
            return order.max(axis=-1), 0.25 + total / number / 3.0

    def result(self) -> Arrays:
        """Compute profiles, shares, interfaces and speeds by catalogue name."""
        n, times = self._begun, np.array(self._plan.axes["time"])
        begun = slice(n)
        order, lithium = self._profile(begun)
        count = self._sums["count"][begun, None]
        lengths, heights = (self._sums[name][begun] / count for name in ("lengths", "heights"))
        # The last block is complete only in a run that lasted to its end.
        winner = self._winner(n if n == len(times) else n - 1)
        measured = {
            "layer_order": order,
            "layer_lithium": lithium,
            "layer_spacing": lengths[:, 2:] * (0.5 + np.roll(heights, -1, axis=1) - heights),
            "lattice_length": lengths,
            "decision_time": np.array(
                times[self._checked - 1] if winner != Winner.NONE else np.nan
            ),
            "winner": np.array(winner, dtype=np.int8),
        }
        read = read_profiles(order, lithium, lengths[:, 2], times[begun], self._plan.phases)
        return padded({**measured, **read}, len(times))


def _layered(plan: MeasurementPlan, n_layers: int) -> Layered:
    structure = plan.structure
    variants = alpha_variants()
    diameters = opposite_hydrogens(structure)
    phases = np.radians(3.0 * np.array([ALPHA_TURN_DEG, ALPHA_CAP["turn_deg"]]))
    patterns = np.einsum("wp,wsm->spm", waves(phases), variants.terms[0])
    layers = layers_of(structure, plan.supercell)[diameters[:, 0, 0]]
    return Layered(
        diameters=diameters,
        layers=layers,
        weights=1.0 / np.bincount(layers, minlength=n_layers),
        patterns=np.ascontiguousarray(patterns[sublattices_of(structure, plan.supercell)]),
        lithium=np.flatnonzero(np.array(structure.symbols) == "Li"),
        steps=variants.steps[0],
    )

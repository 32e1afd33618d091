"""Stored trajectories as universes of MDAnalysis."""

from __future__ import annotations

import MDAnalysis
import numpy as np
import xarray as xr
from MDAnalysis.coordinates.memory import MemoryReader
from MDAnalysis.lib.mdamath import triclinic_box

from lbhsweep.arrays import FloatArray
from lbhsweep.errors import RunNotFoundError
from lbhsweep.interop.trajectory import frames
from lbhsweep.store.trajectory import compute

ANION = "ANI"
"""Name of the anions' residues."""


def universe_of(
    trajectory: xr.Dataset, *, every: int = 1, wrap: bool = False
) -> MDAnalysis.Universe:
    """Load the written frames of a trajectory into a universe, in memory.

    MDAnalysis describes a cell by its edges and angles, with the first vector along x and the
    second in the plane of x and y.  All vectors are rotated to that; orthorhombic cells are not
    changed.

    Parameters
    ----------
    trajectory : xarray.Dataset
        From `lbhsweep.store.trajectory.open_trajectory`; ``isel(time=…)`` chooses frames.
    every : int
        Take every n-th frame.
    wrap : bool
        Whether to wrap ions into the cell, anions whole.

    Returns
    -------
    MDAnalysis.Universe
        Atoms with names, types and elements (their symbols), masses and charges; a residue for
        each single ion, named by its symbol, and for each anion, named ANI; dimensions of every
        frame, velocities in Å/ps if they were kept, times in ps from the start of production.

    Raises
    ------
    RunNotFoundError
        If no frame is written yet.
    ValueError
        If `every` is no positive number.
    """
    positions, velocities, dimensions, times = [], [], [], []
    for frame in frames(trajectory, every=every, wrap=wrap):
        standard = _lower_triangular(frame.cell)
        turn = np.linalg.solve(frame.cell, standard)
        positions.append((frame.positions @ turn).astype(np.float32))
        if frame.velocities is not None:
            velocities.append((frame.velocities @ turn).astype(np.float32))
        dimensions.append(triclinic_box(*standard))
        times.append(frame.time)
    if not times:
        raise RunNotFoundError(
            f"run {str(trajectory.attrs['run_id'])[:12]} has no frame yet; wait until its first "
            "chunk of frames is written"
        )
    universe = _atoms_only(trajectory)
    universe.load_new(
        np.array(positions),
        format=MemoryReader,
        order="fac",
        dimensions=np.array(dimensions, dtype=np.float32),
        dt=times[1] - times[0] if len(times) > 1 else 1.0,
        time_offset=times[0],
        velocities=np.array(velocities) if velocities else None,
    )
    return universe


def _lower_triangular(cell: FloatArray) -> FloatArray:
    """Return the cell (3, 3) of the same metric with its first vector along x, second in xy."""
    if not cell[~np.eye(3, dtype=bool)].any():
        return cell
    return np.asarray(np.linalg.cholesky(cell @ cell.T))


def _atoms_only(trajectory: xr.Dataset) -> MDAnalysis.Universe:
    ions = compute(trajectory[["symbol", "mass", "charge", "molecule"]])
    symbols = np.array(ions["symbol"].values.tolist())
    molecule = ions["molecule"].values
    single = molecule == 0
    # Each single ion is a residue of its own.
    group = np.where(single, molecule.max(initial=0) + 1 + np.arange(len(molecule)), molecule)
    _, first, residue = np.unique(group, return_index=True, return_inverse=True)
    names = np.where(single[first], symbols[first], ANION)
    universe = MDAnalysis.Universe.empty(
        len(symbols), n_residues=len(first), atom_resindex=residue, trajectory=False
    )
    for name in ("names", "types", "elements"):
        universe.add_TopologyAttr(name, symbols.astype(object))
    universe.add_TopologyAttr("masses", ions["mass"].values)
    universe.add_TopologyAttr("charges", ions["charge"].values)
    universe.add_TopologyAttr("resnames", names.astype(object))
    universe.add_TopologyAttr("resids", np.arange(1, len(first) + 1))
    return universe

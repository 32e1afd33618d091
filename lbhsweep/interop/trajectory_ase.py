"""Stored trajectories as ASE's `Atoms`, and as extended XYZ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr
from ase import Atoms
from ase.io.extxyz import write_extxyz as write_frames
from ase.units import fs

from lbhsweep.atomic import storing
from lbhsweep.interop.ase_atoms import MOLECULE
from lbhsweep.interop.trajectory import frames
from lbhsweep.store.trajectory import compute

ANGSTROM_PER_PS = 1.0 / (1000.0 * fs)
"""Å/ps in ASE's unit of velocity, Å sqrt(u/eV)."""


def atoms_of(trajectory: xr.Dataset, *, every: int = 1, wrap: bool = False) -> Iterator[Atoms]:
    """Yield the written frames of a trajectory.

    Parameters
    ----------
    trajectory : xarray.Dataset
        From `lbhsweep.store.trajectory.open_trajectory`; ``isel(time=…)`` chooses frames.
    every : int
        Take every n-th frame.
    wrap : bool
        Whether to wrap ions into the cell, anions whole.

    Yields
    ------
    ase.Atoms
        Periodic, with cell, masses, charges, velocities if they were kept,
        ``arrays["molecule"]``, and ``info`` with the time in ps, the thermostat's temperature in K
        and the run's id.

    Raises
    ------
    ValueError
        If `every` is no positive number.
    """
    ions = compute(trajectory[["symbol", "mass", "charge", "molecule"]])
    symbols = ions["symbol"].values.tolist()
    masses, charges = ions["mass"].values, ions["charge"].values
    molecule = ions["molecule"].values.astype(np.int32)
    for frame in frames(trajectory, every=every, wrap=wrap):
        atoms = Atoms(
            symbols,
            frame.positions,
            cell=frame.cell,
            pbc=True,
            masses=masses,
            charges=charges,
            info={
                "time_ps": frame.time,
                "bath_temperature_K": frame.temperature,
                "run_id": str(trajectory.attrs["run_id"]),
            },
        )
        atoms.set_array(MOLECULE, molecule)
        if frame.velocities is not None:
            atoms.set_velocities(frame.velocities * ANGSTROM_PER_PS)
        yield atoms


def write_extxyz(trajectory: xr.Dataset, path: Path, *, every: int = 1, wrap: bool = False) -> int:
    """Write the written frames of a trajectory as extended XYZ, which ASE and OVITO read.

    Columns are those of `atoms_of`, with momenta in ASE's units if velocities were kept.

    Returns
    -------
    int
        The number of frames.

    Raises
    ------
    StoreError
        If the file can't be written.
    ValueError
        If `every` is no positive number.
    """
    count = 0
    with storing(path), path.open("w", encoding="utf-8") as file:
        for atoms in atoms_of(trajectory, every=every, wrap=wrap):
            write_frames(file, [atoms])
            count += 1
    return count

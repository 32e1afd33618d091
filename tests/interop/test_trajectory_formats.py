"""Stored trajectories in ASE, in extended XYZ, in MDAnalysis: the same numbers in their units."""

import ase.io
import ase.units
import numpy as np
import pytest
from interop.made_up_trajectory import CRYSTAL, frame_of, masses, write
from MDAnalysis.lib.distances import distance_array

from lbhsweep.errors import RunNotFoundError, StoreError
from lbhsweep.interop.ase_atoms import structure_from_atoms
from lbhsweep.interop.trajectory import open_trajectory, wrapped
from lbhsweep.interop.trajectory_ase import atoms_of, write_extxyz
from lbhsweep.interop.trajectory_mdanalysis import universe_of
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.store import trajectory_writer

RUN = "ab" * 32
ROUNDING = 1e-6
"""Å: half of the last bit of a float32 at 16 Å, and as much again."""


@pytest.fixture(params=[False, True], ids=["cubic", "triclinic"])
def skewed(request):
    return request.param


@pytest.fixture
def trajectory(tmp_path, monkeypatch, skewed):
    """Twelve frames in chunks of five."""
    monkeypatch.setattr(trajectory_writer, "CHUNK_BYTES", 5 * 12 * 104)
    monkeypatch.setattr(trajectory_writer, "FEWEST_FRAMES", 1)
    write(tmp_path / "out", RUN, skewed=skewed)
    with open_trajectory(tmp_path / "out", RUN[:6]) as opened:
        assert opened["positions"].encoding["chunks"] == (5, 104, 3)
        yield opened


@pytest.mark.parametrize("every", [1, 2, 5, 7, 12, 30])
def test_frames_in_ase(trajectory, skewed, every):
    found = list(atoms_of(trajectory, every=every))
    assert [atoms.info["time_ps"] for atoms in found] == [
        0.5 * (k + 1) for k in range(0, 12, every)
    ]
    for k, atoms in zip(range(0, 12, every), found, strict=True):
        frame = frame_of(k, skewed=skewed)
        np.testing.assert_allclose(atoms.positions, frame["positions"], atol=ROUNDING)
        np.testing.assert_allclose(atoms.cell, frame["cell"], rtol=1e-15)
        assert atoms.pbc.all()
        assert tuple(atoms.get_chemical_symbols()) == CRYSTAL.symbols
        # Å/ps = 1000 m/s /10, by way of ASE's own kinetic energy.
        joules = 0.5 * masses() @ (frame["velocities"] ** 2).sum(axis=1) * 1e4 * ase.units._amu
        assert atoms.get_kinetic_energy() == pytest.approx(joules / ase.units._e, rel=1e-6)
        assert atoms.get_initial_charges().sum() == pytest.approx(0.0, abs=1e-3)


def test_ase_s_atoms_are_structures_again(trajectory):
    """The numbers of the anions go along, so that nothing need be searched."""
    *_, last = atoms_of(trajectory, wrap=True)
    structure = structure_from_atoms(last, load_force_field("lbh-2021"))
    np.testing.assert_array_equal(structure.molecule, CRYSTAL.molecule)


def test_extended_xyz_comes_back(trajectory, tmp_path, skewed):
    path = tmp_path / "run.extxyz"
    assert write_extxyz(trajectory, path, every=5) == 3
    read = ase.io.read(path, ":")
    assert len(read) == 3
    for k, atoms in zip((0, 5, 10), read, strict=True):
        frame = frame_of(k, skewed=skewed)
        np.testing.assert_allclose(atoms.positions, frame["positions"], atol=1e-6)
        np.testing.assert_allclose(atoms.cell, frame["cell"], rtol=1e-12)
        np.testing.assert_array_equal(atoms.arrays["molecule"], CRYSTAL.molecule)
        velocities = atoms.get_velocities() * 1000.0 * ase.units.fs
        np.testing.assert_allclose(velocities, frame["velocities"], atol=1e-5)
        assert atoms.info["run_id"] == RUN
        assert atoms.info["time_ps"] == 0.5 * (k + 1)


def test_a_file_that_can_not_be_written_is_an_error(trajectory, tmp_path):
    with pytest.raises(StoreError, match="can't write"):
        write_extxyz(trajectory, tmp_path / "none" / "run.extxyz")


def test_wrapping_moves_ions_by_lattice_vectors_and_keeps_anions_whole(trajectory, skewed):
    frame = frame_of(11, skewed=skewed)
    moved = wrapped(frame["positions"], frame["cell"], CRYSTAL.molecule)
    shifts = (moved - frame["positions"]) @ np.linalg.inv(frame["cell"])
    np.testing.assert_allclose(shifts, np.rint(shifts), atol=1e-12)
    assert np.abs(shifts).max() > 0.5
    ions = CRYSTAL.molecule == 0
    fractions = moved @ np.linalg.inv(frame["cell"])
    assert ((fractions[ions] >= 0.0) & (fractions[ions] < 1.0)).all()
    for k in range(1, 5):
        anion = CRYSTAL.molecule == k
        np.testing.assert_allclose(np.ptp(shifts[anion], axis=0), 0.0, atol=1e-12)
        assert ((fractions[anion].mean(axis=0) >= 0.0) & (fractions[anion].mean(axis=0) < 1)).all()
    *_, last = atoms_of(trajectory, wrap=True)
    np.testing.assert_allclose(last.positions, moved, atol=ROUNDING)


def test_a_universe_of_mdanalysis(trajectory, skewed):
    universe = universe_of(trajectory)
    assert len(universe.trajectory) == 12
    assert tuple(universe.atoms.elements) == tuple(universe.atoms.names) == CRYSTAL.symbols
    np.testing.assert_allclose(universe.atoms.masses, masses())
    assert len(universe.select_atoms("resname ANI").residues) == 4
    assert len(universe.select_atoms("resname Li").residues) == 8
    assert universe.atoms.charges.sum() == pytest.approx(0.0, abs=1e-3)
    for k, step in enumerate(universe.trajectory):
        frame = frame_of(k, skewed=skewed)
        assert step.time == pytest.approx(0.5 * (k + 1))
        lengths = np.linalg.norm(frame["cell"], axis=1)
        np.testing.assert_allclose(step.dimensions[:3], lengths, rtol=1e-6)
        assert step.volume == pytest.approx(np.linalg.det(frame["cell"]), rel=1e-5)
        speeds = np.linalg.norm(step.velocities, axis=1)
        np.testing.assert_allclose(speeds, np.linalg.norm(frame["velocities"], axis=1), rtol=1e-5)
        if not skewed:
            np.testing.assert_allclose(step.positions, frame["positions"], atol=ROUNDING)


def test_distances_under_periodic_boundaries_survive_mdanalysis(trajectory, skewed):
    """Its cell is turned, but no distance is changed by that: against explicit images."""
    universe = universe_of(trajectory)
    universe.trajectory[11]
    lithium = universe.select_atoms("element Li").positions
    found = distance_array(lithium, lithium, box=universe.dimensions)
    frame = frame_of(11, skewed=skewed)
    here = frame["positions"][np.array(CRYSTAL.symbols) == "Li"]
    images = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3), axis=-1).reshape(-1, 3) @ frame["cell"]
    apart = here[:, None, None] - here[None, :, None] - images
    wanted = np.linalg.norm(apart, axis=-1).min(axis=-1)
    np.testing.assert_allclose(found, wanted, atol=3e-5)


def test_only_written_frames_are_given(tmp_path):
    write(tmp_path, RUN, n_written=4, velocities=False)
    with open_trajectory(tmp_path, RUN) as trajectory:
        assert len(list(atoms_of(trajectory))) == 4
        assert len(universe_of(trajectory).trajectory) == 4
        assert not universe_of(trajectory).trajectory.ts.has_velocities
        assert len(list(atoms_of(trajectory.isel(time=slice(2, 9))))) == 2
    write(tmp_path, RUN, n_written=0)
    with open_trajectory(tmp_path, RUN) as trajectory:
        assert not list(atoms_of(trajectory))
        with pytest.raises(RunNotFoundError, match="no frame yet"):
            universe_of(trajectory)


def test_no_frame_in_none_is_refused(trajectory):
    with pytest.raises(ValueError, match="at least 1"):
        list(atoms_of(trajectory, every=0))

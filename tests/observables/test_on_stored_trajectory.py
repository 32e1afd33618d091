"""What a real run measured, against other programs on the frames that the same run stored.

Frames are float32: 5e-7 Å at 16 Å, 3e-8 of a velocity.  Precisions stated here are what that
leaves of each quantity; the tests show that nothing else differs.
"""

from dataclasses import replace

import freud
import MDAnalysis
import numpy as np
import pytest
import scipy.signal
import xarray as xr
from MDAnalysis.analysis.msd import EinsteinMSD
from MDAnalysis.coordinates.memory import MemoryReader
from simulation.simulation_points import FORCE_FIELD, hold_point

from lbhsweep.interop.trajectory_mdanalysis import universe_of
from lbhsweep.observables import OBSERVABLES
from lbhsweep.observables.structure.radial import PAIRS
from lbhsweep.quantities.density import DENSITY_GRID
from lbhsweep.quantities.radial import RADIAL_BIN_A
from lbhsweep.quantities.spectral_window import spectral_window
from lbhsweep.simulation.setup import build_plan, build_potential, build_structure
from lbhsweep.simulation.simulate import TRAJECTORY, simulate
from lbhsweep.sweep.point import TrajectoryPoint
from lbhsweep.sweep.sampling import inner_axes
from lbhsweep.sweep.schedule import schedule_of
from lbhsweep.units import ACCELERATION, BOLTZMANN

OBSERVED = (
    "anion_position",
    "density",
    "diffusion",
    "radial",
    "rotation",
    "spectra",
    "thermo",
)
POINT = replace(
    # Two windows of the spectra; hot and with a vacancy, so that lithium hops and anions turn.
    hold_point(1.0, 8.192, temperature_K=900.0, n_vacancies=1, phase="beta", observables=OBSERVED),
    trajectory=TrajectoryPoint(every=2, velocities=True),
)


def large_point():
    """A cell large enough for neighbouring anions to be within half of it."""
    point = hold_point(0.2, 2.0, cutoff_A=9.0, observables=("radial",))
    system = replace(point.system, supercell=(2, 2, 2))
    return replace(point, system=system, trajectory=TrajectoryPoint(every=5))


class Stored:
    """A run's arrays and its frames, as float64."""

    def __init__(self, point, workdir):
        outcome = simulate(point, workdir, force_field=FORCE_FIELD)
        assert (outcome.status, outcome.error) == ("done", None)
        self.measured = outcome.arrays
        self.dataset = xr.open_zarr(workdir / TRAJECTORY).load()
        self.positions = self.dataset["positions"].values.astype(np.float64)
        if point.trajectory.velocities:
            self.velocities = self.dataset["velocities"].values.astype(np.float64)
        self.cell = self.dataset["cell"].values
        self.symbols = np.array(self.dataset["symbol"].values.tolist())
        self.molecule = self.dataset["molecule"].values
        self.masses = self.dataset["mass"].values
        self.universe = universe_of(self.dataset)
        self.structure = build_structure(point)
        potential = build_potential(point, self.structure, FORCE_FIELD)
        self.plan = build_plan(point, self.structure, potential, schedule_of(point))
        self.every = point.trajectory.every

    def sampled(self, name):
        """Indices of the frames that an observable looked at."""
        every = OBSERVABLES[name](self.plan).every
        assert every % self.every == 0
        return np.arange(every, self.plan.produce_steps + 1, every) // self.every - 1

    def fractions(self, frames):
        """Scaled coordinates in the frame in which the anions' mean stays where it was built."""
        of_anions = self.molecule > 0
        s = self.positions[frames] @ np.linalg.inv(self.cell[frames])
        built = self.structure.positions @ np.linalg.inv(self.structure.cell)
        drift = s[:, of_anions].mean(axis=1) - built[of_anions].mean(axis=0)
        return s - drift[:, None]

    def anion_centres(self, k):
        """Centres of mass of the anions in frame k, by MDAnalysis."""
        self.universe.trajectory[k]
        return self.universe.select_atoms("resname ANI").center_of_mass(compound="residues")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return Stored(POINT, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return Stored(large_point(), tmp_path_factory.mktemp("large"))


def level_of(lag):
    """Displacements over `lag` samples are taken from every 2^level-th sample only."""
    return max(0, int(np.ceil(np.log2(lag / 8))))


def lags_of(stored, name):
    step = (
        (stored.sampled(name)[1] - stored.sampled(name)[0]) * stored.every * stored.plan.outer_step
    )
    return np.rint(inner_axes(POINT)["lag"] / step).astype(int)


def test_the_frames_are_those_that_were_asked_for(stored):
    assert stored.positions.shape == (2048, 103, 3)
    np.testing.assert_allclose(stored.dataset["time"], 0.004 * np.arange(1, 2049), rtol=1e-12)
    assert (stored.dataset["temperature"] == 900.0).all()


def test_volume_lattice_and_temperature(stored):
    """Cells are stored whole (1e-12), velocities to 1e-7."""
    frames, measured = stored.sampled("thermo"), stored.measured
    n_formula = 4
    volumes = []
    for k in frames:
        stored.universe.trajectory[k]
        volumes.append(MDAnalysis.lib.mdamath.box_volume(stored.universe.dimensions))
    assert measured["volume"] == pytest.approx(np.mean(volumes) / n_formula, rel=1e-6)
    exact = np.linalg.det(stored.cell[frames]).mean() / n_formula
    assert measured["volume"] == pytest.approx(exact, rel=1e-12)
    assert measured["lattice_a"] == pytest.approx(stored.cell[frames, 0, 0].mean(), rel=1e-12)
    squares = (stored.velocities[frames] ** 2).sum(axis=2) @ stored.masses
    kinetic = 0.5 * squares / ACCELERATION
    temperature = 2.0 * kinetic / (3 * 102 * BOLTZMANN)
    assert measured["kinetic_temperature"] == pytest.approx(temperature.mean(), rel=1e-7)
    assert measured["kinetic_energy"] == pytest.approx(kinetic.mean() / n_formula, rel=1e-7)


def test_mean_squared_displacements_by_mdanalysis(stored):
    """Of ions in the anions' frame, 1e-5 of a square of 0.1 Å² and more."""
    frames = stored.sampled("diffusion")
    lithium = np.flatnonzero(stored.symbols == "Li")
    mean_cell = stored.cell[frames].mean(axis=0)
    moved = (stored.fractions(frames)[:, lithium] @ mean_cell).astype(np.float32)
    ions = MDAnalysis.Universe.empty(len(lithium), trajectory=False)
    reference = {}
    for level in range(level_of(lags_of(stored, "diffusion")[-1]) + 1):
        ions.load_new(moved[:: 2**level], format=MemoryReader, order="fac", dt=1.0)
        for axis in ("x", "y", "z"):
            msd = EinsteinMSD(ions, select="all", msd_type=axis, fft=False).run()
            reference[level, axis] = msd.results.timeseries
    total = 0.0
    for axis in ("x", "y", "z"):
        wanted = [
            reference[level_of(lag), axis][lag // 2 ** level_of(lag)]
            for lag in lags_of(stored, "diffusion")
        ]
        np.testing.assert_allclose(stored.measured[f"li_msd_{axis}"], wanted, rtol=1e-5)
        total = total + np.array(wanted)
    np.testing.assert_allclose(stored.measured["li_msd"], total, rtol=1e-5)
    assert total[-1] > 0.5


def test_collective_displacement(stored):
    frames = stored.sampled("diffusion")
    lithium = np.flatnonzero(stored.symbols == "Li")
    mean_cell = stored.cell[frames].mean(axis=0)
    together = (stored.fractions(frames)[:, lithium] @ mean_cell).sum(axis=1)
    for k, lag in enumerate(lags_of(stored, "diffusion")):
        level = level_of(lag)
        path, short = together[:: 2**level], lag // 2**level
        wanted = ((path[short:] - path[:-short]) ** 2).sum(axis=1).mean() / len(lithium)
        assert stored.measured["collective_msd"][k] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("name", PAIRS)
def test_radial_distributions_by_freud(large, name):
    """Counts are the same but for one pair in 10,000, within 1e-6 Å of the edge of a bin.

    freud computes in float32 too, and of points outside its box it loses some pairs.
    """
    measured = large.measured[name]
    known = np.isfinite(measured)
    edges = RADIAL_BIN_A * np.arange(known.sum() + 1)
    one, other = PAIRS[name]
    histogram, frames = np.zeros(known.sum()), large.sampled("radial")
    volumes = np.linalg.det(large.cell[frames])
    for k, volume in zip(frames, volumes, strict=True):
        box = freud.box.Box.from_matrix(large.cell[k].T)
        (points, group), (others, other_group) = _points(large, k, one), _points(large, k, other)
        found = freud.locality.AABBQuery(box, box.wrap(points)).query(
            box.wrap(others), {"mode": "ball", "r_max": edges[-1], "exclude_ii": one == other}
        )
        pairs = found.toNeighborList()
        apart = pairs.distances
        if one == other:
            apart = apart[other_group[pairs[:, 0]] < group[pairs[:, 1]]]
        histogram += volume * np.histogram(apart, edges)[0]
    per_pair = len(frames) * _n_pairs(large, one, other) * 4.0 / 3.0 * np.pi * np.diff(edges**3)
    counts, wanted = measured[known] * per_pair / volumes.mean(), histogram / volumes.mean()
    assert known.sum() > 180
    assert wanted.sum() > 1000
    # A pair that changes its bin is missing in one and too many in another.
    assert np.abs(counts - wanted).sum() < 2.1 + 2e-4 * wanted.sum()


def _points(stored, k, sort):
    """Points of a sort in frame k, and to which anion each belongs (ions: each to its own)."""
    if sort == "anion":
        stored.universe.trajectory[k]
        anions = stored.universe.select_atoms("resname ANI")
        centres = anions.center_of_geometry(compound="residues")
        return centres, np.arange(len(centres))
    atoms = np.flatnonzero(stored.symbols == sort)
    group = stored.molecule[atoms] if sort == "H" else np.arange(len(atoms))
    return stored.positions[k, atoms], group


def _n_pairs(stored, one, other):
    n = {"Li": 64, "B": 384, "H": 384, "anion": 32}
    if one == other == "H":
        return 384 * 372 / 2
    return n[one] * (n[one] - 1) / 2 if one == other else n[one] * n[other]


@pytest.mark.parametrize("species", ["Li", "H"])
def test_density_maps(stored, species):
    """Counts are the same but for atoms within 1e-6 Å of a voxel's face: two in all."""
    frames = stored.sampled("density")
    atoms = np.flatnonzero(stored.symbols == species)
    s = stored.fractions(frames)[:, atoms].reshape(-1, 3)
    centred = (s + 0.5 / DENSITY_GRID) % 1.0
    wanted = np.histogramdd(centred, (DENSITY_GRID,) * 3, ((0.0, 1.0),) * 3)[0]
    voxel = np.linalg.det(stored.cell[frames]).sum() / DENSITY_GRID**3
    counts = stored.measured[f"{species.lower()}_density"] * voxel
    assert counts.sum() == pytest.approx(len(frames) * len(atoms), rel=1e-12)
    assert np.abs(counts - wanted).sum() < 4.0 + 1e-9


def test_orientation_autocorrelation(stored):
    """Directions of bonds of 1.2 Å are known to 1e-6, their means better."""
    frames = stored.sampled("rotation")
    bonds = stored.positions[frames][:, _bonds(stored)]
    directions = bonds[:, :, 1] - bonds[:, :, 0]
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    for k, lag in enumerate(lags_of(stored, "rotation")):
        level = level_of(lag)
        path, short = directions[:: 2**level], lag // 2**level
        wanted = (path[short:] * path[:-short]).sum(axis=2).mean()
        assert stored.measured["bh_correlation"][k] == pytest.approx(wanted, abs=3e-7)
    assert stored.measured["bh_correlation"][-1] < 0.9


def _bonds(stored):
    """The B and the H (48, 2) of each bond, by distance in the first frame."""
    boron, hydrogen = (np.flatnonzero(stored.symbols == symbol) for symbol in "BH")
    x = stored.positions[0]
    apart = np.linalg.norm(x[hydrogen, None] - x[None, boron], axis=2)
    assert apart.min(axis=1).max() < 1.7
    return np.stack([boron[apart.argmin(axis=1)], hydrogen], axis=1)


def test_fluctuation_of_the_anions_centres_by_mdanalysis(stored):
    frames = stored.sampled("anion_position")
    centres = np.array([stored.anion_centres(k) for k in frames])
    s = np.einsum("tni,tij->tnj", centres, np.linalg.inv(stored.cell[frames]))
    s -= s.mean(axis=1, keepdims=True)
    away = (s - s.mean(axis=0)) @ stored.cell[frames].mean(axis=0)
    wanted = np.sqrt((away**2).sum(axis=2).mean())
    assert stored.measured["anion_fluctuation"] == pytest.approx(wanted, rel=1e-6)
    assert wanted > 0.1


@pytest.mark.parametrize("group", ["li", "b", "h", "translation"])
def test_velocity_spectra_by_welch(stored, group):
    """Rows are float32 in both; 1e-5 of the largest density is 100 times their rounding."""
    window = spectral_window(stored.plan.outer_step)
    assert window.every == stored.every
    assert stored.measured["spectra_windows"] == 2.0
    motion = _mass_weighted(stored, group)
    angle = np.pi * (np.arange(window.n_samples) + 0.5) / window.n_samples
    wavenumbers, power = scipy.signal.welch(
        motion,
        fs=window.n_samples * window.wavenumbers[1],
        window=np.sin(angle) ** 2,
        nperseg=window.n_samples,
        noverlap=0,
        detrend=False,
        axis=0,
    )
    power = power.sum(axis=1)
    # Welch counts negative frequencies in, but for the first and the last.
    power[1:-1] *= 0.5
    n_dof = {"li": 3 * 7 / 4, "b": 36.0, "h": 36.0, "translation": 3.0}[group]
    density = n_dof * power / np.trapezoid(power, wavenumbers)
    measured = stored.measured[f"vdos_{group}"]
    np.testing.assert_allclose(window.stored_wavenumbers, wavenumbers[: len(measured)], rtol=1e-9)
    np.testing.assert_allclose(
        measured, density[: len(measured)], rtol=1e-5, atol=1e-5 * density.max()
    )


def _mass_weighted(stored, group):
    weighted = stored.velocities * np.sqrt(stored.masses)[:, None]
    if group != "translation":
        symbol = group.capitalize()
        return weighted[:, stored.symbols == symbol].reshape(len(weighted), -1)
    anions = [np.flatnonzero(stored.molecule == k) for k in range(1, 5)]
    momenta = [np.einsum("i,tij->tj", stored.masses[a], stored.velocities[:, a]) for a in anions]
    return np.concatenate(momenta, axis=1) / np.sqrt(stored.masses[anions[0]].sum())

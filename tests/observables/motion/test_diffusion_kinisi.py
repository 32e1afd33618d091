"""Diffusion coefficients against an independent estimator, kinisi, on the same trajectories.

kinisi fits a line to mean-squared displacements by Bayesian regression with a covariance matrix
modelled from them (McCluskey et al., J. Chem. Theory Comput. 21, 79 (2025),
https://doi.org/10.1021/acs.jctc.4c01249).  It is not among the packages that tests need, because it
brings some twenty of them: ``pip install 'kinisi>=2.1' && pytest -m validation`` runs this.
"""

import numpy as np
import pytest
from ase import Atoms
from observables.synthetic_ions import INTERVAL, D, diffusion, plan, vibration, walk

from lbhsweep.quantities.lags import lags_in_samples

analyze = pytest.importorskip("kinisi.analyze")

pytestmark = [
    pytest.mark.validation,
    pytest.mark.filterwarnings("ignore"),  # those of a package that isn't ours
    pytest.mark.timeout(1800),
]

N_SAMPLES, N_IONS, EDGE = 1000, 32, 20.0
SEEDS = range(6)


def trajectory(displaced):
    """Frames of ions in a box of resting anions."""
    start = plan(len(displaced), displaced.shape[1], EDGE).structure
    frames = []
    for moved in displaced:
        positions = start.positions.copy()
        positions[: len(moved)] += moved
        frames.append(Atoms(start.symbols, positions, cell=EDGE * np.eye(3), pbc=True))
        frames[-1].wrap()
    return frames


def by_kinisi(displaced, lags, begin):
    """Return MSDs (n_lags,) in Å², D in Å²/ps and its standard error."""
    import scipp as sc

    picoseconds = sc.Unit("ps")
    analysis = analyze.DiffusionAnalyzer.from_ase(
        trajectory=trajectory(displaced),
        specie="Li",
        time_step=sc.scalar(INTERVAL, unit=picoseconds),
        step_skip=sc.scalar(1, unit=sc.units.dimensionless),
        dt=sc.array(dims=["time interval"], values=lags, unit=picoseconds),
        progress=False,
    )
    chain = np.random.RandomState(1)
    analysis.diffusion(sc.scalar(begin, unit=picoseconds), progress=False, random_state=chain)
    to_angstrom = sc.to_unit(1.0 * analysis.D.unit, sc.Unit("angstrom**2/ps")).value
    samples = to_angstrom * np.asarray(analysis.D.values)
    return analysis.msd.values, samples.mean(), samples.std()


@pytest.fixture(scope="module")
def both():
    """Ours and kinisi's from Brownian motion with vibrations, for each seed."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        displaced = walk(rng, N_SAMPLES, N_IONS) + vibration(rng, N_SAMPLES, N_IONS)
        ours = diffusion(displaced, edge=EDGE)
        # kinisi takes the longest lag for the trajectory's length.
        lags = INTERVAL * np.array([*lags_in_samples(N_SAMPLES), N_SAMPLES - 1])
        theirs = by_kinisi(displaced, lags, float(ours["diffusion_start"]) * (1.0 - 1e-9))
        found.append((ours, theirs))
    return found


def test_displacements_are_the_same(both):
    for ours, (msd, _, _) in both:
        # kinisi counts one displacement of nothing among a thousand.  Beyond eight samples our
        # origins are some samples apart, theirs are all.
        fitted = np.searchsorted(lags_in_samples(N_SAMPLES), 0.1 * N_SAMPLES)
        np.testing.assert_allclose(ours["li_msd"][:8], msd[:8], rtol=1.1 / N_SAMPLES)
        np.testing.assert_allclose(ours["li_msd"][:fitted], msd[:fitted], rtol=0.02)


def test_coefficients_agree_within_their_errors(both):
    ours = np.array([one["diffusion_coefficient"] for one, _ in both]) * 1e4
    errors = np.array([one["diffusion_coefficient_stderr"] for one, _ in both]) * 1e4
    theirs, their_errors = np.array([pair[1:] for _, pair in both]).T
    # They weight lags differently, kinisi up to the trajectory's length and ours up to a tenth.
    assert np.all(np.abs(ours - theirs) < 1.5 * np.maximum(errors, their_errors))
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.02)
    for values, stated in ((ours, errors), (theirs, their_errors)):
        assert np.all(np.abs(values - D) < 4.0 * stated)
    assert 0.5 < np.mean(errors) / np.mean(their_errors) < 2.0

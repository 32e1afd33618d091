"""Compiled kernels do what their Python says."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np

SCRIPT = textwrap.dedent("""
    import sys
    import numpy as np
    from observables.crystals import SKEWED, deformed, plan_of, sample_of
    from lbhsweep.observables import OBSERVABLES
    from lbhsweep.physics.crystal import build_alpha
    crystal = build_alpha((1, 1, 1))
    away = deformed(crystal, SKEWED, (3.0, -2.0, 1.0))
    positions = away.positions + 0.2 * np.random.default_rng(1).normal(size=(104, 3))
    arrays = {}
    for name in ("sites", "density", "radial"):
        observable = OBSERVABLES[name](plan_of(crystal, (1, 1, 1)))
        observable.sample(sample_of(positions, away.cell))
        arrays |= {f"{name}_{key}": value for key, value in observable.state().items()}
    np.savez(sys.argv[1], **arrays)
""")


def states(path, **environment):
    here = Path(__file__).parent
    paths = os.pathsep.join((str(here.parents[2]), str(here.parents[1])))
    subprocess.run(
        [sys.executable, "-c", SCRIPT, path],
        check=True,
        env=os.environ | environment | {"PYTHONPATH": paths},
    )
    with np.load(path) as arrays:
        return dict(arrays)


def test_kernels_agree_with_their_python(tmp_path):
    compiled = states(tmp_path / "compiled.npz")
    plain = states(tmp_path / "plain.npz", NUMBA_DISABLE_JIT="1")
    assert compiled.keys() == plain.keys()
    for name, array in plain.items():
        np.testing.assert_allclose(compiled[name], array, rtol=1e-12, atol=1e-14, err_msg=name)
    assert plain["density_counts"].sum() == 56
    assert np.count_nonzero(plain["sites_sums"][0]) > 60
    assert plain["radial_histogram"].any(axis=(0, 2)).all()

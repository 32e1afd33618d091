"""The same physics on a processor without AVX-512."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Vectors are halved, sums run in the same order; what differs is the processor's own estimate of
# 1/√x in float32, after its Newton step.
FORCE_TOLERANCE = 2e-6
ENERGY_TOLERANCE = 1e-6

SCRIPT = """
import sys
import numpy as np
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field

structure = build_alpha((1, 1, 1))
rng = np.random.default_rng(11)
positions = structure.positions + rng.normal(0, 0.05, structure.positions.shape)
potential = ForceFieldPotential(structure, load_force_field("lbh-2021"), cutoff_A=4.5)
point = potential.single_point(positions, structure.cell)
np.savez(
    sys.argv[1],
    energies=np.array(list(point.energies.values())),
    forces=point.forces,
    virial=point.virial,
)
"""

HASWELL = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2,+f16c,+lzcnt,+movbe",
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="names an x86 processor")
def test_forces_agree_without_avx512(tmp_path):
    answers = []
    for name, settings in (("here", {}), ("haswell", HASWELL)):
        path = tmp_path / f"{name}.npz"
        cache = {"NUMBA_CACHE_DIR": str(tmp_path / name)} if settings else {}
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            env={**os.environ, **settings, **cache},
            cwd=Path(__file__).parents[2],
            check=True,
        )
        answers.append(np.load(path))
    here, there = answers
    rms = np.sqrt(np.mean(here["forces"] ** 2))
    assert np.sqrt(np.mean((here["forces"] - there["forces"]) ** 2)) < FORCE_TOLERANCE * rms
    scale = np.abs(here["energies"]).max()
    np.testing.assert_allclose(there["energies"], here["energies"], atol=ENERGY_TOLERANCE * scale)
    # The virial's parts are as large as the energies' and cancel.
    np.testing.assert_allclose(there["virial"], here["virial"], atol=ENERGY_TOLERANCE * scale)

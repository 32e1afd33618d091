"""Kernels as plain Python: what numba compiles is what was written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import sys
import numpy as np
from lbhsweep.engine.forcefield_potential import ForceFieldPotential
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field

structure = build_alpha((1, 1, 1))
rng = np.random.default_rng(11)
positions = structure.positions + rng.normal(0, 0.03, structure.positions.shape)
found = {}
for accuracy in ("high", "production"):
    potential = ForceFieldPotential(
        structure, load_force_field("lbh-2021"), cutoff_A=3.0, accuracy=accuracy
    )
    point = potential.single_point(positions, structure.cell)
    found[f"{accuracy}_energies"] = np.array(list(point.energies.values()))
    found[f"{accuracy}_forces"] = point.forces
    found[f"{accuracy}_virial"] = point.virial
np.savez(sys.argv[1], **found)
"""


@pytest.mark.timeout(200)
def test_single_points_agree_without_compilation(tmp_path):
    answers = []
    for disabled in ("0", "1"):
        path = tmp_path / f"{disabled}.npz"
        subprocess.run(
            [sys.executable, "-W", "ignore::RuntimeWarning", "-c", SCRIPT, str(path)],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            cwd=Path(__file__).parents[2],
            check=True,
        )
        answers.append(np.load(path))
    compiled, plain = answers
    for name in compiled:
        np.testing.assert_allclose(compiled[name], plain[name], rtol=1e-9, atol=1e-7, err_msg=name)

"""Kernels as plain Python: what numba compiles is what was written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
ROUNDING = {"energies": 3e-7, "forces": 3e-6, "virial": 3e-7}
# With every accuracy, and one cell of another make: an odd number of ions, no molecules.
SCRIPT = """
import sys
import numpy as np
from lbhsweep.engine.forcefield.potential import ForceFieldPotential
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.structure import Structure

crystal = build_alpha((1, 1, 1))
rng = np.random.default_rng(11)
positions = crystal.positions + rng.normal(0, 0.03, crystal.positions.shape)
lithium = np.flatnonzero(np.array(crystal.symbols) == "Li")[:7]
ions = Structure(("Li",) * 7, positions[lithium], crystal.cell, np.zeros(7, np.int32))
found = {}
for name, structure, places in (("crystal", crystal, positions), ("ions", ions, ions.positions)):
    for accuracy in ("high", "production"):
        potential = ForceFieldPotential(
            structure, load_force_field("lbh-2021"), cutoff_A=3.0, accuracy=accuracy
        )
        point = potential.single_point(places, structure.cell)
        found[f"{name}_{accuracy}_energies"] = np.array(list(point.energies.values()))
        found[f"{name}_{accuracy}_forces"] = point.forces
        found[f"{name}_{accuracy}_virial"] = point.virial
np.savez(sys.argv[1], **found)
"""


def run_uncompiled(*arguments, disabled="1"):
    subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
        cwd=ROOT,
        check=True,
    )


def test_single_points_agree_without_compilation(tmp_path):
    answers = []
    for disabled in ("0", "1"):
        path = tmp_path / f"{disabled}.npz"
        # Slots that fill vectors lie far away, where powers overflow before they are dropped.
        run_uncompiled("-W", "ignore::RuntimeWarning", "-c", SCRIPT, str(path), disabled=disabled)
        answers.append(np.load(path))
    compiled, plain = answers
    for name in compiled:
        _, accuracy, quantity = name.split("_")
        # The diagonal of the virial cancels terms of the size of the energies.
        sizes = compiled[name if quantity == "forces" else name.replace("virial", "energies")]
        scale = abs(sizes).max() if quantity == "forces" else abs(sizes).sum()
        # float32 rounds sums of a few hundred terms, float64 the mesh's.
        tolerance = ROUNDING[quantity] if accuracy == "production" else 1e-10
        np.testing.assert_allclose(
            compiled[name], plain[name], rtol=0, atol=tolerance * scale, err_msg=name
        )


def test_unit_tests_of_kernels_pass_without_compilation():
    chosen = [
        "vectors/test_functions.py",
        "molecules/test_bonded.py",
        "test_neighbors.py::test_points_are_wrapped_by_whole_translations_and_table_knows_them_all",
        "test_neighbors.py::test_rebuild_is_asked_for_before_a_pair_can_slip_in",
        "forcefield/test_pair_sum.py::test_one_atom_of_a_kind_acts_from_where_it_is",
        "forcefield/test_pair_sum.py::test_atoms_of_one_kind_and_composition_share_a_block_in_any_order",
        "forcefield/test_pair_sum.py::test_lists_are_rebuilt_before_a_pair_can_slip_in[approach]",
        "vectors/test_simd.py::test_lanes_that_were_packed_find_their_way_back",
        "vectors/test_simd.py::test_exponents_take_whole_numbers",
        "vectors/test_simd.py::test_vectors_begin_anywhere",
    ]
    run_uncompiled(
        "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::RuntimeWarning",
        *(f"tests/engine/{name}" for name in chosen),
    )  # fmt: skip

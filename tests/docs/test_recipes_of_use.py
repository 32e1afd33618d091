"""The how-to recipes do what their pages say."""

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from recipes_of_use import (
    imaginary_modes,
    next_holds,
    phonons_of,
    relaxed_alpha,
    softer_angles,
    weak_holds,
)

from lbhsweep.cli import command as lbhsweep
from lbhsweep.interop.explore import open_sweep
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.sweep import expand_grid, load_sweep

ROOT = Path(__file__).parents[2]
HOLDS = """\
name: coarse
axes:
  pressure: [0 GPa, 0.2 GPa]
  temperature: 400 K .. 600 K step 25 K
  start: [alpha, beta]
  replica: 2
protocol:
  hold: {equilibrate: 20 ps, produce: 100 ps}
"""


def call(*words):
    done = CliRunner().invoke(lbhsweep, list(map(str, words)))
    assert done.exit_code in (0, 3), done.output
    return done.output


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coarse")
    sweep = folder / "coarse.yaml"
    sweep.write_text(HOLDS)
    failures = ("--rehearse-failures", "0.1")
    call("run", sweep, "--output", folder / "out", "--rehearse", *failures)
    call("analyze", folder / "out", "--rehearsal")
    return folder


def test_holds_that_are_weak_are_listed_with_their_cause(rehearsed):
    hold = open_sweep(rehearsed / "out", rehearsal=True)["hold"].to_dataset()
    found = weak_holds(hold)
    counts = {
        "failed": int((hold.status == 3).sum()),
        "not settled": int((hold.equilibrated == 0).sum()),
        "too short": int((hold.equilibrated == 2).sum()),
    }
    assert counts["failed"] > 0
    for cause, count in counts.items():
        assert (found.cause == cause).sum() == count
    first = found[found.cause == "failed"].iloc[0]
    cell = {dim: first[dim] for dim in hold.status.dims}
    assert int(hold.status.sel(cell)) == 3


def test_holds_added_about_the_transition_leave_what_is_done(rehearsed):
    transition = (
        open_sweep(rehearsed / "out", rehearsal=True)["analysis/transition"].to_dataset().squeeze()
    )
    lines = next_holds(transition)
    assert len(lines) == 2
    finer = rehearsed / "finer.yaml"
    finer.write_text("\n".join([HOLDS + "extra_points:", *lines, ""]))
    told = call("extend", rehearsed / "out", finer, "--rehearsal")
    added, removed = map(int, re.match(r"(\d+) runs added, (\d+) removed", told).groups())
    assert added > 0
    assert removed == 0


def test_a_force_field_of_ones_own_is_evaluated_and_swept(tmp_path):
    softer_angles(tmp_path / "soft.yaml")
    mine, shipped = load_force_field(tmp_path / "soft.yaml"), load_force_field("lbh-2021")
    assert mine.name == "lbh-soft-angles"
    assert mine.angles[0].k == pytest.approx(75.0)
    assert mine.digest != shipped.digest
    sweep = tmp_path / "sweep.yaml"
    axes = "  potential: [lbh-2021, soft.yaml]\n  pressure: 0 GPa\n"
    sweep.write_text(re.sub(r"  pressure: .*\n", axes, HOLDS))
    assert set(expand_grid(load_sweep(sweep)).coordinates["potential"]) == {
        "lbh-2021",
        "lbh-soft-angles",
    }


def test_the_relaxed_crystal_has_neither_forces_nor_pressure():
    atoms = relaxed_alpha(cells=1, cutoff=4.5, fmax=2e-3)
    assert np.abs(atoms.get_forces()).max() < 2e-3
    assert np.abs(atoms.get_stress()).max() < 1e-4, "eV/Å³, 16 MPa"
    assert np.ptp(atoms.cell.lengths()) < 1e-9


def test_phonopy_takes_the_forces():
    pytest.importorskip("phonopy", reason="phonopy is not among the packages that tests need")
    phonon = phonons_of(relaxed_alpha(cells=1, cutoff=4.5), cells=1)
    assert len(phonon.primitive) == 104
    phonon.run_qpoints([[0.0, 0.0, 0.0]])
    frequencies = np.sort(np.abs(phonon.qpoints.frequencies[0]))
    assert frequencies[2] < 0.05, "three acoustic modes, THz"
    assert frequencies[3] > 0.1
    assert frequencies[-1] == pytest.approx(53.0, abs=1.0), "B-H stretch"
    assert imaginary_modes(phonon, points=1) == 0
    assert imaginary_modes(phonon, points=1, least=-1.0) == 3, "the acoustic ones lie below 1 cm⁻¹"

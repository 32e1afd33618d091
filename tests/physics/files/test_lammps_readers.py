"""Files that LAMMPS itself writes: boxes, atom styles, labels, dumps; what is missing in others."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lbhsweep.errors import StructureError
from lbhsweep.interop.lammps import data_file
from lbhsweep.physics.charges import species_charges
from lbhsweep.physics.crystal import build_beta
from lbhsweep.physics.files.lammps_data import read_lammps_data
from lbhsweep.physics.files.lammps_dump import read_lammps_dump
from lbhsweep.physics.files.read import read_structure_file
from lbhsweep.physics.forcefield import load_force_field

FORCE_FIELD = load_force_field("lbh-2021")
STYLES = ("atomic", "charge", "bond", "angle", "molecular", "full")
WRITE = """\
units real
atom_style full
bond_style harmonic
angle_style harmonic
pair_style zero 4.0
read_data start.data
pair_coeff * *
change_box all triclinic
change_box all xy final 0.5 xz final 0.3 yz final -0.4 remap units box
write_data numbers.data
labelmap atom 1 Li 2 B 3 H
labelmap bond 1 B-B 2 B-H
labelmap angle 1 H-B-B
write_data labels.data types labels
write_dump all custom types.dump id type x y z modify format float %20.15g
write_dump all custom plain.dump id type mass x y z modify format float %20.15g
write_dump all custom scaled.dump id type mass xs ys zs modify format float %20.15g
write_dump all custom element.dump id element xu yu zu vx vy vz &
    modify element Li B H format float %20.15g
write_dump all custom label.dump id typelabel x y z modify format float %20.15g
write_dump all extxyz element.extxyz modify element Li B H
"""
GENERAL = """\
clear
units metal
atom_style charge
lattice custom 1.0 a1 10 1 0 a2 0.5 9.5 0.3 a3 -0.4 0.2 9.8 &
    basis 0 0 0 basis 0.5 0.25 0.1 triclinic/general
create_box 2 NULL 0 1 0 1 0 1
create_atoms 1 box basis 2 2
mass 1 6.94
mass 2 10.81
pair_style zero 4.0
pair_coeff * *
velocity all create 300 1
write_data general.data triclinic/general
write_data restricted.data
write_dump all custom general.dump id mass x y z modify triclinic/general yes format float %20.15g
write_dump all custom restricted.dump id mass x y z modify format float %20.15g
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Files of LAMMPS, from one of ours."""
    folder = tmp_path_factory.mktemp("lammps")
    built = build_beta((1, 1, 1), seed=3)
    velocities = np.zeros(built.positions.shape)
    text = data_file(built, velocities, FORCE_FIELD, species_charges(built, FORCE_FIELD))
    (folder / "start.data").write_text(text)
    (folder / "in.write").write_text(WRITE + GENERAL)
    program = Path(sys.executable).parent / "lmp"
    library = str(Path(sys.executable).parents[1] / "lib")
    done = subprocess.run(
        [program, "-in", "in.write", "-log", "none"], cwd=folder, capture_output=True, text=True,
        timeout=600, check=False,
        env={**os.environ, "LD_LIBRARY_PATH": library, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    return folder


def distances(content):
    """Return all distances of nearest images, sorted; for small cells of any shape."""
    apart = content.positions[:, None] - content.positions
    images = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=3))) @ content.cell
    apart = apart - np.rint(apart @ np.linalg.inv(content.cell)) @ content.cell
    nearest = np.full(apart.shape[:2], np.inf)
    for image in images:
        np.minimum(nearest, np.linalg.norm(apart + image, axis=-1), out=nearest)
    return np.sort(nearest, axis=None)


@pytest.mark.parametrize(
    "name",
    ["labels.data", "plain.dump", "scaled.dump", "element.dump", "label.dump", "element.extxyz"],
)
def test_every_file_of_a_tilted_box_holds_the_same_crystal(written, name):
    wanted = read_structure_file(written / "numbers.data")
    found = read_structure_file(written / name)
    assert (
        sorted(found.symbols)
        == sorted(wanted.symbols)
        == sorted(build_beta((1, 1, 1), seed=3).symbols)
    )
    assert found.cell[1, 0] == pytest.approx(0.5)
    np.testing.assert_allclose(found.cell, wanted.cell, atol=1e-4)
    np.testing.assert_allclose(distances(found), distances(wanted), atol=1e-3)
    if name.endswith((".data", ".dump")):
        assert found.symbols == wanted.symbols


def test_a_general_triclinic_box_is_the_restricted_one_turned(written):
    general, restricted = (
        read_structure_file(written / f"{name}.data") for name in ("general", "restricted")
    )
    np.testing.assert_allclose(general.cell, [[10, 1, 0], [0.5, 9.5, 0.3], [-0.4, 0.2, 9.8]])
    np.testing.assert_allclose(general.positions[1], np.array([0.5, 0.25, 0.1]) @ general.cell)
    assert general.symbols == restricted.symbols == ("Li", "B")
    for other in (restricted, *(read_structure_file(written / f"{name}.dump")
                                for name in ("general", "restricted"))):  # fmt: skip
        assert other.symbols == general.symbols
        assert abs(np.linalg.det(other.cell)) == pytest.approx(np.linalg.det(general.cell))
        np.testing.assert_allclose(distances(other), distances(general), atol=1e-6)


def test_types_without_a_name_are_said_to_need_one(written):
    named = (written / "element.extxyz").read_text()
    types = re.sub(r"^Li ", "1 ", named, flags=re.MULTILINE)
    (written / "numbers.extxyz").write_text(types)
    for name, message in (
        ("types.dump", "don't say what elements types are; wanted a column element or mass"),
        ("numbers.extxyz", "'1' is no element's symbol"),
    ):
        with pytest.raises(StructureError) as caught:
            read_structure_file(written / name)
        assert message in str(caught.value)
        assert "dump_modify" in str(caught.value)


def small(style="full", *, comment=True, flags=False, masses=True, labels=False):
    """Write a data file of two atoms in an atom style."""
    rows = {
        "atomic": "{type} {xyz}",
        "charge": "{type} {q} {xyz}",
        "full": "{mol} {type} {q} {xyz}",
    }.get(style, "{mol} {type} {xyz}")
    names = {1: "Li", 2: "B"} if labels else {1: "1", 2: "2"}
    lines = [
        "of two atoms",
        "",
        "2 atoms",
        "2 atom types",
        "0 5 xlo xhi",
        "0 6 ylo yhi",
        "0 7 zlo zhi",
        "",
    ]
    if labels:
        lines += ["Atom Type Labels", "", "1 Li", "2 B", "", "Bond Type Labels", "", "1 B-H", ""]
    if masses:
        lines += ["Masses", "", f"{names[1]} 6.941  # Li", f"{names[2]} 10.811", ""]
    lines += [f"Atoms{f' # {style}' if comment else ''}", ""]
    for i, kind, x in ((2, 2, 1.5), (1, 1, 0.25)):
        row = rows.format(type=names[kind], q="-0.85", mol=i, xyz=f"{x} 2.0 3.0")
        lines.append(f"{i} {row}{' 1 0 -1' if flags else ''}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("comment", [True, False])
@pytest.mark.parametrize("flags", [True, False])
@pytest.mark.parametrize("labels", [True, False])
def test_every_atom_style_is_read_named_or_not(style, comment, flags, labels):
    found = read_lammps_data(small(style, comment=comment, flags=flags, labels=labels))
    assert found.symbols == ("Li", "B")
    moved = [5, 0, -7] if flags else [0, 0, 0]
    np.testing.assert_allclose(found.positions, np.array([[0.25, 2, 3], [1.5, 2, 3]]) + moved)
    np.testing.assert_array_equal(found.cell, np.diag([5, 6, 7]))
    assert found.masses == {"Li": 6.941, "B": 10.811}


def test_labels_alone_name_the_species():
    found = read_lammps_data(small(labels=True, masses=False))
    assert found.symbols == ("Li", "B")
    assert not found.masses


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Masses\n\n1 6.941  # Li\n2 10.811\n", ""), "doesn't say which elements its atom types"),
        (("2 10.811\n", ""), "atom type 2 has no mass and no label"),
        (("2 10.811\n", "2 17.4\n"), "atom type 2 has mass 17.4, which is no element's"),
        (("2 10.811\n", "2 heavy\n"), "line 12: got 'heavy', wanted a number"),
        (("0 6 ylo yhi\n", ""), "its header has no ylo yhi"),
        (("0 6 ylo yhi\n", "0 ylo yhi\n"), "wanted 2 numbers before ylo yhi"),
        (("2 atoms", "3 atoms"), "section Atoms has 2 lines, but the header says 3 atoms"),
        (("2 atoms", ""), "says no number of atoms"),
        (("of two atoms", "units = lj"), "it is in units lj, wanted real or metal"),
        (("# full", "# ellipsoid"), "got atom style 'ellipsoid'"),
        (("# full", "# atomic"), "got 7 columns, wanted 5 or 8 of atom style atomic"),
        (("1 1 1 -0.85", "1 1 X -0.85"), "atom type 'X' is no number"),
        (("1 1 1 -0.85 0.25", "1 1 1 -0.85 nan"), "got 'nan', wanted a number"),
        (("1 1 1 -0.85", "2 1 1 -0.85"), "have the same id"),
        (("1 1 1 -0.85", "1 1 -0.85"), "got 6 words, wanted 7"),
        (("Atoms # full", "Bonds"), "no section Atoms"),
    ],
)
def test_what_a_data_file_lacks_is_said(change, message):
    text = small()
    assert change[0] in text
    with pytest.raises(StructureError) as caught:
        read_lammps_data(text.replace(*change))
    assert message in str(caught.value)


DUMP = """\
ITEM: TIMESTEP
{step}
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp pp
-1 4
0 6
0 7
ITEM: ATOMS id element xs ys zs
2 B 0.5 0 0
1 Li {x} 0.5 0.5
"""


def test_a_step_of_a_dump_is_named():
    text = DUMP.format(step=0, x=0.0) + DUMP.format(step=5, x=0.2)
    with pytest.raises(StructureError, match="several frames"):
        read_lammps_dump(text)
    with pytest.raises(StructureError, match="got #2, but it holds 2 frames"):
        read_lammps_dump(text, "2")
    for choice, x in (("0", -1.0), ("1", 0.0), ("-1", 0.0), ("-2", -1.0)):
        found = read_lammps_dump(text, choice)
        assert found.symbols == ("Li", "B")
        np.testing.assert_allclose(found.positions[0], [x, 3, 3.5])
        assert found.is_last == (choice in ("1", "-1"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("pp pp pp", "pp pp ff"), "wanted pp pp pp, a periodic box"),
        (("element", "type"), "wanted a column element or mass"),
        (("1 Li", "1 Q"), "column element has 'Q', which is no element"),
        (("xs ys zs", "vx vy vz"), "wanted positions"),
        (("ATOMS\n2", "ATOMS\n3"), "has 2 lines of atoms, wanted 3"),
        (("0 6\n", ""), "wanted 3 lines of 2 numbers"),
        (("2 B 0.5 0 0", "2 B 0.5 0"), "got 4 words, wanted 5"),
        (("ITEM: BOX BOUNDS pp pp pp\n-1 4\n0 6\n0 7\n", ""), "has no 'ITEM: BOX'"),
    ],
)
def test_what_a_dump_lacks_is_said(change, message):
    text = DUMP.format(step=0, x=0.0)
    assert change[0] in text
    with pytest.raises(StructureError) as caught:
        read_lammps_dump(text.replace(*change))
    assert message in str(caught.value)

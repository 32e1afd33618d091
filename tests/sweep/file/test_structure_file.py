"""Sweeps that start from a crystal in a file: what is read, and what is refused."""

import builtins
import hashlib
import os
from pathlib import Path

import ase.io
import numpy as np
import pytest

from lbhsweep.document import kept_name, parse_document
from lbhsweep.errors import SpecError
from lbhsweep.interop.ase_atoms import atoms_from_structure
from lbhsweep.interop.final_structure import write_atoms
from lbhsweep.interop.lammps import data_file
from lbhsweep.physics.charges import species_charges
from lbhsweep.physics.conventional import conventional_crystal
from lbhsweep.physics.crystal import build_alpha, build_beta, remove_lithium
from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.physics.structure import Structure
from lbhsweep.simulation.setup import build_structure
from lbhsweep.sweep import expand_grid, load_sweep
from lbhsweep.sweep.identity import canonical_json, point_from_json, run_id
from lbhsweep.sweep.load import sweep_from

CIF = Path(__file__).parents[2] / "data" / "alpha_pa3.cif"
FORCE_FIELD = load_force_field("lbh-2021")
SWEEP = """\
name: from a file
system: {{structure: {structure}, start: {start}, supercell: {supercell}}}
axes: {{pressure: 0 GPa, temperature: [300 K, 400 K], n_vacancies: {n_vacancies}, replica: 2}}
protocol: {{hold: {{equilibrate: 1 ps, produce: 1 ps}}}}
model: {{cutoff: 4.5 Å}}
"""


def sweep_file(folder, structure, *, start="alpha", supercell=1, n_vacancies="0"):
    path = folder / "sweep.yaml"
    text = SWEEP.format(
        structure=structure, start=start, supercell=supercell, n_vacancies=n_vacancies
    )
    path.write_text(text.replace(" n_vacancies: None,", ""))
    return path


def refusal(folder, structure, **changes):
    with pytest.raises(SpecError) as caught:
        load_sweep(sweep_file(folder, structure, **changes))
    return str(caught.value)


def crystal_in(path):
    return load_sweep(sweep_file(path.parent, path.name)).system.structure


def test_a_cif_with_its_symmetry_is_the_crystal_that_is_built(tmp_path):
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    found = crystal_in(tmp_path / "my.cif").structure
    built = build_alpha((1, 1, 1))
    assert sorted(found.symbols) == sorted(built.symbols)
    for symbol in ("Li", "B", "H"):
        ours, theirs = (one.positions[np.array(one.symbols) == symbol] for one in (built, found))
        apart = (ours[:, None] - theirs) / 9.61
        apart = np.linalg.norm(apart - np.round(apart), axis=-1) * 9.61
        # The file gives six digits of a fraction.
        assert apart.min(axis=1).max() < 2e-5


@pytest.mark.parametrize(
    "name", ["my.cif", "my.vasp", "POSCAR", "CONTCAR_1", "my.extxyz", "my.data"]
)
@pytest.mark.parametrize("phase", ["alpha", "beta"])
def test_what_ase_writes_is_read_back(tmp_path, name, phase):
    built = build_alpha((1, 1, 1)) if phase == "alpha" else build_beta((2, 1, 1), seed=1)
    if name.startswith("CONTCAR"):
        ase.io.write(tmp_path / name, atoms_from_structure(built), format="vasp", sort=True)
    else:
        write_atoms(tmp_path / name, atoms_from_structure(built))
    spec = load_sweep(
        sweep_file(tmp_path, name, start=phase, supercell=[2, 1, 1] if phase == "beta" else 1)
    )
    found = spec.system.structure
    wanted = conventional_crystal(built.symbols, built.positions, built.cell)
    assert found.supercell == wanted.supercell
    for symbol in ("Li", "B", "H"):
        ours, theirs = (
            one.structure.positions[np.array(one.structure.symbols) == symbol]
            for one in (wanted, found)
        )
        box = np.diag(built.cell)
        apart = ours[:, None] - theirs
        apart = np.linalg.norm(apart - box * np.round(apart / box), axis=-1)
        assert apart.min(axis=1).max() < 1e-4


def test_the_data_file_of_another_program_is_read_by_its_masses(tmp_path):
    built = remove_lithium(build_alpha((1, 1, 1)), 2, seed=3)
    text = data_file(
        built, np.zeros(built.positions.shape), FORCE_FIELD, species_charges(built, FORCE_FIELD)
    )
    (tmp_path / "lammps.data").write_text(text)
    spec = load_sweep(sweep_file(tmp_path, "lammps.data", n_vacancies="[2, 3]"))
    assert spec.system.structure.structure.formula == built.formula
    assert spec.system.structure.n_vacancies == 2


def test_of_several_frames_one_is_named(tmp_path):
    frames = [atoms_from_structure(build_beta((1, 1, 1), seed=seed)) for seed in (1, 2)]
    ase.io.write(tmp_path / "two.extxyz", frames)
    ase.io.write(tmp_path / "last.extxyz", frames[1])
    ase.io.write(tmp_path / "first.extxyz", frames[0])
    assert "holds several frames, wanted one" in refusal(tmp_path, "two.extxyz")
    last, first = (crystal_in(tmp_path / f"{name}.extxyz") for name in ("last", "first"))
    assert abs(last.structure.positions - first.structure.positions).max() > 0.1
    chosen = {i: crystal_in(tmp_path / f"two.extxyz#{i}") for i in (0, 1, -1, -2)}
    for i, one in chosen.items():
        wanted = (first if i in (0, -2) else last).structure.positions
        np.testing.assert_array_equal(one.structure.positions, wanted)
    # Runs of the last frame, which once was taken unasked, keep their ids.
    text = (tmp_path / "two.extxyz").read_text()
    made_from = "\n".join(["extxyz", *(line.rstrip() for line in text.splitlines())])
    assert chosen[-1].digest == hashlib.sha256(made_from.encode()).hexdigest()
    assert chosen[1].digest == chosen[-1].digest != chosen[0].digest
    for wrong in ("#2", "#-3", "#-4", "#x"):
        assert f"got {wrong}" in refusal(tmp_path, f"two.extxyz{wrong}")


def test_runs_start_from_it_with_vacancies_of_their_replica(tmp_path):
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    spec = load_sweep(sweep_file(tmp_path, "my.cif", supercell=[2, 1, 1], n_vacancies="[0, 3]"))
    grid = expand_grid(spec)
    assert len(grid.points) == 8
    assert {point.system.structure for point in grid.points} == {grid.crystal.digest}
    made = {point: build_structure(point, grid.crystal) for point in grid.points}
    for point, structure in made.items():
        assert structure.n_atoms == 208 - point.system.n_vacancies
        np.testing.assert_allclose(np.diag(structure.cell), [19.22, 9.61, 9.61], atol=1e-5)
    lithium = {
        (point.replica, point.protocol.temperature_K): made[point].positions[:13].tobytes()
        for point in made
        if point.system.n_vacancies == 3
    }
    assert lithium[0, 300.0] == lithium[0, 400.0] != lithium[1, 300.0]


def test_points_come_back_from_their_json_and_built_ones_keep_their_ids(tmp_path):
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    path = sweep_file(tmp_path, "my.cif")
    (point, *_) = expand_grid(load_sweep(path)).points
    assert point_from_json(canonical_json(point)) == point
    path.write_text(path.read_text().replace("structure: my.cif, ", ""))
    (built, *_) = expand_grid(load_sweep(path)).points
    assert "structure" not in canonical_json(built)
    assert point_from_json(canonical_json(built)) == built
    assert run_id(built) != run_id(point)


def test_copies_are_read_where_there_are_some(tmp_path):
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    path = sweep_file(tmp_path, "my.cif")
    first = load_sweep(path)
    assert first.files == {"my.cif": CIF.read_bytes()}
    kept = tmp_path / "inputs"
    kept.mkdir()
    (tmp_path / "my.cif").rename(kept / kept_name("my.cif"))
    again = sweep_from(parse_document(path.read_text(), str(path), kept))
    assert again.system.structure.digest == first.system.structure.digest
    assert "my.cif" in refusal(tmp_path, "my.cif")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "auto"}, "system.start: missing, wanted the phase of the crystal"),
        ({"supercell": [2, 2, 3], "structure": "two.vasp"}, "holds 2×1×2 conventional cells"),
        ({"structure": "no.cif"}, "'no.cif' can't be read (No such file or directory)"),
        ({"structure": "notes.txt"}, "'notes.txt': .txt is no format of ASE"),
        ({"structure": "7"}, "got 7, wanted the path"),
        ({"structure": "empty.cif"}, "no data block with atoms"),
        ({"structure": "text.extxyz"}, "ASE can't read it as extxyz"),
        ({"structure": "folder.cif"}, "'folder.cif' is no file"),
        ({"structure": "partly.cif"}, "is partly occupied (Li 0.5)"),
        ({"structure": "molecule.xyz"}, "no periodic cell"),
        ({"structure": "broken.cif"}, "is B12H6, but force field"),
        ({"structure": "sodium.cif"}, "Na"),
        ({"structure": "pipe.cif"}, "'pipe.cif' is no file"),
        ({"structure": "squashed.vasp"}, "does not fit the box"),
        ({"structure": "large.cif"}, "larger than 5,000,000 bytes"),
        ({"structure": "fewer.vasp"}, "axes.n_vacancies: got 0, but system.structure lacks 1"),
        ({"structure": "fewer.vasp", "n_vacancies": None}, "axes.n_vacancies: missing, but system"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_key(tmp_path, changes, message):
    text = CIF.read_text()
    (tmp_path / "my.cif").write_text(text)
    (tmp_path / "empty.cif").write_text("")
    (tmp_path / "notes.txt").write_text("Mg was bought on Monday.\n")
    (tmp_path / "text.extxyz").write_text("no structure\n")
    (tmp_path / "folder.cif").mkdir()
    (tmp_path / "partly.cif").write_text(text.replace("0.352 1", "0.352 0.5"))
    (tmp_path / "broken.cif").write_text("\n".join(text.splitlines()[:-1]))
    (tmp_path / "sodium.cif").write_text(text.replace("Li1 Li", "Na1 Na"))
    (tmp_path / "large.cif").write_text("#" * 5_000_001)
    built = build_alpha((1, 1, 1))
    alone = atoms_from_structure(built)
    alone.pbc = False
    os.mkfifo(tmp_path / "pipe.cif")
    squashed = build_alpha((1, 1, 1))
    thin = squashed.cell * [[1.0], [0.92], [1.0]]
    centres = {k: squashed.positions[squashed.molecule == k].mean(axis=0) for k in range(1, 5)}
    moved = squashed.positions * [1.0, 0.92, 1.0]
    for k, centre in centres.items():
        inside = squashed.molecule == k
        moved[inside] = squashed.positions[inside] + centre * [0.0, -0.08, 0.0]
    write_atoms(
        tmp_path / "squashed.vasp",
        atoms_from_structure(Structure(squashed.symbols, moved, thin, squashed.molecule)),
    )
    ase.io.write(tmp_path / "molecule.xyz", alone, format="xyz")
    write_atoms(tmp_path / "two.vasp", atoms_from_structure(build_alpha((2, 1, 2))))
    write_atoms(tmp_path / "fewer.vasp", atoms_from_structure(remove_lithium(built, 1, seed=0)))
    said = refusal(tmp_path, **{"structure": "my.cif", **changes})
    assert message in said
    assert "sweep.yaml:" in said


@pytest.mark.parametrize("share", ["?", "."])
def test_shares_that_are_not_given_are_whole(tmp_path, share):
    (tmp_path / "my.cif").write_text(CIF.read_text().replace("0.352 1", f"0.352 {share}"))
    assert crystal_in(tmp_path / "my.cif").structure.symbols.count("Li") == 8


def test_encodings_and_ends_of_lines_change_no_run(tmp_path):
    text = CIF.read_text()
    digests = set()
    for name, content in (
        ("plain.cif", text.encode()),
        ("dos.cif", text.replace("\n", "\r\n").encode()),
        ("bom.cif", b"\xef\xbb\xbf" + text.encode()),
    ):
        (tmp_path / name).write_bytes(content)
        digests.add(crystal_in(tmp_path / name).digest)
    assert len(digests) == 1


def test_a_second_place_for_the_start_is_refused(tmp_path):
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    path = sweep_file(tmp_path, "my.cif")
    path.write_text(path.read_text().replace("axes: {", "axes: {start: [alpha, beta], "))
    with pytest.raises(SpecError, match="structure gives one"):
        load_sweep(path)


def test_without_ase_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "my.cif").write_bytes(CIF.read_bytes())
    real = builtins.__import__

    def without_ase(name, *arguments):
        if name.split(".")[0] == "ase":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_ase)
    assert "pip install 'lbhsweep[ase]'" in refusal(tmp_path, "my.cif")

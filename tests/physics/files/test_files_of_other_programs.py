"""One reader for all formats: which crystal, which isotopes, and only our own words."""

import functools
import gzip
import io
import json
import re
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase.io.formats import ioformats
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import lbhsweep
from lbhsweep.cli.evaluate import command
from lbhsweep.errors import LbhsweepError, SpecError, StructureError
from lbhsweep.interop.ase_atoms import atoms_from_structure
from lbhsweep.interop.final_structure import write_atoms
from lbhsweep.physics.conventional import conventional_crystal
from lbhsweep.physics.crystal import build_alpha, build_beta
from lbhsweep.physics.files.read import read_structure, read_structure_file
from lbhsweep.physics.files.species import element_of_label, element_of_mass
from lbhsweep.simulation.setup import build_structure
from lbhsweep.sweep import expand_grid, load_sweep, run_id

CIF = (Path(__file__).parents[2] / "data" / "alpha_pa3.cif").read_text()
NAMES = (
    "x.cif", "x.vasp", "x.poscar", "POSCAR", "CONTCAR", "x.extxyz", "x.xyz", "x.data", "x.lmp",
    "x.cfg", "x.xsf", "x.res", "x.gen", "x.json", "x.traj", "x.pdb", "x.cube", "geometry.in",
    "x.cell", "x.gro", "x.xsd", "x.db", "x.car", "x.struct", "XDATCAR", "CONFIG", "x.magres",
    "x.extxyz.gz", "x.cif.gz",
)  # fmt: skip
COARSE = {"x.pdb": 1e-3, "x.gro": 1e-2}
"""Relative differences in energy that three decimal digits leave, of Å and of nm."""
SWEEP = """\
name: from a file
system: {{structure: '{structure}', start: alpha, supercell: 1}}
axes: {{pressure: 0 GPa, temperature: 300 K{potential}}}
protocol: {{hold: {{equilibrate: 1 ps, produce: 1 ps}}}}
model: {{cutoff: 4.5 Å}}
"""


def spec_of(folder, structure, potential=""):
    path = folder / "sweep.yaml"
    path.write_text(
        SWEEP.format(structure=structure, potential=potential and f", potential: {potential}")
    )
    return load_sweep(path)


def evaluated(path, *options):
    outcome = CliRunner().invoke(command, [str(path), "--cutoff", "4.5", "--json", *options])
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)["energies_kJ_mol"]["total"]


def refusals(folder, name, potential=""):
    """Return what `evaluate` and a sweep say of a file that both must refuse."""
    options = ["--potential", str(folder / potential)] if potential else []
    outcome = CliRunner().invoke(command, [str(folder / name), "--cutoff", "4.5", *options])
    assert outcome.exit_code == 2, outcome.output
    with pytest.raises(SpecError) as caught:
        spec_of(folder, name, potential)
    return outcome.stderr, str(caught.value)


@pytest.fixture(scope="module")
def start():
    """A strained crystal with vibrations, and its energy."""
    built = build_beta((1, 1, 1), seed=2)
    atoms = atoms_from_structure(built)
    strain = np.array([[0, 0.1, 0], [0.05, 0, 0.2], [0.3, 0, 0]])
    atoms.set_cell(atoms.cell[:] + strain, scale_atoms=False)
    atoms.positions += np.random.default_rng(1).normal(0, 0.02, atoms.positions.shape)
    atoms.set_velocities(np.random.default_rng(2).normal(0, 0.01, atoms.positions.shape))
    return atoms


@pytest.mark.parametrize("name", NAMES)
def test_every_exported_format_is_read_back_to_the_same_energy(start, tmp_path, name):
    write_atoms(tmp_path / "reference.json", start)
    wanted = evaluated(tmp_path / "reference.json")
    write_atoms(tmp_path / name, start)
    tolerance = COARSE.get(name, 1e-6)
    assert evaluated(tmp_path / name) == pytest.approx(wanted, rel=tolerance)
    spec = spec_of(tmp_path, name)
    grid = expand_grid(spec)
    placed = build_structure(grid.points[0], grid.crystal)
    write_atoms(tmp_path / "start.json", atoms_from_structure(placed))
    assert evaluated(tmp_path / "start.json") == pytest.approx(wanted, rel=tolerance)


@pytest.mark.parametrize("name", ["x.png", "x.sdf", "x.con", "x.foo", "x.pov", "x.vti"])
def test_what_would_not_be_the_crystal_is_not_exported(start, tmp_path, name):
    with pytest.raises(StructureError, match="wanted an ending such as"):
        write_atoms(tmp_path / name, start)
    assert not (tmp_path / name).exists()


def test_no_format_of_ase_is_exported_that_is_not_read(start, tmp_path):
    endings = {one for form in ioformats.values() if form.can_write for one in form.extensions}
    for ending in sorted(endings - {"mp4", "gif"}):
        path = tmp_path / f"y.{ending}"
        try:
            write_atoms(path, start)
        except StructureError:
            assert not path.exists()
        else:
            assert sorted(read_structure_file(path).symbols) == sorted(start.symbols)


@pytest.mark.parametrize("name", ["half.cif", "half.pdb", "half.extxyz"])
def test_partly_occupied_sites_are_refused_by_both(tmp_path, name):
    (tmp_path / "half.cif").write_text(CIF.replace("0.352 1", "0.352 0.5"))
    atoms = atoms_from_structure(build_alpha((1, 1, 1)))
    atoms.set_array("occupancy", np.where(np.array(atoms.symbols) == "Li", 0.5, 1.0))
    ase.io.write(tmp_path / "half.pdb", atoms)
    ase.io.write(tmp_path / "half.extxyz", ase.io.read(tmp_path / "half.cif"))
    for said in refusals(tmp_path, name):
        assert re.search(r"site \d+ is partly occupied \(Li 0.5\)", said)


def blocks(*named):
    """Write one CIF of several blocks: the crystal with another lattice parameter each."""
    return "\n".join(
        re.sub(r"data_\S*", f"data_{name}", CIF).replace("9.61", lattice) for name, lattice in named
    )


def test_a_block_of_several_in_a_cif_is_named(tmp_path):
    text = blocks(("alpha", "9.61"), ("beta", "10.1"))
    (tmp_path / "two.cif").write_text("data_global\n_publ_section_title 'no crystal'\n" + text)
    for said in refusals(tmp_path, "two.cif"):
        assert "holds 2 crystals, in the data blocks alpha, beta; wanted one" in said
        assert "for example #alpha" in said
    for said in refusals(tmp_path, "two.cif#gamma"):
        assert "got #gamma, but it holds 2 crystals" in said
    for choice, lattice in (("alpha", 9.61), ("BETA", 10.1), ("0", 9.61), ("-1", 10.1)):
        spec = spec_of(tmp_path, f"two.cif#{choice}")
        assert spec.system.structure.structure.cell[0, 0] == pytest.approx(lattice)
        assert set(spec.files) == {"two.cif"}
    assert evaluated(f"{tmp_path}/two.cif#alpha") == pytest.approx(
        evaluated(write(tmp_path / "one.cif", CIF)), rel=1e-9
    )
    ids = {
        choice: run_id(expand_grid(spec_of(tmp_path, f"two.cif#{choice}")).points[0])
        for choice in ("alpha", "beta", "0", "1")
    }
    assert ids["alpha"] != ids["beta"] == ids["1"]


def write(path, text):
    path.write_text(text)
    return path


def test_blocks_of_the_same_name_are_told_apart_by_number(tmp_path):
    (tmp_path / "two.cif").write_text(blocks(("x", "9.61"), ("x", "10.1")))
    assert "or by its number from #0" in refusals(tmp_path, "two.cif#x")[0]
    found = read_structure_file(tmp_path / "two.cif", "1")
    assert found.cell[0, 0] == pytest.approx(10.1)


def test_a_single_crystal_needs_no_name_and_a_file_may_have_the_mark_in_its_own(tmp_path):
    (tmp_path / "my#1.cif").write_text("data_global\n_audit_creation_method x\n" + CIF)
    assert spec_of(tmp_path, "my#1.cif").system.structure.n_vacancies == 0
    assert evaluated(tmp_path / "my#1.cif") < 0


@pytest.mark.parametrize("ending", ["extxyz", "traj", "json", "pdb", "xyz.gz"])
def test_a_frame_of_several_is_named(tmp_path, ending):
    frames = [atoms_from_structure(build_beta((1, 1, 1), seed=seed)) for seed in (1, 2, 3)]
    name = f"three.{ending}"
    ase.io.write(tmp_path / name, frames, format="extxyz" if "xyz" in ending else None)
    for said in refusals(tmp_path, name):
        assert "several frames, wanted one; say which after the file's name" in said
    for number in (0, 1, 2, -1, -2, -3):
        found = read_structure_file(tmp_path / name, str(number))
        np.testing.assert_allclose(found.positions, frames[number].positions, atol=2e-3)
        assert found.is_last == (number in (2, -1))
    for number in (3, -4, -9, 7):
        with pytest.raises(StructureError, match=f"got #{number}, but it holds"):
            read_structure_file(tmp_path / name, str(number))


@pytest.mark.parametrize("name", ["x.vasp", "x.cfg", "x.data"])
def test_formats_of_one_crystal_have_no_second(start, tmp_path, name):
    write_atoms(tmp_path / name, start)
    with pytest.raises(StructureError, match="got #3, but "):
        read_structure_file(tmp_path / name, "3")


HEAVY = {"H": ("2.014", "1.008"), "Li": ("7.016", "6.94"), "B": ("11.009", "10.81")}


@pytest.fixture
def potentials(tmp_path):
    """Parameter files with one isotope each, as `<symbol>.yaml`."""
    text = (Path(lbhsweep.__file__).parent / "physics" / "parameters" / "lbh-2021.yaml").read_text()
    for symbol, (heavy, natural) in HEAVY.items():
        changed = text.replace(f"{symbol}: {{mass: {natural}", f"{symbol}: {{mass: {heavy}")
        assert changed != text
        (tmp_path / f"{symbol}.yaml").write_text(changed.replace("lbh-2021", f"heavy-{symbol}"))


def isotope_file(folder, symbol, name):
    """Write the crystal with one isotope instead of the natural mixture."""
    heavy, natural = HEAVY[symbol]
    path = folder / name
    atoms = atoms_from_structure(build_alpha((1, 1, 1)))
    if name.endswith(".cif"):
        written = {"H": "D", "Li": "7Li", "B": "11B"}[symbol]
        path.write_text(re.sub(rf"^(\S+) {symbol} ", rf"\1 {written} ", CIF, flags=re.MULTILINE))
        assert f" {written} " in path.read_text()
    elif name.endswith(".data"):
        write_atoms(path, atoms)
        path.write_text(
            re.sub(rf"^(\d) {natural}$", rf"\1 {heavy}", path.read_text(), flags=re.MULTILINE)
        )
    else:
        masses = atoms.get_masses()
        masses[np.array(atoms.symbols) == symbol] = float(heavy)
        atoms.set_masses(masses)
        options = {"columns": ["symbols", "positions", "masses"]} if name.endswith("xyz") else {}
        ase.io.write(path, atoms, **options)
    return path


@pytest.mark.parametrize("symbol", list(HEAVY))
@pytest.mark.parametrize("name", ["i.cif", "i.data", "i.extxyz", "i.json", "i.traj"])
def test_isotopes_must_be_those_of_the_potential(tmp_path, potentials, symbol, name):
    isotope_file(tmp_path, symbol, name)
    heavy, natural = HEAVY[symbol]
    for said in refusals(tmp_path, name):
        assert f"{symbol} has mass {heavy} g/mol in the file, but {natural} in force field" in said
        assert f"set species.{symbol}.mass: {heavy} in a parameter file" in said
    assert spec_of(tmp_path, name, f"{symbol}.yaml").system.structure.masses[symbol] == float(heavy)
    assert evaluated(tmp_path / name, "--potential", str(tmp_path / f"{symbol}.yaml")) < 0
    # Each of a sweep's potentials must have that mass.
    with pytest.raises(SpecError, match="in the file, but"):
        spec_of(tmp_path, name, f"[{symbol}.yaml, lbh-2021]")


@pytest.mark.parametrize(
    "masses", [{"B": 10.811, "Li": 6.941, "H": 1.00794}, {"H": 1.0}, {"B": 10.8, "Li": 6.9}]
)
def test_natural_masses_with_other_digits_pass(tmp_path, masses):
    atoms = atoms_from_structure(build_alpha((1, 1, 1)))
    atoms.set_masses(
        [masses.get(s, m) for s, m in zip(atoms.symbols, atoms.get_masses(), strict=True)]
    )
    ase.io.write(tmp_path / "n.extxyz", atoms, columns=["symbols", "positions", "masses"])
    assert spec_of(tmp_path, "n.extxyz").system.structure.n_vacancies == 0


def test_a_mixture_of_isotopes_is_no_species(tmp_path):
    atoms = atoms_from_structure(build_alpha((1, 1, 1)))
    masses = atoms.get_masses()
    masses[np.flatnonzero(np.array(atoms.symbols) == "H")[:3]] = 2.014
    atoms.set_masses(masses)
    ase.io.write(tmp_path / "mixed.json", atoms)
    for said in refusals(tmp_path, "mixed.json"):
        assert "its H atoms have masses from 1.008 to 2.014 g/mol, wanted one isotope" in said


@pytest.mark.parametrize("name", ["d.vasp", "d.extxyz"])
def test_deuterium_in_a_format_without_it_is_refused_with_the_key(tmp_path, name):
    ase.io.write(tmp_path / name, atoms_from_structure(build_alpha((1, 1, 1))))
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(re.sub(r"\bH\b", "D", text))
    for said in refusals(tmp_path, name):
        assert "it holds D, an isotope of H: write H, and set species.H.mass: 2.014" in said


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("Li", ("Li", None)), ("D", ("H", 2.014)), ("T", ("H", 3.016)), ("7Li", ("Li", 7.016)),
        ("11B", ("B", 11.009)), ("13C", ("C", 13.0)), ("B-H", None), ("", None), ("X", None),
        ("2D", None), ("li", None),
    ],
)  # fmt: skip
def test_labels_are_elements_isotopes_or_nothing(label, found):
    assert element_of_label(label) == found


@pytest.mark.parametrize(
    ("mass", "symbol"),
    [
        (1.008, "H"), (2.014, "H"), (3.016, "H"), (4.0026, "He"), (6.94, "Li"), (7.016, "Li"),
        (6.015, "Li"), (10.81, "B"), (11.009, "B"), (10.013, "B"), (12.011, "C"), (17.4, None),
        (0.0, None), (1e6, None),
    ],
)  # fmt: skip
def test_masses_are_elements_isotopes_or_nothing(mass, symbol):
    assert element_of_mass(mass) == symbol


FUZZED = ("x.cif", "x.vasp", "x.extxyz", "x.data", "x.cfg", "x.xsf", "x.res", "x.gen", "x.json",
          "x.pdb", "x.cube", "geometry.in", "x.cell", "x.gro", "x.traj", "x.dump")  # fmt: skip
FOREIGN = ("StopIteration", "KeyError", "invalid literal", "could not convert", "object has no",
           "NoneType", "out of range", "unpack")  # fmt: skip


@functools.cache
def sample(name):
    """Return ASE's name of a format, and a file of it."""
    from tempfile import TemporaryDirectory

    from lbhsweep.physics.files.read import kind_of

    if name == "x.dump":
        atoms = build_alpha((1, 1, 1))
        placed = enumerate(zip(atoms.symbols, atoms.positions, strict=True), 1)
        rows = [f"{i} {s} {x:.6f} {y:.6f} {z:.6f}" for i, (s, (x, y, z)) in placed]
        head = f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{len(rows)}\nITEM: BOX BOUNDS pp pp pp\n"
        head += "0 9.61\n" * 3 + "ITEM: ATOMS id element x y z\n"
        return "lammps-dump-text", (head + "\n".join(rows) + "\n").encode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_atoms(path, atoms_from_structure(build_alpha((1, 1, 1))))
        return kind_of(path), path.read_bytes()


@pytest.mark.parametrize("name", FUZZED)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_damaged_files_are_refused_in_our_own_words(name, data):
    kind, content = sample(name)
    lines = content.split(b"\n")
    match data.draw(st.sampled_from(["cut", "drop", "word", "none"])):
        case "cut":
            content = content[: data.draw(st.integers(0, len(content)))]
        case "drop":
            first = data.draw(st.integers(0, min(len(lines) - 1, 60)))
            content = b"\n".join(lines[:first] + lines[first + data.draw(st.integers(1, 40)) :])
        case "word":
            line = data.draw(st.integers(0, min(len(lines) - 1, 60)))
            words = lines[line].split(b" ")
            words[data.draw(st.integers(0, len(words) - 1))] = data.draw(
                st.sampled_from([b"", b"x", b"-1", b"nan", b"1e400", b"99999", b"0", b"\xff"])
            )
            content = b"\n".join([*lines[:line], b" ".join(words), *lines[line + 1 :]])
    try:
        found = read_structure(Path(name), content, kind)
        conventional_crystal(found.symbols, found.positions, found.cell)
    except LbhsweepError as error:
        said = str(error)
    else:
        said = f"read {len(found.symbols)} atoms"
    assert said.strip()
    assert not [word for word in FOREIGN if word in said], said


def test_damaged_compression_is_said(tmp_path):
    (tmp_path / "x.cif.gz").write_bytes(gzip.compress(CIF.encode())[:-20])
    (tmp_path / "y.cif.gz").write_bytes(CIF.encode())
    (tmp_path / "x.cif.xz").write_bytes(io.BytesIO(b"no").getvalue())
    for name in ("x.cif.gz", "y.cif.gz", "x.cif.xz"):
        for said in refusals(tmp_path, name):
            assert "can't be unpacked" in said

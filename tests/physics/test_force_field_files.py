"""The shipped parameter sets, and what becomes of good and bad parameter files."""

import copy
import pickle
from contextlib import suppress
from math import pi
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lbhsweep.errors import ForceFieldError, LbhsweepError, SpecError
from lbhsweep.physics.forcefield import PARAMETERS, load_force_field, shipped_force_fields

PRINTED = (PARAMETERS / "lbh-2021.yaml").read_text()
KCAL = 4.184


def load(tmp_path, text):
    path = tmp_path / "set.yaml"
    path.write_text(text)
    return load_force_field(path)


def problems(tmp_path, text):
    with pytest.raises(SpecError) as caught:
        load(tmp_path, text)
    return [f"{p.line}: {p.key}: {p.message}" for p in caught.value.problems]


def edited(old, new):
    assert PRINTED.count(old) == 1
    return PRINTED.replace(old, new)


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def test_printed_set_is_the_published_one_in_lammps_units():
    # The right-hand sides are the numbers of a LAMMPS input in kcal/mol, where U = K x².
    ff = load_force_field("lbh-2021")
    pairs = [(b.a, b.b, b.A / KCAL, b.C / KCAL) for b in ff.buckingham]
    expected = [
        ("Li", "B", 1862.7390, 0.0),
        ("Li", "H", 1762.7390, 0.0),
        ("H", "H", 50168.4990, 100.0),
        ("B", "B", 0.0, 97.0),
    ]
    for found, wanted in zip(pairs, expected, strict=True):
        assert found[:2] == wanted[:2]
        assert found[2:] == pytest.approx(wanted[2:], rel=1e-6)
    assert [b.rho for b in ff.buckingham][:3] == [0.2853, 0.3023, 0.2085]
    assert [b.k / KCAL / 2 for b in ff.bonds] == pytest.approx([14.937859, 114.997610], rel=1e-6)
    assert [b.length for b in ff.bonds] == [1.79, 1.20]
    assert ff.angles[0].k / KCAL / 2 == pytest.approx(10.002390, rel=1e-6)
    assert ff.angles[0].theta == pytest.approx(2 * pi / 3, rel=1e-15)
    assert [ff.species[s].mass for s in ("Li", "B", "H")] == [6.94, 10.81, 1.008]
    assert ff.exclusion_depth == 3


@pytest.mark.parametrize("name", shipped_force_fields())
def test_shipped_sets_are_neutral_and_say_where_they_come_from(name):
    ff = load_force_field(name)
    charge = {symbol: one.charge for symbol, one in ff.species.items()}
    assert abs(2 * charge["Li"] + 12 * charge["B"] + 12 * charge["H"]) < 1e-15
    assert ff.name == name
    assert "2021" in ff.source


def test_readings_differ_only_in_stiffness():
    printed, full, stiff = (
        load_force_field(f"lbh-2021{suffix}") for suffix in ("", "-fullk", "-stiff")
    )
    assert [b.k for b in full.bonds] == [2 * b.k for b in printed.bonds]
    assert full.angles[0].k == 2 * printed.angles[0].k
    assert stiff.bonds[0].k == pytest.approx(2 * 125 * KCAL)
    assert stiff.bonds[1:] == full.bonds[1:]
    assert stiff.angles == full.angles
    for other in (full, stiff):
        assert other.species == printed.species
        assert other.buckingham == printed.buckingham
    assert len({printed.digest, full.digest, stiff.digest}) == 3


def test_digest_ignores_names_comments_and_order(tmp_path):
    text = edited("name: lbh-2021", "name: mine").replace("[Li, B], A", "[B, Li], A")
    head, tail = text.split("  - {pair: [Li, H]")
    text = head.replace("# half:", "# a new comment\n# half:") + "  - {pair: [Li, H]" + tail
    lines = text.splitlines()
    first, second = (
        next(i for i, line in enumerate(lines) if part in line)
        for part in ("[B, Li], A", "[B, B], C")
    )
    lines[first], lines[second] = lines[second], lines[first]
    mine = load(tmp_path, "\n".join(lines))
    assert mine.name == "mine"
    assert mine.digest == load_force_field("lbh-2021").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("charge: 0.85", "charge: 0.86"),
        ("mass: 10.81", "mass: 11.0"),
        ("A: 7375.3", "A: 7375.4"),
        ("rho: 0.2085", "rho: 0.2086"),
        ("C: 405.848", "C: 405.8"),
        ("k: 962.3", "k: 962.4"),
        ("length: 1.79", "length: 1.78"),
        ("theta: 2*pi/3", "theta: 2.0944"),
        ("exclusion_depth: 3", "exclusion_depth: 2"),
        ("convention: half", "convention: full"),
    ],
)
def test_digest_sees_every_number(tmp_path, old, new):
    assert load(tmp_path, edited(old, new)).digest != load_force_field("lbh-2021").digest


def test_convention_only_says_how_k_is_written(tmp_path):
    text = edited("convention: half", "convention: full")
    for k, halved in (("125.0", "62.5"), ("962.3", "481.15"), ("83.7", "41.85")):
        text = text.replace(f"k: {k}", f"k: {halved}")
    assert load(tmp_path, text).digest == load_force_field("lbh-2021").digest


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-0.85/6", -0.85 / 6),
        ("2*pi/3", 2 * pi / 3),
        ("'1e-3'", 1e-3),
        ("7", 7.0),
        ("+.5", 0.5),
        ("2 * pi / 3", 2 * pi / 3),
        ("1_000.0", 1000.0),
    ],
)
def test_numbers_may_be_written_exactly(tmp_path, written, value):
    ff = load(tmp_path, edited("charge: 0.85", f"charge: {written}"))
    assert ff.species["Li"].charge == value


@pytest.mark.parametrize(
    "written",
    [
        "red",
        "",
        "1/0",
        "[1]",
        "{a: 1}",
        "true",
        ".nan",
        "1e999",
        "__import__('os')",
        "2**9",
        "1/2/3",
        ".inf",
    ],
)
def test_what_is_no_number_is_refused(tmp_path, written):
    text = edited("charge: 0.85", f"charge: {written}")
    (found,) = problems(tmp_path, text)
    assert found.startswith(f"{line_of(text, '6.94')}: species.Li.charge: got ")
    assert found.endswith("wanted a number such as 1.5, -0.85/6 or 2*pi/3")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("convention: half", "convention: third", "convention: got 'third', wanted one of half"),
        ("exclusion_depth: 3", "exclusion_depth: 9", "exclusion_depth: got 9, wanted a whole"),
        (
            "exclusion_depth: 3",
            "exclusion_dept: 3",
            "exclusion_dept: unknown key; did you mean 'exclusion_depth'?",
        ),
        ("mass: 6.94, charge", "charge", "species.Li: 'mass' is missing"),
        ("mass: 6.94", "mass: -1", "species.Li.mass: got -1, wanted more than 0"),
        (", charge: 0.85", "", "species.Li: 'charge' is missing"),
        ("[Li, B]", "[Li, Na]", "buckingham[0].pair: unknown species Na; wanted 2 of"),
        ("[Li, B]", "[Li]", "buckingham[0].pair: got ['Li'], wanted 2 of the species Li, B, H"),
        (", rho: 0.2853", "", "buckingham[0]: 'rho' is missing, the range"),
        ("[Li, H]", "[B, Li]", "buckingham[1]: the pair B-Li is given twice; keep one"),
        ("C: 405.848", "C: -1", "buckingham[3].C: got -1, wanted 0 or more"),
        ("max_length: 1.7", "max_length: 1.1", "bonds[1].max_length: got 1.1, wanted more than"),
        ("[H, B, B]", "[B, H, H]", "angles[0]: H and H have no bond; list it under 'bonds'"),
        ("anion: {B: 12, H: 12}", "anion: {B: 12, H: 11}", "anion: wanted twelve cage atoms"),
        ("anion: {B: 12", "anion: {C: 12", "anion.C: unknown species, wanted some of Li, B, H"),
        ("name: lbh-2021", "name: ''", "name: got '', wanted a text"),
        ("  Li: {mass: 6.94, charge: 0.85}", "  Li: 3", "species.Li: got 3, wanted a mapping"),
    ],
)
def test_each_problem_is_explained_where_it_is(tmp_path, old, new, message):
    found = problems(tmp_path, edited(old, new))
    line = line_of(PRINTED, old)
    assert any(message in one and int(one.split(":")[0]) >= line for one in found), found


def test_all_problems_come_at_once_in_order(tmp_path):
    text = edited("charge: 0.85", "charge: lots").replace("A: 7375.3", "B: 7375.3")
    text = text.replace("theta: 2*pi/3", "theta: -2").replace("source:", "sources:")
    found = problems(tmp_path, text)
    assert [one.split(": ", 2)[1] for one in found] == [
        "file",
        "sources",
        "species.Li.charge",
        "buckingham[1].B",
        "angles[0].theta",
    ]
    lines = [int(one.split(":")[0]) for one in found]
    assert lines[1:] == [
        line_of(text, part) for part in ("sources:", "charge: lots", "B: 7375.3", "theta: -2")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file: is empty, wanted a mapping"),
        ("[1, 2]", "file: holds a list at the top"),
        ("name: [", "syntax: not YAML: "),
        ("name: a\nname: b\n", "2: name: duplicate key, given first in line 1"),
        ("{}", "file: 'name' is missing"),
        ("species: &a {Li: *a}", "species.Li: an alias that contains itself"),
        ("- " * 5000, "nested too deeply"),
    ],
)
def test_files_that_are_no_parameter_files_are_refused(tmp_path, text, message):
    assert any(message in one for one in problems(tmp_path, text))


def test_missing_files_and_names_are_refused(tmp_path):
    with pytest.raises(ForceFieldError, match=r"unknown potential 'lbh-2020', wanted .*lbh-2021"):
        load_force_field("lbh-2020")
    with pytest.raises(SpecError, match=r"none\.yaml:1: file: can't be read \(No such file"):
        load_force_field(tmp_path / "none.yaml")


def test_force_fields_travel_to_other_processes():
    ff = load_force_field("lbh-2021")
    assert pickle.loads(pickle.dumps(ff)) == ff
    assert copy.deepcopy(ff).digest == ff.digest


pieces = st.lists(
    st.tuples(
        st.integers(0, len(PRINTED)),
        st.integers(0, 30),
        st.text(st.characters(codec="utf-8"), max_size=6),
    ),
    max_size=4,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=pieces)
@example(cuts=[(PRINTED.index("0.85"), 4, "!!python/name:os ")])
@example(cuts=[(0, 0, "%YAML 9.9\n---\n")])
@example(cuts=[(0, 0, "<<: 3\n")])
def test_mutated_files_load_or_are_refused_without_traceback(tmp_path, cuts):
    text = PRINTED
    for start, length, inserted in cuts:
        text = text[:start] + inserted + text[start + length :]
    with suppress(LbhsweepError):
        assert len(load(tmp_path, text).digest) == 64


def test_shipped_sets_are_files_of_the_package():
    assert shipped_force_fields() == ("lbh-2021", "lbh-2021-fullk", "lbh-2021-stiff")
    assert all((Path(PARAMETERS) / f"{name}.yaml").is_file() for name in shipped_force_fields())

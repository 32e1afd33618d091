"""Whatever is done to a sweep file, reading it gives a spec or a SpecError."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lbhsweep.document import parse_document
from lbhsweep.errors import Problem, SpecError
from lbhsweep.sweep import expand_grid, load_sweep
from lbhsweep.sweep.cells import dense_coordinates, n_cells
from lbhsweep.sweep.load import sweep_from

SWEEPS = Path(__file__).parents[3] / "sweeps"
TEXTS = [
    "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
    for path in (SWEEPS / "hold_demo.yaml", SWEEPS / "quickstart.yaml")
]
NASTY = [
    *("\t", "&a ", "*a", "[", "]", "{", "}", ": ", "- ", "!!python/name:os.system ", "? ", "|"),
    *(">", "'", '"', "---\n", "...\n", "%YAML 9.1\n", "<<: ", "\x00", "\ud800", "\u2028", "\r"),
    *('"\\UFFFFFFFF"', '"\\ud800"', "1e999 K", "0x", "0o9", "9" * 5000, ".inf", ".nan", "~"),
    *("yes", "-", "..", " step ", "step 0 K", "K", "GPa", "0 GPa .. 1 GPa step 1e-30 GPa"),
    *("\n", "  ", "#", "null", "@", "`", "2001-01-01", "!!int a", "!!binary x", "!!set {a}"),
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(NASTY),
    st.sampled_from(
        ["-3 K", "0.4 GPa", "1 GPa", "2 fs", "9 Å", "300 K .. 700 K", "lbh-2021", "a/b"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["from", "to", "step", "pressure", "x"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_problems(problems: tuple[Problem, ...], last_line: int) -> None:
    """Each problem must fit a line of a terminal or log, whatever stood in the file."""
    assert problems
    for problem in problems:
        assert 1 <= problem.line <= last_line
        assert problem.message
        assert len(str(problem)) < 1000
        assert "\n" not in str(problem)
        str(problem).encode()


def read(text: str) -> None:
    """Read a file and expand it; anything but a sound grid or a SpecError is a failure."""
    try:
        spec = sweep_from(parse_document(text, "sweep.yaml"))
    except SpecError as error:
        check_problems(error.problems, len(text.splitlines()) + 1)
        return
    if n_cells(dense_coordinates(spec)) < 1000:
        assert expand_grid(spec).points


@st.composite
def edited_texts(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        chunk = draw(st.sampled_from(NASTY) | st.text(max_size=4) | st.just(text[start:][:40]))
        text = text[:start] + chunk + text[start + length :]
    return text


def places(tree: object, path: tuple = ()) -> list[tuple]:
    if isinstance(tree, dict):
        inner = [place for key in tree for place in places(tree[key], (*path, key))]
    elif isinstance(tree, list):
        inner = [place for i in range(len(tree)) for place in places(tree[i], (*path, i))]
    else:
        inner = []
    return [path, *inner] if path else inner


@st.composite
def edited_trees(draw: st.DrawFn) -> str:
    tree = copy.deepcopy(parse_document(draw(st.sampled_from(TEXTS)), "sweep.yaml").data)
    for _ in range(draw(st.integers(1, 4))):
        *path, last = draw(st.sampled_from(places(tree)))
        owner = tree
        for part in path:
            owner = owner[part]
        match draw(st.sampled_from(["replace", "delete", "rename", "add"])):
            case "delete" if len(tree) > 1:
                del owner[last]
            case "rename" if isinstance(owner, dict):
                owner[draw(st.text(max_size=6) | st.just(str(last)[:-1]))] = owner.pop(last)
            case "add" if isinstance(owner, dict):
                owner[draw(st.sampled_from(["temperature", "potential", "replica"]))] = draw(values)
            case _:
                owner[last] = draw(values)
    return json.dumps(tree)


@patient
@given(edited_texts())
@example("name: a\naxes: &x {pressure: *x}\n")
@example('name: "\\ud800"\n')
@example("[" * 300)
@example("- " * 300)
def test_edited_text_gives_spec_or_problems(text):
    read(text)


@patient
@given(edited_trees())
def test_edited_tree_gives_spec_or_problems(text):
    read(text)


@patient
@given(st.binary(max_size=200))
def test_any_bytes_give_spec_or_problems(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    with pytest.raises(SpecError):
        load_sweep(path)

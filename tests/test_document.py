"""YAML as plain data with lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbhsweep.document import dotted, parse_document

TEXT = """\
# a comment
name: x      # line 2
axes:
  pressure:
    - 0 GPa
    - {from: 1,
       to: 2}
  replica: &two 2
other: *two
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("axes",), 3),
        (("axes", "pressure"), 4),
        (("axes", "pressure", 0), 5),
        (("axes", "pressure", 1, "to"), 7),
        (("axes", "replica"), 8),
        (("other",), 9),
        (("axes", "missing"), 3),
        (("missing", "deeper"), 2),
    ],
)
def test_lines(path, line):
    assert parse_document(TEXT, "f.yaml").problem(path, "bad").line == line


def test_data_and_aliases():
    assert parse_document(TEXT, "f.yaml").data == {
        "name": "x",
        "axes": {"pressure": ["0 GPa", {"from": 1, "to": 2}], "replica": 2},
        "other": 2,
    }


def test_place_of_a_value_that_stands_alone_is_left_out():
    document = parse_document("axes: {pressure: 0 GPa}\n", "f.yaml")
    assert document.problem(("axes", "pressure", 0), "bad").key == "axes.pressure"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0x1f", -31),
        ("0o17", 15),
        ("1_000", 1000),
        ("1.5e3", 1500.0),
        ("true", True),
        ("yes", "yes"),
        ("~", None),
        ("2001-01-01", "2001-01-01"),
        ("'1'", "1"),
        ("1 GPa", "1 GPa"),
    ],
)
def test_scalars(text, value):
    found = parse_document(f"a: {text}\n", "f.yaml").data["a"]
    assert found == value
    assert type(found) is type(value)


texts = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=5)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner),
    max_leaves=10,
)


@given(st.dictionaries(texts, plain, min_size=1))
def test_json_is_read_as_json_would_be(data):
    assert parse_document(json.dumps(data, ensure_ascii=False), "f.yaml").data == data


@given(st.lists(st.text() | st.integers(0)).map(tuple))
def test_paths_are_shown_in_one_printable_line(path):
    assert dotted(path).isprintable()
    assert len(dotted(path)) <= 101

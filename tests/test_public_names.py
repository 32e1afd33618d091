"""What ``import lbhsweep`` offers is what the documentation lists, and costs nothing beforehand."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import lbhsweep

ROOT = Path(__file__).parents[1]
DOCUMENTED = dict(
    reversed(path.rsplit(".", 1))
    for path in re.findall(r"auto(?:function|class):: (\S+)", (ROOT / "docs/api.md").read_text())
)
PUBLIC = set(lbhsweep.__all__) - {"__version__"}


def test_documented_names_are_those_that_the_package_offers():
    assert set(DOCUMENTED) == PUBLIC
    assert set(lbhsweep.__all__) <= set(dir(lbhsweep))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_name_is_the_documented_thing(name):
    assert getattr(lbhsweep, name) is getattr(import_module(DOCUMENTED[name]), name)


def test_type_checkers_see_the_same_names_from_the_same_modules():
    stub = ast.parse(Path(lbhsweep.__file__).with_suffix(".pyi").read_text())
    found = {
        alias.asname: node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert found == DOCUMENTED


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'simulatte'"):
        _ = lbhsweep.simulatte


def test_importing_loads_nothing_else():
    script = "import sys, lbhsweep; print(*(m for m in sys.modules if m.startswith('lbhsweep')))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert loaded == ["lbhsweep"]

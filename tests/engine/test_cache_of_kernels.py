"""Compiled kernels are never older than the sources that they are made of."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lbhsweep.engine import PACKAGE, sources_of_kernels


def imported_by(path):
    """List the files of the package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "lbhsweep":
                base = PACKAGE.joinpath(*parts[1:])
                found |= {
                    file
                    for file in (base.with_suffix(".py"), base / "__init__.py")
                    if file.exists()
                }
    return found


def test_its_name_covers_every_module_from_which_kernels_take_anything():
    waiting = [
        path for room in ("engine", "observables") for path in (PACKAGE / room).rglob("*.py")
    ]
    reached = set()
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += imported_by(path)
    assert PACKAGE / "units.py" in reached
    assert not reached - set(sources_of_kernels())


@pytest.fixture
def copied(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "lbhsweep", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "lbhsweep"


def cache_of(package: Path) -> str:
    script = "import os, lbhsweep.engine; print(os.environ['NUMBA_CACHE_DIR'])"
    inherited = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    home = str(package.parent)
    return subprocess.run(
        [sys.executable, "-c", script],
        env=inherited | {"PYTHONPATH": home, "XDG_CACHE_HOME": home},
        cwd=home,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize(
    "changed", ["units.py", "engine/vectors/llvm.py", "observables/frame/lattice_frame.py"]
)
def test_a_change_of_a_constant_or_of_a_file_in_any_room_names_another_folder(copied, changed):
    before = cache_of(copied)
    assert cache_of(copied) == before
    with (copied / changed).open("a") as file:
        file.write("# changed\n")
    assert cache_of(copied) != before

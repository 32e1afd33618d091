"""The package as it is shipped: installed elsewhere, without the checkout."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(line, cwd=ROOT, capture_output=True, timeout=600, check=True)
    (built,) = out.glob("*.whl")
    return built


def test_it_holds_the_code_and_its_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "lbhsweep").rglob("*")
        if path.suffix in (".py", ".yaml", ".css", ".html", ".typed")
    }
    assert shipped <= names
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks"))]


def test_it_runs_outside_the_checkout(wheel, tmp_path):
    code, here = tmp_path / "code", tmp_path / "here"
    zipfile.ZipFile(wheel).extractall(code)
    here.mkdir()

    def lbhsweep(*words):
        # Without this checkout, which is installed in place.
        program = (
            f"import sys; sys.path.insert(0, {str(code)!r}); import lbhsweep; "
            f"assert lbhsweep.__file__.startswith({str(code)!r}); "
            "from lbhsweep.cli import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=here, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    lbhsweep("init", "my.yaml", "--yes")
    assert json.loads(lbhsweep("plan", "my.yaml", "--json"))["points"] == 8
    assert json.loads(lbhsweep("schema"))["title"] == "lbhsweep sweep"

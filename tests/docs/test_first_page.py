"""The first page is short, and what it shows runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner

from lbhsweep.cli import command as lbhsweep

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """A rehearsal of the quickstart, where its results would be."""
    folder = tmp_path_factory.mktemp("first")
    for words in (
        ("run", ROOT / "sweeps" / "quickstart.yaml", "--output", folder / "out", "--rehearse"),
        ("analyze", folder / "out", "--rehearsal"),
    ):
        done = CliRunner().invoke(lbhsweep, list(map(str, words)))
        assert done.exit_code == 0, done.output
    (folder / "out" / "rehearsal").rename(folder / "quickstart")
    return folder


def test_it_is_short_and_has_one_figure():
    assert len(README.splitlines()) <= 130
    assert len(re.findall(r"!\[", README)) == 1


@pytest.mark.parametrize("name", ["quickstart", "test"])
def test_each_command_is_a_single_line(name):
    (block,) = re.findall(rf"<!-- command: {name} -->\n```sh\n(.*?)\n```", README, re.S)
    assert "\n" not in block
    assert block.startswith("python3 -m venv .venv && ")


def test_the_dataset_example_prints_the_transition_and_its_caveat(quickstart):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=quickstart,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    path = quickstart / "quickstart" / "analysis.zarr"
    analysis = xr.open_datatree(path, engine="zarr", chunks=None)
    line = analysis["transition"].dataset.sel(route="ramp_heating").squeeze()
    assert str(line.transition_temperature.values) in done.stdout
    assert str(line.used_reason.values) in done.stdout


def test_every_page_of_the_documentation_can_be_reached():
    linked = set(re.findall(r"\]\((docs/[\w/-]+\.md)", README))
    pages = {str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")}
    pages = {page for page in pages if "/_" not in page}
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = {page for page in pages if re.search(rf"^{page[5:-3]}$", index, re.M)}
    assert linked <= pages
    assert pages - listed == {"docs/index.md"}

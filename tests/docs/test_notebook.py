"""The notebook runs from its first cell to its last, and shows what its stored outputs show."""

import contextlib
import io
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "explore.ipynb"


def text_of(outputs):
    return "".join("".join(one["text"]) for one in outputs if one["output_type"] == "stream")


def test_the_notebook_runs_and_prints_what_it_shows():
    cells = [
        cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"
    ]
    names = {}
    plt.switch_backend("agg")
    for number, cell in enumerate(cells):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)  # noqa: S102
        assert printed.getvalue() == text_of(cell["outputs"])
    assert plt.get_fignums(), "figures were drawn"
    plt.close("all")
    change = names["change"]
    assert float(change.min()) == pytest.approx(-272, abs=1)
    assert change.attrs["units"] == "J/kg/K"

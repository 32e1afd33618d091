"""A user's parameter file must fit the crystal of the sweep."""

from importlib.resources import files

import pytest

from lbhsweep.errors import SpecError
from lbhsweep.sweep.load import load_sweep

SWEEP = """
name: mine
axes: {potential: ./mine.yaml, pressure: 0 GPa, temperature: 300 K}
protocol: {hold: {equilibrate: 1 ps, produce: 10 ps}}
"""


def sweep_with(folder, change):
    shipped = files("lbhsweep.physics") / "parameters" / "lbh-2021.yaml"
    text = change(shipped.read_text(encoding="utf-8").replace("lbh-2021", "mine"))
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    path = folder / "sweep.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    return load_sweep(path)


def test_a_copy_under_its_own_name_is_taken(tmp_path):
    spec = sweep_with(tmp_path, lambda text: text)
    assert [one.name for one in spec.axes.potential] == ["mine"]


def test_charges_that_do_not_add_up_are_refused(tmp_path):
    with pytest.raises(SpecError, match=r"axes\.potential.*\+0\.1 e per formula unit.*wanted 0"):
        sweep_with(tmp_path, lambda text: text.replace("charge: 0.85}", "charge: 0.90}"))


def test_a_crystal_needs_its_species(tmp_path):
    with pytest.raises(SpecError, match=r"axes\.potential.*no species Li, of which Li2B12H12"):
        sweep_with(tmp_path, lambda text: text.replace("Li", "Na"))

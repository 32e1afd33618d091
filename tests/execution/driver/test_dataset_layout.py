import pytest
from execution.execution_sweeps import yaml_text

from lbhsweep.execution.driver.dataset_layout import grid_layout
from lbhsweep.sweep import expand_grid, load_sweep, run_id

HOLDS = """\
name: holds
axes: {pressure: 0 GPa, temperature: [300 K, 500 K], n_vacancies: [0, 2]}
protocol: {hold: {equilibrate: 1 ps, produce: 10 ps}}
"""


def layout_of(tmp_path, text):
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    grid = expand_grid(load_sweep(file))
    return grid, grid_layout(grid, text)


def test_ramps(tmp_path):
    grid, layout = layout_of(tmp_path, yaml_text())
    assert layout.group == "ramp"
    assert layout.bin_centres == tuple(325.0 + 50.0 * i for i in range(8))
    assert "time" not in layout.inner_axes
    assert set(layout.places) == {run_id(point) for point in grid.points}
    assert (layout.n_formula_units, layout.n_li_sites) == (32, 64)
    assert layout.attributes["sweep_yaml"] == yaml_text()
    assert layout.attributes["rehearsal"] is False
    assert "buckingham" in layout.attributes["force_fields"]


def test_holds_and_the_mass_without_some_lithium(tmp_path):
    _, layout = layout_of(tmp_path, HOLDS)
    assert layout.bin_centres is None
    assert layout.inner_axes["time"][0] > 0
    assert layout.inner_axes["time"][-1] < 10.0
    # 2 of 64 Li lost by 32 formula units; masses of the periodic table.
    assert layout.molar_mass[0] == pytest.approx(155.7, abs=0.1)
    assert layout.molar_mass[0] - layout.molar_mass[2] == pytest.approx(6.94 * 2 / 32, rel=1e-3)

"""The figure of phases between the holds."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from lbhsweep.analysis.phases.properties import PHASES, _dataset
from lbhsweep.plots.phases.phase_properties import FIGURE
from lbhsweep.plots.shared.style import Nothing

T, P = np.arange(400.0, 501.0, 5.0), np.array([0.0, 0.1, 0.2])
VALUES = {
    "volume": 250.0,
    "enthalpy": -600.0,
    "heat_capacity": 0.63,
    "expansivity": 2e-4,
    "compressibility": 0.2,
}


def trees(known, reasons=("", "", "")):
    """Results, and products that are known where `known` (phase, p, t) is true."""
    shape = (len(PHASES), P.size, T.size)
    inside = np.broadcast_to(known, shape)
    found = {name: np.where(inside, value, np.nan) for name, value in VALUES.items()}
    found |= {f"{name}_stderr": 0.05 * np.abs(found[name]) for name in VALUES}
    found["n_effective"] = np.where(inside, 100.0, np.nan)
    products = _dataset(found, list(reasons), P, T, 1e6 / 155.7)
    hold = xr.Dataset(coords={"pressure": P[::2]})
    results = xr.DataTree.from_dict({"/hold": hold})
    return results, xr.DataTree.from_dict({"/phase_properties": products})


def labels(figure):
    return {text.get_text() for legend in figure.legends for text in legend.get_texts()}


def test_each_phase_at_each_simulated_pressure_has_its_line_and_band():
    figure = FIGURE.make(*trees(np.array([True, False, True])[:, None, None]))
    assert isinstance(figure, Figure)
    assert labels(figure) == {"0 GPa", "0.2 GPa", "α", "β"}
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "Volume V (Å³)",
        "Heat capacity $C_P$ (J kg⁻¹ K⁻¹)",
        "Expansivity $α_P$ (K⁻¹)",
        "Compressibility $κ_T$ (GPa⁻¹)",
    ]
    assert all(len(axes.collections) == 4 for axes in figure.axes)


def test_a_phase_known_at_one_temperature_is_a_point():
    figure = FIGURE.make(*trees(T == 400.0))
    assert all(line.get_marker() != "None" for line in figure.axes[0].get_lines()[::3])
    assert figure.axes[0].containers


def test_what_does_not_overlap_is_said_below():
    figure = FIGURE.make(*trees(T < 430.0, ("holds in α overlap within 2 groups only", "", "")))
    assert "overlap within 2 groups" in " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("absent", [True, False])
def test_nothing_to_draw_says_why(absent):
    results, products = trees(np.array(False), ("no settled hold", "no settled hold", "other"))
    nothing = FIGURE.make(results, xr.DataTree() if absent else products)
    assert isinstance(nothing, Nothing)
    assert nothing.reason == ("the results have no holds" if absent else "no settled hold; other")

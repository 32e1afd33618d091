import numpy as np
import pytest
import xarray as xr
from made_up_observables import make_observables

from lbhsweep.analysis.replicas import combine_group
from lbhsweep.plots.shared.joined import joined_holds
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.phase_cells import find_phase_cells, why_no_cell
from lbhsweep.plots.structure import density

N = 24


def draw(hold):
    tree = xr.DataTree.from_dict({"/hold": hold})
    analysis = xr.DataTree.from_dict({"/replicas/hold": combine_group(hold)})
    ((_, results, products),) = each_material(tree, analysis)
    return density.FIGURE.make(results, products)


@pytest.fixture(scope="module")
def tree():
    return make_observables()


@pytest.fixture(scope="module")
def drawn(tree):
    return draw(tree["hold"].to_dataset())


@pytest.fixture
def hold(tree):
    return tree["hold"].to_dataset().copy(deep=True)


@pytest.fixture
def one(hold):
    """The holds of one material."""
    tree = xr.DataTree.from_dict({"/hold": hold.isel(potential=0, n_vacancies=0, drop=True)})
    return joined_holds(tree)


def a_map(function):
    fraction = np.arange(N) / N
    values = function(*np.meshgrid(fraction, fraction, fraction, indexing="ij"))
    dims = ("fraction_a", "fraction_b", "fraction_c")
    return xr.DataArray(values, dict.fromkeys(dims, fraction), dims)


def test_a_layer_is_the_mean_over_z_by_y_and_x():
    plane = density.section(a_map(lambda x, y, z: x + 100 * y + 1000 * z), density.LAYER)
    fraction = np.append(np.arange(N), 0) / N
    x, y = np.meshgrid(fraction, fraction)
    np.testing.assert_allclose(plane, x + 100 * y + 250.0)


def test_the_diagonal_plane_is_where_x_is_y():
    plane = density.section(
        a_map(lambda x, y, z: np.cos(2 * np.pi * (x - y)) + z + np.sin(2 * np.pi * x)),
        density.DIAGONAL,
    )
    fraction = np.append(np.arange(N), 0) / N
    x, z = np.meshgrid(fraction, fraction)
    smoothed = (1.0 + np.cos(2 * np.pi / N)) / 2
    np.testing.assert_allclose(plane, smoothed + z + np.sin(2 * np.pi * x), atol=1e-12)


def test_dims_in_another_order_give_the_same_section():
    made = a_map(lambda x, y, z: x + 2 * y + 4 * z)
    turned = made.transpose("fraction_c", "fraction_a", "fraction_b")
    for kind in (density.LAYER, density.DIAGONAL):
        np.testing.assert_array_equal(density.section(turned, kind), density.section(made, kind))


def test_levels_are_those_published_times_the_atoms_of_their_supercell():
    assert density.level("li_density") == pytest.approx(9e-6 * 2 * 32)
    assert density.level("h_density") == pytest.approx(1e-4 * 12 * 32)


def marks(axes, text):
    (line,) = (line for line in axes.lines if line.get_label() == text)
    return {(float(x), float(y)) for x, y in zip(*line.get_data(), strict=True)}


def test_sites_are_marked_where_they_are(drawn):
    layer, diagonal = drawn.axes[:2]
    quarters = {(x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)}
    assert marks(layer, "tetrahedral sites") == quarters
    assert marks(diagonal, "tetrahedral sites") == quarters
    assert marks(diagonal, "anion centres") == {(x, z) for x in (0, 0.5, 1) for z in (0, 1)}
    assert marks(diagonal, "octahedral sites") == {(x, 0.5) for x in (0, 0.5, 1)}
    # Li of the made-up material is on the tetrahedral sites: brightest there.
    colours = np.ma.filled(layer.collections[0].get_array(), 0.0)
    assert np.unravel_index(colours.argmax(), colours.shape) in {(2, 2), (2, 6), (6, 2), (6, 6)}


def test_alpha_and_beta_stand_side_by_side_on_one_scale(drawn):
    figure = drawn
    titles = [axes.get_title() for axes in figure.axes[:8]]
    assert titles[0] == "Li, α, ⅛ ≤ z ≤ ⅜"
    assert titles[7] == "H, β, plane x = y"
    meshes = [axes.collections[0] for axes in figure.axes[:4]]
    assert len({(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes}) == 1
    assert [axes.get_ylabel().replace("\n", " ") for axes in figure.axes[8:]] == [
        "Number density of Li (Å⁻³)",
        "Number density of H (Å⁻³)",
    ]
    text = " ".join(one.get_text().replace("\n", " ") for one in figure.texts)
    assert "α, 300 K, 0 GPa, replica 0; β, 700 K, 0 GPa, replica 0" in text
    assert "not averaged over replicas" in text
    assert "0.00058 Li and 0.038 H per Å³" in text


def test_an_absent_phase_is_hatched(hold):
    figure = draw(hold.sel(temperature=slice(None, 400.0)))
    for axes in (*figure.axes[2:4], *figure.axes[6:8]):
        assert [patch.get_hatch() for patch in axes.patches] == ["///"]
        assert "is β" in axes.texts[0].get_text()
    assert any("no finished hold is β" in text.get_text() for text in figure.texts)


class TestCells:
    def test_runs_that_are_not_done_or_have_not_settled_are_not_chosen(self, one):
        one["status"].loc[{"temperature": 300.0, "pressure": 0.0}] = 3
        one["equilibrated"].loc[{"temperature": 350.0, "pressure": 0.0, "replica": 0}] = 0
        cells = find_phase_cells(one, "li_density")
        assert cells.alpha.place == {"pressure": 0.0, "temperature": 350.0, "replica": 1}
        assert cells.beta.place == {"pressure": 0.0, "temperature": 700.0, "replica": 0}

    def test_both_phases_at_one_pressure_are_preferred(self, one):
        one["status"].loc[{"temperature": slice(450.0, None), "pressure": 0.0}] = 0
        cells = find_phase_cells(one, "li_density")
        assert cells.alpha.place["pressure"] == cells.beta.place["pressure"] == 0.4

    def test_cells_between_the_phases_are_neither(self, one):
        one["alpha_order"][:] = 0.4
        cells = find_phase_cells(one, "li_density")
        assert cells.both == ()
        assert "clearly in one phase" in why_no_cell(cells, one, "li_density").reason

    def test_holds_that_have_not_settled_are_counted(self, one):
        one["equilibrated"][:] = 0
        cells = find_phase_cells(one, "li_density")
        why = why_no_cell(cells, one, "li_density").reason
        assert why == f"none of the {one['status'].size} finished hold(s) has settled"

    def test_the_other_minimum_of_alpha_is_named(self, one):
        one["alpha_lithium"][:] = 0.21
        assert find_phase_cells(one, "li_density").alpha.name.startswith("α-b, ")

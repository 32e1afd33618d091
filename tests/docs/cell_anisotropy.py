"""A declaration as the documentation shows it, of the observable in recipes.py."""

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.production import InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity


def pair_axes(production: Production) -> InnerAxes:
    """Return the labels of the pairs of edges in a hold."""
    return {} if production.group == "ramp" else {"edges": ("a/b", "a/c")}


CELL_ANISOTROPY = ObservableDeclaration(
    name="cell_anisotropy",
    summary="how far the cell is from a cube",
    quantities=(
        Quantity(
            "cell_anisotropy",
            "1",
            "root mean square logarithm of the ratio of two edges",
            groups=("hold",),
            dims=("edges",),
            averaged=False,
        ),
    ),
    dimensions=(Dimension("edges", "", "two edges of the cell"),),
    axes=pair_axes,
    measured_by="docs.recipes:CellAnisotropy",
    rehearsed_by="docs.rehearse_cell_anisotropy:rehearse_cell_anisotropy",
)

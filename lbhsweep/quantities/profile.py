"""Two phases in one cell: order by layer, which of them grows, and how fast."""

from __future__ import annotations

from enum import IntEnum

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.production import TIME, InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity

PHASES = ("alpha", "alpha_cap", "beta")
"""Phases that layers are compared with."""
INTERFACES = ("middle", "ends")
"""Where the two interfaces are at first: in the middle of the cell, and at its ends."""
LENGTHS = ("a", "b", "c")
ONE_SIGMA = 0.8413447460685429
"""Probability below one standard deviation of a normal distribution."""
MOST_PARTS = 8
"""Most parts into which an interface's path is cut; its error follows from their scatter."""


def growth_parts(n_blocks: int) -> int:
    """Return the number of parts into which a path of so many blocks is cut, two blocks at least.

    The error of its speed has one degree of freedom fewer.
    """
    return min(MOST_PARTS, (n_blocks - 1) // 2)


class Winner(IntEnum):
    """The phase that fills the cell at the end."""

    UNKNOWN = -1
    NONE = 0
    """Both phases, or a mixture, to the end."""
    ALPHA = 1
    ALPHA_CAP = 2
    BETA = 3


class Growth(IntEnum):
    """Whether a growth speed is known, and why not."""

    UNKNOWN = -1
    MEASURED = 0
    TOO_FAST = 1
    """One phase filled the cell before the interfaces' motion could be followed."""
    NO_INTERFACE = 2
    """The two phases never stood side by side."""


def profile_axes(production: Production) -> InnerAxes:
    """Return times in ps, numbers of layers, and names of phases, interfaces and lengths."""
    if production.group != "coexist":
        return {}
    return {
        "time": production.block_times,
        "layer": tuple(float(number) for number in range(1, production.layers + 1)),
        "phase": PHASES,
        "interface": INTERFACES,
        "cell_length": LENGTHS,
    }


PROFILE = ObservableDeclaration(
    name="profile",
    summary="order by layer where two phases meet, which of them grows, and how fast",
    quantities=(
        Quantity(
            "layer_order",
            "1",
            "orientational order of alpha by layer",
            groups=("coexist",),
            dims=("time", "layer"),
            averaged=False,
        ),
        Quantity(
            "layer_lithium",
            "1",
            "fractional coordinate x of Li by layer",
            groups=("coexist",),
            dims=("time", "layer"),
            averaged=False,
        ),
        Quantity(
            "layer_spacing",
            "angstrom",
            "distance of a layer of anions from the next",
            groups=("coexist",),
            dims=("time", "layer"),
            averaged=False,
        ),
        Quantity(
            "share",
            "1",
            "share of the layers in a phase",
            groups=("coexist",),
            dims=("time", "phase"),
            averaged=False,
        ),
        Quantity(
            "interface_position",
            "angstrom",
            "position of an interface along c",
            groups=("coexist",),
            dims=("time", "interface"),
            averaged=False,
        ),
        Quantity(
            "lattice_length",
            "angstrom",
            "length of a conventional cell",
            groups=("coexist",),
            dims=("time", "cell_length"),
            averaged=False,
        ),
        Quantity(
            "interface_speed",
            "angstrom/ps",
            "speed at which the second phase grows at an interface",
            groups=("coexist",),
            dims=("interface",),
        ),
        Quantity(
            "growth_speed",
            "angstrom/ps",
            "speed at which the second phase grows, mean of both interfaces",
            groups=("coexist",),
        ),
        Quantity(
            "growth_time",
            "ps",
            "time over which growth speeds were taken",
            groups=("coexist",),
            averaged=False,
        ),
        Quantity(
            "decision_time",
            "ps",
            "time after which one phase filled the cell",
            groups=("coexist",),
            averaged=False,
        ),
        Quantity(
            "winner",
            "1",
            "phase that fills the cell at the end",
            groups=("coexist",),
            averaged=False,
            codes=Winner,
        ),
        Quantity(
            "growth_status",
            "1",
            "whether a growth speed is known",
            groups=("coexist",),
            averaged=False,
            codes=Growth,
        ),
    ),
    dimensions=(
        TIME,
        Dimension("layer", "1", "number of a layer of anions along c"),
        Dimension("phase", "", "phase"),
        Dimension("interface", "", "interface"),
        Dimension("cell_length", "", "length of the cell"),
    ),
    axes=profile_axes,
    measured_by="lbhsweep.observables.structure.profile:Profile",
    rehearsed_by="lbhsweep.simulation.rehearsal.coexistence:rehearse_profile",
)

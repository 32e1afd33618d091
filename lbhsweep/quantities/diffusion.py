"""Diffusion and conductivity of lithium."""

from __future__ import annotations

from enum import IntEnum

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.lags import LAG, lag_axes
from lbhsweep.quantities.quantity import Quantity

FORMAL_CHARGE = "with the formal charge of Li, 1 e, whatever charge the force field gives it"


class DiffusionStatus(IntEnum):
    """Whether a hold has a diffusion coefficient, and why it has none."""

    UNKNOWN = -1
    """Measured by an earlier version, which didn't say."""
    KNOWN = 0
    NOT_MEASURED = 1
    """No lithium, or nothing sampled."""
    TOO_SHORT = 2
    """A tenth of the production is less than two octaves of lags."""
    NOT_LINEAR = 3
    """The displacement is linear in time nowhere."""
    UNCERTAIN = 4
    """It may be linear, but noise hides whether it is."""
    FEW_HOPS = 5
    """Linear, but ions make too few hops within the longest lag to show what hops remember."""


DIFFUSION = ObservableDeclaration(
    name="diffusion",
    summary="diffusion and conductivity of Li",
    quantities=(
        Quantity(
            "li_msd",
            "angstrom**2",
            "mean-squared displacement of Li in the anions' frame",
            groups=("hold",),
            dims=("lag",),
        ),
        Quantity(
            "li_msd_x",
            "angstrom**2",
            "mean-squared displacement of Li along x",
            groups=("hold",),
            dims=("lag",),
            averaged=False,
        ),
        Quantity(
            "li_msd_y",
            "angstrom**2",
            "mean-squared displacement of Li along y",
            groups=("hold",),
            dims=("lag",),
            averaged=False,
        ),
        Quantity(
            "li_msd_z",
            "angstrom**2",
            "mean-squared displacement of Li along z",
            groups=("hold",),
            dims=("lag",),
            averaged=False,
        ),
        Quantity(
            "collective_msd",
            "angstrom**2",
            "squared sum of the displacements of all Li, per Li",
            groups=("hold",),
            dims=("lag",),
        ),
        Quantity(
            "diffusion_coefficient",
            "cm**2/s",
            "tracer diffusion coefficient of Li",
            groups=("hold",),
            of_phase=True,
        ),
        Quantity(
            "conductivity",
            "S/cm",
            "ionic conductivity from the collective displacement",
            groups=("hold",),
            of_phase=True,
            comment=FORMAL_CHARGE,
        ),
        Quantity(
            "conductivity_tracer",
            "S/cm",
            "ionic conductivity from the tracer diffusion, Haven ratio 1",
            groups=("hold",),
            of_phase=True,
            comment=FORMAL_CHARGE,
        ),
        Quantity("haven_ratio", "1", "Haven ratio", groups=("hold",), of_phase=True),
        Quantity(
            "diffusion_start",
            "ps",
            "lag from which the mean-squared displacement of Li is linear",
            groups=("hold",),
            averaged=False,
        ),
        Quantity(
            "li_hop_count",
            "1",
            "hops between Li sites to which the displacement amounts",
            groups=("hold",),
            averaged=False,
        ),
        Quantity(
            "diffusion_end",
            "ps",
            "longest lag of the line through the mean-squared displacement of Li",
            groups=("hold",),
            averaged=False,
        ),
        Quantity(
            "diffusion_exponent",
            "1",
            "log-log slope of the mean-squared displacement of Li, less its constant part, "
            "in the range of the line",
            groups=("hold",),
        ),
        Quantity(
            "diffusion_window_error",
            "cm**2/s",
            "part of the standard error of the tracer diffusion coefficient "
            "that the choice of lags leaves",
            groups=("hold",),
            of_phase=True,
            averaged=False,
        ),
        Quantity(
            "diffusion_status",
            "1",
            "whether there is a diffusion coefficient, and why not",
            groups=("hold",),
            averaged=False,
            codes=DiffusionStatus,
        ),
    ),
    dimensions=(LAG,),
    axes=lag_axes,
    measured_by="lbhsweep.observables.motion.diffusion:Diffusion",
    rehearsed_by="lbhsweep.simulation.rehearsal.diffusion:rehearse_diffusion",
)

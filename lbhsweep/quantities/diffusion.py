"""Diffusion and conductivity of lithium."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.lags import LAG, lag_axes
from lbhsweep.quantities.quantity import Quantity

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
        ),
        Quantity(
            "conductivity",
            "S/cm",
            "ionic conductivity from the collective displacement",
            groups=("hold",),
        ),
        Quantity(
            "conductivity_tracer",
            "S/cm",
            "ionic conductivity from the tracer diffusion, Haven ratio 1",
            groups=("hold",),
        ),
        Quantity("haven_ratio", "1", "Haven ratio", groups=("hold",)),
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
    ),
    dimensions=(LAG,),
    axes=lag_axes,
    measured_by="lbhsweep.observables.motion.diffusion:Diffusion",
    rehearsed_by="lbhsweep.simulation.rehearsal.diffusion:rehearse_diffusion",
)

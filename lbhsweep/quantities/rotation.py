"""Reorientation of the anions."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.lags import LAG, lag_axes
from lbhsweep.quantities.production import TIME, InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity

N_BONDS_FOLLOWED = 4
"""Bonds whose angles are kept as time series, each the first of its anion."""


def rotation_axes(production: Production) -> InnerAxes:
    """Return lags in ps, times of the series in ps and numbers of the bonds; none in a ramp."""
    if production.group == "ramp":
        return {}
    return {
        **lag_axes(production),
        "time": production.block_times,
        "bond": tuple(float(k) for k in range(1, N_BONDS_FOLLOWED + 1)),
    }


ROTATION = ObservableDeclaration(
    name="rotation",
    summary="reorientation of the anions",
    quantities=(
        Quantity(
            "bh_correlation",
            "1",
            "autocorrelation of B-H directions, degree 1",
            groups=("hold",),
            dims=("lag",),
        ),
        Quantity(
            "icosahedral_correlation",
            "1",
            "autocorrelation of the anions' icosahedral order, degree 6",
            groups=("hold",),
            dims=("lag",),
        ),
        Quantity(
            "reorientation_rate",
            "1/ps",
            "decay rate of the autocorrelation of B-H directions",
            groups=("hold",),
            of_phase=True,
        ),
        Quantity(
            "reorientation_amplitude",
            "1",
            "amplitude of the decay of the autocorrelation of B-H directions",
            groups=("hold",),
            of_phase=True,
        ),
        Quantity(
            "reorientation_resolved",
            "1",
            "whether a decay of the autocorrelation of B-H directions was seen (1) or not (0)",
            groups=("hold",),
            averaged=False,
        ),
        Quantity(
            "full_rotation_rate",
            "1/ns",
            "full rotations of an anion per time",
            groups=("hold",),
            of_phase=True,
        ),
        Quantity(
            "full_rotations_series",
            "1",
            "full rotations of an anion since equilibration",
            groups=("hold",),
            dims=("time",),
            averaged=False,
        ),
        Quantity(
            "bh_theta_series",
            "degree",
            "angle between a B-H bond and z in time",
            groups=("hold",),
            dims=("time", "bond"),
            averaged=False,
        ),
        Quantity(
            "bh_phi_series",
            "degree",
            "angle of a B-H bond about z in time",
            groups=("hold",),
            dims=("time", "bond"),
            averaged=False,
        ),
    ),
    dimensions=(LAG, TIME, Dimension("bond", "1", "number of the bond that is followed")),
    axes=rotation_axes,
    measured_by="lbhsweep.observables.motion.rotation:Rotation",
    rehearsed_by="lbhsweep.simulation.rehearsal.rotation:rehearse_rotation",
)

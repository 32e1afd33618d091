"""Fluctuation of the anions' centres."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.quantity import Quantity

ANION_POSITION = ObservableDeclaration(
    name="anion_position",
    summary="fluctuations of the anions' centres",
    quantities=(
        Quantity(
            "anion_fluctuation",
            "angstrom",
            "root mean square distance of the anions' centres from their mean places",
            groups=("hold",),
            of_phase=True,
        ),
    ),
    measured_by="lbhsweep.observables.motion.anion_position:AnionPosition",
    rehearsed_by="lbhsweep.simulation.rehearsal.rotation:rehearse_anion_position",
)

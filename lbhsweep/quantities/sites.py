"""Sites of Li, and the order of the α phase."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.quantity import Quantity

SITES = ObservableDeclaration(
    name="sites",
    summary="where Li sits, and the order of α, by which phases are distinguished",
    quantities=(
        Quantity("li_tetrahedral", "1", "share of Li on tetrahedral sites"),
        Quantity("li_octahedral", "1", "share of Li on octahedral sites"),
        Quantity("li_window", "1", "share of Li in windows of three anions"),
        Quantity("li_elsewhere", "1", "share of Li far from ideal sites"),
        Quantity("alpha_lithium", "1", "fractional coordinate x of Li in alpha"),
        Quantity("alpha_order", "1", "orientational order of alpha"),
        Quantity("alpha_coherence", "1", "coherence of the anions' turn in alpha"),
        Quantity("alpha_turn", "degree", "turn of anions about their threefold axes in alpha"),
    ),
    measured_by="lbhsweep.observables.structure.sites:Sites",
    rehearsed_by="lbhsweep.simulation.rehearsal.structure:rehearse_sites",
)

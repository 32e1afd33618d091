"""Checks of sweeps in which two phases meet."""

from __future__ import annotations

from collections.abc import Iterator, Set

from lbhsweep.physics.conventional import shown_cells
from lbhsweep.sweep.checks.findings import Finding
from lbhsweep.sweep.file.spec import SweepSpec

SHORTEST = 4
"""Conventional cells along c: each phase has four layers of anions then."""


def coexistence_fits(spec: SweepSpec) -> Iterator[Finding]:
    """Check phases, box and ensemble, and that nothing else says how runs start."""
    coexist = spec.protocol.coexist
    if coexist is None:
        return
    if len(coexist.phases) != 2:
        message = f"got {', '.join(coexist.phases)}, wanted two phases, such as [alpha, beta]"
        yield ("protocol", "coexist", "phases"), message
    a, b, c = spec.system.supercell
    if c < SHORTEST or c <= max(a, b):
        message = (
            f"got {shown_cells((a, b, c))} conventional cells; phases meet across c, wanted at "
            f"least {SHORTEST} along c and more than along a and b, such as [2, 2, 6]"
        )
        yield ("system", "supercell"), message
    yield from _conditions(spec)


def _conditions(spec: SweepSpec) -> Iterator[Finding]:
    ensemble = spec.dynamics.ensemble
    if ensemble != "npt":
        yield ("dynamics", "ensemble"), f"got {ensemble}; coexisting phases want npt"
    given: Set[str] = getattr(spec.dynamics, "model_fields_set", frozenset())
    if "barostat" in given and spec.dynamics.barostat != "orthorhombic":
        message = (
            f"got {spec.dynamics.barostat}; coexisting phases want orthorhombic, or leave it out: "
            "protocol.coexist.laterals says what may change"
        )
        yield ("dynamics", "barostat"), message
    if spec.system.start != "auto":
        yield ("system", "start"), "protocol.coexist.phases says how runs start; leave it out"
    if spec.axes.start:
        yield ("axes", "start"), "protocol.coexist.phases says how runs start; leave it out"
    if spec.system.structure is not None:
        message = "gives one crystal, protocol.coexist builds two phases; leave one of them out"
        yield ("system", "structure"), message
    if spec.system.frozen != "none" or any(one != "none" for one in spec.axes.frozen):
        path = ("axes" if spec.axes.frozen else "system", "frozen")
        yield path, "phases with frozen atoms can't grow; leave it out"

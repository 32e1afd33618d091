"""A sweep's YAML becomes a checked spec, a grid of run points, their identities and a plan."""

from lbhsweep.sweep.file.spec import SweepSpec
from lbhsweep.sweep.grid import Grid, expand_grid
from lbhsweep.sweep.identity import PHYSICS_VERSION, canonical_json, point_from_json, run_id
from lbhsweep.sweep.load import load_sweep
from lbhsweep.sweep.plan import Plan, make_plan

__all__ = [
    "PHYSICS_VERSION",
    "Grid",
    "Plan",
    "SweepSpec",
    "canonical_json",
    "expand_grid",
    "load_sweep",
    "make_plan",
    "point_from_json",
    "run_id",
]

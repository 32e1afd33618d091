"""From results to products: the one entry of the analysis."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import xarray as xr

from lbhsweep import __version__
from lbhsweep.analysis.caloric import caloric_products
from lbhsweep.analysis.digest import SCHEMA_VERSION, results_digest, select_read
from lbhsweep.analysis.equilibrium import equilibrium_products
from lbhsweep.analysis.groups import COEXIST, GROUPS, read_coexist, read_groups, split_materials
from lbhsweep.analysis.phases import phase_products
from lbhsweep.analysis.phases.assignment import with_phases
from lbhsweep.analysis.replicas import combine_group
from lbhsweep.analysis.sweep_file import sweep_of
from lbhsweep.analysis.transition import transition_products
from lbhsweep.analysis.transport import transport_products
from lbhsweep.store.schema import Status

PRODUCTS = (
    "hysteresis",
    "hysteresis_rate",
    "heat_capacity/ramp",
    "holds",
    "phase_properties",
    "heat_capacity/hold",
    "entropy",
    "barocaloric",
    "transition",
    "equilibrium",
    "heat_capacity/baseline",
    "reversible",
    "replicas/hold",
    "replicas/ramp",
    "partial_entropy",
    "transport",
    "arrhenius/diffusion",
    "arrhenius/conductivity",
    "arrhenius/conductivity_tracer",
    "arrhenius/reorientation",
    "anion_fluctuation",
    "convergence",
    "published",
)
"""Groups of the analysis, in their order."""
STATUSES = MappingProxyType(
    {
        "runs_done": (Status.DONE,),
        "runs_failed": (Status.FAILED, Status.QUARANTINED),
        "runs_missing": (Status.PENDING, Status.RUNNING),
    }
)
"""Attributes that count runs, and the status codes that they count."""


Stage = Callable[[str], None]
"""Called with a few words on what is done next."""


def no_stage(_: str) -> None:
    """Show no stage."""


def analyze_results(tree: xr.DataTree, *, stage: Stage = no_stage) -> xr.DataTree:
    """Compute every product that the results allow.

    Parameters
    ----------
    tree : DataTree
        Results, whole or partial, with any of the groups ``hold``, ``ramp`` and ``coexist``.
    stage : callable, optional
        Called with a few words at the begin of each stage.

    Returns
    -------
    DataTree
        Groups ``hysteresis``, ``holds``, ``transition``, ``equilibrium``,
        ``heat_capacity/{ramp,hold,baseline}``,
        ``entropy``, ``barocaloric``, ``reversible``, ``hysteresis_rate``, ``partial_entropy``,
        ``replicas/{hold,ramp}``, ``transport``,
        ``arrhenius/{diffusion,conductivity,conductivity_tracer,reorientation}``,
        ``anion_fluctuation``, ``convergence``, ``published``, each by the dimensions of
        materials; those without any input are absent.  What is missing is NaN, with a `reason`
        beside it.  The same results give the same analysis.
    """
    stage("reading the results")
    groups = {name: with_phases(dataset) for name, dataset in read_groups(tree).items()}
    sweep = sweep_of(tree)
    parts = split_materials({name: select_read(one) for name, one in groups.items()}, sweep)
    stage("averaging replicas")
    replicas = {name: combine_group(dataset) for name, dataset in groups.items()}
    stage("analyzing phases")
    products = phase_products(parts)
    stage("analyzing transitions")
    of_transition, transitions = transition_products(
        parts, compare=not tree.attrs.get("rehearsal", False)
    )
    products |= of_transition
    stage("analyzing the growth of coexisting phases")
    products |= equilibrium_products(read_coexist(tree), sweep)
    stage("analyzing heat capacities and barocaloric effects")
    products |= caloric_products(parts, transitions, replicas.get("hold"))
    stage("analyzing transport")
    products |= transport_products(groups.get("hold"))
    products |= {f"replicas/{name}": dataset for name, dataset in replicas.items()}
    ordered = {f"/{name}": products[name] for name in sorted(products, key=PRODUCTS.index)}
    stage("hashing the results")
    root = xr.Dataset(attrs=_attributes(tree))
    return xr.DataTree.from_dict({"/": root, **ordered}, name="analysis")


def _attributes(tree: xr.DataTree) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "package_version": __version__,
        "rehearsal": int(bool(tree.attrs.get("rehearsal", False))),
        "results_digest": results_digest(tree),
        **_run_counts(tree),
    }


def _run_counts(tree: xr.DataTree) -> dict[str, int]:
    """Count the runs that are done, that failed, and that are still missing."""
    counts = dict.fromkeys(STATUSES, 0)
    for name in (*GROUPS, COEXIST):
        if name in tree.children and "status" in tree[name]:
            status = tree[name].to_dataset()["status"].values
            for key, values in STATUSES.items():
                counts[key] += int(np.isin(status, values).sum())
    return counts

"""From results to products: the one entry of the analysis."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import MappingProxyType

import numpy as np
import xarray as xr

from lbhsweep import __version__
from lbhsweep.analysis.caloric.barocaloric import analyze_entropy, entropy_maps, map_temperatures
from lbhsweep.analysis.caloric.ensemble import at_constant_pressure
from lbhsweep.analysis.caloric.heat_capacity import (
    analyze_baseline,
    analyze_ramp_heat_capacity,
)
from lbhsweep.analysis.caloric.hold_heat_capacity import (
    CORRECTION,
    analyze_hold_heat_capacity,
    draw_quantum_correction,
)
from lbhsweep.analysis.caloric.partial_entropy import analyze_partial_entropies
from lbhsweep.analysis.caloric.reversible import analyze_reversible
from lbhsweep.analysis.caloric.reversible_lines import loops_of_ramps
from lbhsweep.analysis.material import Material, join_materials, materials
from lbhsweep.analysis.phases.assignment import ORDERED, Phase, assign_phases
from lbhsweep.analysis.phases.holds import analyze_holds
from lbhsweep.analysis.phases.properties import READ as REWEIGHTED
from lbhsweep.analysis.phases.properties import analyze_phase_properties
from lbhsweep.analysis.phases.starts import initial_phases, join_starts
from lbhsweep.analysis.replicas import combine_group, names_read
from lbhsweep.analysis.runs import CURVES, done, group, material_part, runs
from lbhsweep.analysis.sweep_file import formula_units, sweep_of, word
from lbhsweep.analysis.transition.boundary import analyze_transition
from lbhsweep.analysis.transition.bracket import bracket_transitions
from lbhsweep.analysis.transition.half_heights import Estimate, RunStep, find_steps
from lbhsweep.analysis.transition.hysteresis import analyze_hysteresis, branch_transitions
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW, fit_phases
from lbhsweep.analysis.transition.rate_extrapolation import analyze_rates
from lbhsweep.analysis.transition.routes import choose_route, estimate_routes, slowest_rate
from lbhsweep.analysis.transition.shared_slope import share_heat_capacity
from lbhsweep.analysis.transition.two_phase import draw_two_phase
from lbhsweep.analysis.transport.activation import analyze_activation
from lbhsweep.analysis.transport.anion_fluctuation import analyze_anion_fluctuation
from lbhsweep.analysis.transport.coefficients import analyze_transport, transport_names
from lbhsweep.analysis.transport.convergence import analyze_convergence, convergence_names
from lbhsweep.document import Document
from lbhsweep.quantities import stderr_name
from lbhsweep.store.schema import Status

SCHEMA_VERSION = 6
STATUSES = MappingProxyType(
    {
        "runs_done": (Status.DONE,),
        "runs_failed": (Status.FAILED, Status.QUARANTINED),
        "runs_missing": (Status.PENDING, Status.RUNNING),
    }
)
"""Attributes that count runs, and the status codes that they count."""
_ORDER = ("alpha_order", "alpha_lithium")
_KEPT = (
    *CURVES,
    *(stderr_name(name) for name in CURVES),
    "heat_capacity_fluctuation",
    "heat_capacity_fluctuation_stderr",
    CORRECTION,
    stderr_name(CORRECTION),
    *_ORDER,
    *(stderr_name(name) for name in _ORDER),
    *REWEIGHTED,
    "status",
    "equilibrated",
)


def analyze_results(tree: xr.DataTree) -> xr.DataTree:
    """Compute every product that the results allow.

    Parameters
    ----------
    tree : DataTree
        Results, whole or partial, with groups ``hold`` and ``ramp`` or one of them.

    Returns
    -------
    DataTree
        Groups ``hysteresis``, ``holds``, ``transition``, ``heat_capacity/{ramp,hold,baseline}``,
        ``entropy``, ``barocaloric``, ``reversible``, ``hysteresis_rate``, ``partial_entropy``,
        ``replicas/{hold,ramp}``, ``transport``,
        ``arrhenius/{diffusion,conductivity,conductivity_tracer,reorientation}``,
        ``anion_fluctuation``, ``convergence``, each by what tells materials
        apart; those without any input are absent.  What is missing is NaN, with a `reason`
        beside it.  The same results give the same analysis.
    """
    pieces: dict[str, dict[Material, xr.Dataset]] = {}
    groups = {
        name: dataset for name in ("hold", "ramp") if (dataset := group(tree, name)) is not None
    }
    if "hold" in groups:
        groups["hold"] = join_starts(groups["hold"])
    sweep = sweep_of(tree)
    for material in materials(groups.values()):
        selected = {
            name: material_part(dataset[_kept(dataset)], material)
            for name, dataset in groups.items()
        }
        present = {name: dataset for name, dataset in selected.items() if dataset is not None}
        for name, product in _analyze_material(present, sweep).items():
            pieces.setdefault(name, {})[material] = product
    datasets = {f"/{name}": join_materials(parts) for name, parts in pieces.items()}
    datasets |= {f"/replicas/{name}": combine_group(dataset) for name, dataset in groups.items()}
    if (partial := analyze_partial_entropies(datasets.get("/replicas/hold"))) is not None:
        datasets["/partial_entropy"] = partial
    datasets |= {f"/{name}": made for name, made in _of_holds(groups.get("hold"))}
    root = xr.Dataset(attrs=_attributes(tree))
    return xr.DataTree.from_dict({"/": root, **datasets}, name="analysis")


def results_digest(tree: xr.DataTree) -> str:
    """Hash everything of the results that the analysis reads."""
    digest = hashlib.sha256(f"analysis schema {SCHEMA_VERSION} {__version__}".encode())
    digest.update(str(tree.attrs.get("sweep_yaml", "")).encode())
    for name in ("hold", "ramp"):
        dataset = group(tree, name)
        if dataset is None:
            continue
        read = {*dataset.coords, *_kept(dataset), *names_read(dataset)}
        if name == "hold":
            read |= {*transport_names(dataset), *convergence_names(dataset)}
        for key in sorted(read, key=str):
            values = dataset[key].values
            digest.update(f"{name}/{key}{values.shape}".encode())
            if values.dtype.kind in "fiub":
                digest.update(np.ascontiguousarray(values).data)
            else:
                digest.update(str(values.tolist()).encode())
    return digest.hexdigest()


def _kept(dataset: xr.Dataset) -> list[str]:
    """List what the analysis of a material reads, so that maps and series aren't loaded."""
    return [name for name in _KEPT if name in dataset]


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
    for name in ("hold", "ramp"):
        dataset = group(tree, name)
        if dataset is not None and "status" in dataset:
            status = dataset["status"].values
            for key, values in STATUSES.items():
                counts[key] += int(np.isin(status, values).sum())
    return counts


def _analyze_material(
    present: dict[str, xr.Dataset], sweep: Document | None
) -> dict[str, xr.Dataset]:
    """Analyse one material: its part of each group that has it."""
    steps = [item for dataset in present.values() for item in find_steps(runs(dataset))]
    pressures = sorted({float(p) for ds in present.values() for p in ds["pressure"].values})
    molar_mass = _molar_mass(present)
    table = estimate_routes(steps, pressures, _brackets(present.get("hold"), sweep))
    route = choose_route(table)
    slowest = slowest_rate(steps)
    source = [item for item in steps if _serves(item, route, slowest)]
    lines, notes = zip(
        *(
            fit_phases([item for item in source if item.run.pressure == p], _start(present, sweep))
            for p in pressures
        ),
        strict=True,
    )
    chosen = table[route] if route else [Estimate()] * len(pressures)
    own = draw_two_phase(pressures, chosen, lines)
    model = share_heat_capacity(own, lines)
    temperature = map_temperatures(
        np.concatenate([dataset["temperature"].values for dataset in present.values()])
    )
    maps = entropy_maps(model, temperature)
    ensemble = word(sweep, ("dynamics", "ensemble"), "npt")
    products: dict[str, xr.Dataset] = {}
    loops, correction = {}, None
    if "ramp" in present:
        branches = branch_transitions(present["ramp"], steps)
        rates = analyze_rates(branches, present["ramp"])
        loops = loops_of_ramps(table, rates, pressures)
        products["hysteresis"] = analyze_hysteresis(present["ramp"], branches)
        products["hysteresis_rate"] = rates
        products["heat_capacity/ramp"] = at_constant_pressure(
            analyze_ramp_heat_capacity(present["ramp"], steps, molar_mass), ensemble
        )
    if "hold" in present:
        products["holds"] = analyze_holds(present["hold"])
        products["phase_properties"] = analyze_phase_properties(
            present["hold"], formula_units(sweep), molar_mass
        )
        holds = [item for item in steps if item.run.direction == "hold"]
        capacity = at_constant_pressure(
            analyze_hold_heat_capacity(present["hold"], holds, molar_mass), ensemble
        )
        products["heat_capacity/hold"] = capacity
        start = model.pressure[int(model.usable.argmax())]
        correction = draw_quantum_correction(capacity, float(start), temperature)
    products["entropy"], products["barocaloric"] = analyze_entropy(
        model, temperature, molar_mass, notes, maps=maps, correction=correction
    )
    baseline = analyze_baseline(own, temperature, molar_mass)
    return products | {
        "transition": analyze_transition(table, route, model, notes, molar_mass),
        "heat_capacity/baseline": at_constant_pressure(baseline, ensemble),
        "reversible": analyze_reversible(maps, model, loops, molar_mass),
    }


def _of_holds(hold: xr.Dataset | None) -> Iterator[tuple[str, xr.Dataset]]:
    """Go through what is made of the group `hold` for all materials at once."""
    if hold is None:
        return
    transport = analyze_transport(hold)
    if transport is not None:
        yield "transport", transport
        for name, laws in analyze_activation(transport).items():
            yield f"arrhenius/{name}", laws
    for name, made in (
        ("anion_fluctuation", analyze_anion_fluctuation(hold)),
        ("convergence", analyze_convergence(hold)),
    ):
        if made is not None:
            yield name, made


def _brackets(hold: xr.Dataset | None, sweep: Document | None) -> dict[float, Estimate]:
    """Bracket T_t by holds whose phases are told; without any, nothing."""
    if hold is None:
        return {}
    phases = assign_phases(hold)
    if not phases.any():
        return {}
    order = ("pressure", "temperature", "replica")
    ended = phases.transpose(*order).values.astype(np.int64)
    # A hold that changes half way has an order between both and an error as large.
    on_its_way = (ended == Phase.UNDECIDED) & (
        hold["alpha_order"].transpose(*order).values < ORDERED
    )
    ended = np.where(on_its_way & (done(hold).transpose(*order).values), Phase.MIXED, ended)
    begun = initial_phases(hold, phases, sweep)
    return bracket_transitions(hold["pressure"].values, hold["temperature"].values, begun, ended)


def _start(present: dict[str, xr.Dataset], sweep: Document | None) -> str:
    """Give the phase in which a material's runs begin, as far as the results say it."""
    ramps = present.get("ramp")
    if ramps is not None and "start" in ramps.coords:
        return HIGH if str(ramps["start"].item()) == "beta" else LOW
    return HIGH if word(sweep, ("system", "start"), "auto") == "beta" else LOW


def _serves(item: RunStep, route: str | None, rate: float | None) -> bool:
    """Say whether a run gives the phases' lines: those of the route, ramps at the slowest rate.

    Without any transition everything does that is nearest to equilibrium.
    """
    is_hold = item.run.direction == "hold"
    if route == "hold":
        return is_hold
    return item.run.heating_rate == rate if route else is_hold or item.run.heating_rate == rate


def _molar_mass(present: dict[str, xr.Dataset]) -> float:
    for dataset in present.values():
        if "molar_mass" in dataset.coords:
            return float(dataset["molar_mass"])
    return float("nan")

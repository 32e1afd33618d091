"""Checks between the keys of a sweep: box and cutoff, protocol and axes, steps, selections."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress

from lbhsweep.arrays import GridValue
from lbhsweep.document import KeyPath
from lbhsweep.quantities import Group, measured_in
from lbhsweep.sweep.cells import (
    GRID_DIMENSIONS,
    MAX_CELLS,
    axis_values,
    chosen_values,
    dense_coordinates,
    group_of,
    n_cells,
    plan_cells,
)
from lbhsweep.sweep.checks.coexistence import coexistence_fits
from lbhsweep.sweep.checks.findings import Check, Finding, values_of
from lbhsweep.sweep.checks.starts import (
    first_direction_runs,
    first_runs_planned,
    given_in_one_place,
    heated_from_below,
    masses_fit,
    structure_fits,
    vacancy_sites_exist,
)
from lbhsweep.sweep.file.fields import quantity_text
from lbhsweep.sweep.file.span import divides, nearest_divisor
from lbhsweep.sweep.file.spec import SweepSpec
from lbhsweep.sweep.supercell import (
    LITHIUM_PER_CELL,
    largest_cutoff,
    n_cubic_cells,
    smallest_lattice_a,
)

MAX_BINS = 10_000
FORMULAS = {"Li2B12H12": {"Li": 2, "B": 12, "H": 12}}
LARGEST_CHARGE = 1e-3
"""e per formula unit: charges printed with four digits leave 4e-4."""
_RUNS = {"hold": "holds", "ramp": "ramps", "coexist": "coexisting phases"}
_DIMENSION_OF = {
    "cutoff": "length",
    "pressure": "pressure",
    "temperature": "temperature",
    "heating_rate": "rate",
}


def findings(spec: SweepSpec, *, complete: bool) -> list[Finding]:
    """Run every check.

    Parameters
    ----------
    spec : SweepSpec
        A sweep.
    complete : bool
        Whether it has all attributes; if not, checks of those that it lacks are left out.

    Returns
    -------
    list of (path, message)
        What is wrong, by key.
    """
    found: list[Finding] = []
    absence = nullcontext() if complete else suppress(AttributeError)
    for check in _CHECKS:
        with absence:
            found += check(spec)
    with absence:
        no_protocol = list(_one_protocol(spec))
        found += no_protocol or [one for check in _PROTOCOL_CHECKS for one in check(spec)]
    return found if found or not complete else list(_grid_is_sensible(spec))


def _one_protocol(spec: SweepSpec) -> Iterator[Finding]:
    known = ("ramp", "hold", "coexist")
    given = [name for name in known if getattr(spec.protocol, name) is not None]
    if len(given) > 1:
        both = "both " if len(given) == 2 else ""
        yield ("protocol",), f"got {both}{' and '.join(given)}, wanted one; write a sweep of each"
    elif not given:
        yield ("protocol",), f"got none of {', '.join(known)}, wanted one of them"


def _axes_of_protocol(spec: SweepSpec) -> Iterator[Finding]:
    wanted, example, unwanted, remedy = (
        ("temperature", "300 K .. 700 K step 25 K", "heating_rate", "leave it out")
        if spec.protocol.ramp is None
        else ("heating_rate", "20 K/ps", "temperature", "write protocol.ramp.temperature")
    )
    group: Group = group_of(spec)
    if getattr(spec.axes, unwanted):
        yield ("axes", unwanted), f"is no axis of {_RUNS[group]}; {remedy}"
    if not getattr(spec.axes, wanted):
        yield (
            ("axes", wanted),
            f"missing, wanted the axis of {_RUNS[group]}, for example '{example}'",
        )


def _cutoff_fits(spec: SweepSpec) -> Iterator[Finding]:
    pressure = max((0.0, *_pressures(spec)))
    largest = largest_cutoff(spec.system.supercell, pressure)
    crystal = spec.system.structure
    if crystal is not None:
        largest = min(largest, crystal.smallest_height(spec.system.supercell) / 2)
    largest = math.floor(largest * 100) / 100
    for path, cutoff in _cutoffs(spec):
        if cutoff <= largest:
            continue
        repeats = math.ceil(2 * cutoff / smallest_lattice_a(pressure))
        yield (
            path,
            (
                f"{quantity_text(cutoff, 'length')} does not fit the box, which can "
                f"shrink to {2 * largest:.2f} Å at {quantity_text(pressure, 'pressure')}; "
                f"wanted at most {largest:.2f} Å, or a supercell of {repeats} or more"
            ),
        )


def _cutoffs(spec: SweepSpec) -> Iterator[tuple[KeyPath, float]]:
    on_axis = []
    with suppress(AttributeError):
        on_axis = list(values_of(spec, "cutoff"))
    yield from on_axis
    # An axis with mistakes replaces model.cutoff all the same.
    is_wrong = hasattr(spec, "axes") and not hasattr(spec.axes, "cutoff")
    if not on_axis and not is_wrong:
        yield ("model", "cutoff"), spec.model.cutoff


def _pressures(spec: SweepSpec) -> Iterator[float]:
    with suppress(AttributeError):
        for _, pressure in values_of(spec, "pressure"):
            yield pressure


def _vacancies_exist(spec: SweepSpec) -> Iterator[Finding]:
    lithium = LITHIUM_PER_CELL * n_cubic_cells(spec.system.supercell)
    for path, number in values_of(spec, "n_vacancies"):
        if number >= lithium:
            message = (
                f"got {number}, wanted fewer than the {lithium} lithium atoms of the supercell"
            )
            yield path, message


def _whole_steps(spec: SweepSpec) -> Iterator[Finding]:
    dynamics = spec.dynamics
    for name, step_name in (
        ("nonbonded_timestep", "timestep"),
        ("sample_every", "nonbonded_timestep"),
    ):
        length, step = getattr(dynamics, name), getattr(dynamics, step_name)
        if not divides(step, length):
            fitting = max(1, math.floor(length / step)) * step
            yield (
                ("dynamics", name),
                (
                    f"{length * 1e3:g} fs is no whole multiple of {step_name}, {step * 1e3:g} fs; "
                    f"wanted for example {fitting * 1e3:g} fs"
                ),
            )


def _frames_fit(spec: SweepSpec) -> Iterator[Finding]:
    """Require frames at whole outer steps, and at least one in every run."""
    trajectory, step, path = spec.trajectory, spec.dynamics.nonbonded_timestep, "trajectory"
    if trajectory is None:
        return
    every = trajectory.every
    if not divides(step, every):
        fitting = max(1, math.floor(every / step)) * step
        yield (
            (path, "every"),
            (
                f"{quantity_text(every, 'time')} is no whole multiple of "
                f"dynamics.nonbonded_timestep, {quantity_text(step, 'time')}; wanted for example "
                f"{quantity_text(fitting, 'time')}"
            ),
        )
    if spec.protocol.hold is not None:
        shortest = spec.protocol.hold.produce
    elif spec.protocol.coexist is not None:
        shortest = spec.protocol.coexist.produce
    elif spec.protocol.ramp is not None:
        low, high = spec.protocol.ramp.temperature
        added = (rate for one in spec.extra_points for rate in one.heating_rate)
        shortest = (high - low) / max((*spec.axes.heating_rate, *added), default=math.inf)
    else:
        return
    if 0.0 < shortest < every * (1.0 - 1e-9):
        yield (
            (path, "every"),
            (
                f"{quantity_text(every, 'time')} is longer than the shortest production, "
                f"{quantity_text(shortest, 'time')}, and would leave no frame; wanted at most that"
            ),
        )


def _bins_divide_range(spec: SweepSpec) -> Iterator[Finding]:
    ramp = spec.protocol.ramp
    if ramp is None:
        return
    low, high = ramp.temperature
    length, path = high - low, ("protocol", "ramp", "bin")
    if ramp.bin > length:
        yield path, f"{ramp.bin:g} K is wider than the range of {length:g} K"
    elif length / ramp.bin > MAX_BINS:
        yield path, f"{ramp.bin:g} K makes more than {MAX_BINS:,} bins, wanted a wider bin"
    elif not divides(ramp.bin, length):
        yield (
            path,
            (
                f"{ramp.bin:g} K does not divide the range of {length:g} K, "
                f"wanted for example {nearest_divisor(length, ramp.bin):g} K"
            ),
        )


def _samples_in_bins(spec: SweepSpec) -> Iterator[Finding]:
    ramp, sample = spec.protocol.ramp, spec.dynamics.sample_every
    if ramp is None:
        return
    for path, rate in values_of(spec, "heating_rate"):
        if ramp.bin / rate < sample:
            yield (
                path,
                (
                    f"at {rate:g} K/ps a bin of {ramp.bin:g} K lasts "
                    f"{ramp.bin / rate * 1e3:.3g} fs, less than dynamics.sample_every, "
                    f"{sample * 1e3:g} fs; wanted at most {ramp.bin / sample:g} K/ps or wider bins"
                ),
            )


def _samples_in_production(spec: SweepSpec) -> Iterator[Finding]:
    hold, sample = spec.protocol.hold, spec.dynamics.sample_every
    if hold is not None and hold.produce < sample:
        yield (
            ("protocol", "hold", "produce"),
            (
                f"{quantity_text(hold.produce, 'time')} is less than dynamics.sample_every, "
                f"{quantity_text(sample, 'time')}; nothing would be measured"
            ),
        )


def _observables_fit_protocol(spec: SweepSpec) -> Iterator[Finding]:
    group = group_of(spec)
    known = measured_in(group)
    for place, name in enumerate(spec.observables):
        if name not in known:
            message = (
                f"{name} is not measured in {_RUNS[group]}, which measure "
                f"{', '.join(sorted(known))}; leave it out, or make a sweep of holds"
            )
            yield ("observables", place), message


def _ensemble_fits(spec: SweepSpec) -> Iterator[Finding]:
    """Refuse pressures at constant volume, and temperatures that are driven at constant energy.

    Results would be labelled with conditions that never acted.
    """
    ensemble = spec.dynamics.ensemble
    if ensemble == "npt":
        return
    barostat = spec.dynamics.barostat
    if barostat != "isotropic":
        yield (
            ("dynamics", "barostat"),
            f"{barostat} acts at constant pressure only, not in {ensemble}; wanted ensemble npt",
        )
    if ensemble == "nve" and spec.protocol.ramp is not None:
        yield ("dynamics", "ensemble"), "nve has no thermostat; wanted npt or nvt in a ramp"
    hold = spec.protocol.hold
    if ensemble == "nve" and hold is not None:
        for key, given in (
            ("heated_from", hold.heated_from is not None),
            ("follow", hold.follow != "none"),
        ):
            if given:
                message = "needs a thermostat, which nve lacks; wanted npt or nvt"
                yield ("protocol", "hold", key), message
    for path, pressure in values_of(spec, "pressure"):
        if pressure != 0.0:
            yield (
                path,
                (
                    f"{quantity_text(pressure, 'pressure')} does not act at constant volume "
                    f"({ensemble}), wanted 0 GPa, or ensemble npt"
                ),
            )


def _names_differ(spec: SweepSpec) -> Iterator[Finding]:
    digests: dict[str, str] = {}
    for path, one in values_of(spec, "potential"):
        if digests.setdefault(one.name, one.digest) != one.digest:
            yield path, f"another potential of this sweep is called {one.name!r} too; rename one"


def _potentials_fit_crystal(spec: SweepSpec) -> Iterator[Finding]:
    """Require the crystal's species, and zero charge while no atom is missing."""
    formula = FORMULAS[spec.system.crystal]
    for path, one in values_of(spec, "potential"):
        missing = [symbol for symbol in formula if symbol not in one.species]
        if missing:
            yield (
                path,
                (
                    f"{one.name!r} has no species {', '.join(missing)}, of which "
                    f"{spec.system.crystal} is made; other materials can't be swept yet, "
                    "only evaluated one structure at a time (lbhsweep evaluate)"
                ),
            )
            continue
        charge = sum(count * one.species[symbol].charge for symbol, count in formula.items())
        if abs(charge) > LARGEST_CHARGE:
            yield (
                path,
                (
                    f"the charges of {one.name!r} add up to {charge:+.4g} e per formula unit of "
                    f"{spec.system.crystal}, wanted 0; correct the charges in its file"
                ),
            )


def _selections_fit(spec: SweepSpec) -> Iterator[Finding]:
    group = group_of(spec)
    known, here = GRID_DIMENSIONS[group], axis_values(spec)
    for key, selections in (("exclude", spec.exclude), ("extra_points", spec.extra_points)):
        for i, selection in enumerate(selections):
            chosen = chosen_values(selection)
            if not chosen:
                yield (key, i), "names no axis, wanted for example {pressure: 0.4 GPa}"
            for dim in sorted(chosen.keys() - set(known)):
                yield (key, i, dim), f"is no axis of {_RUNS[group]}, wanted {', '.join(here)}"
            for dim in sorted(chosen.keys() & (set(known) - here.keys())):
                yield (key, i, dim), f"is no axis of this sweep; give axes.{dim} too"


def _excluded_exists(spec: SweepSpec) -> Iterator[Finding]:
    axes = axis_values(spec)
    for i, rule in enumerate(spec.exclude):
        for dim, values in chosen_values(rule).items():
            on_axis = set(axes.get(dim, ()))
            unknown = [value for value in values if on_axis and value not in on_axis]
            if unknown:
                yield (
                    ("exclude", i, dim),
                    (
                        f"matches nothing: {_some(unknown, dim)} not on the axis, which has "
                        f"{_some(on_axis, dim)}"
                    ),
                )


def _text(value: GridValue, dim: str) -> str:
    dimension = _DIMENSION_OF.get(dim)
    return quantity_text(float(value), dimension) if dimension else str(value)


def _some(values: Iterable[GridValue], dim: str) -> str:
    shown = [_text(value, dim) for value in sorted(values)]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:3], "…", *shown[-2:]])


def _grid_size(spec: SweepSpec) -> Iterator[Finding]:
    size = n_cells(dense_coordinates(spec))
    if size > MAX_CELLS:
        yield ("axes",), f"make a grid of {size:,} cells, wanted at most {MAX_CELLS:,}; split it"


def _grid_is_sensible(spec: SweepSpec) -> Iterator[Finding]:
    planned, added = plan_cells(spec)
    for i, count in enumerate(added):
        if not count:
            yield ("extra_points", i), "adds nothing, these points are in the grid already"
    if not planned.mask.any():
        yield ("exclude",), "leaves no point to run, wanted a rule that keeps some"
    else:
        yield from first_runs_planned(spec, planned)


_CHECKS: tuple[Check, ...] = (
    _cutoff_fits,
    _vacancies_exist,
    _names_differ,
    _potentials_fit_crystal,
    _ensemble_fits,
    _whole_steps,
    _frames_fit,
    _bins_divide_range,
    _samples_in_bins,
    _samples_in_production,
    _observables_fit_protocol,
    given_in_one_place,
    structure_fits,
    masses_fit,
    vacancy_sites_exist,
    heated_from_below,
    first_direction_runs,
    coexistence_fits,
)
_PROTOCOL_CHECKS: tuple[Check, ...] = (
    _axes_of_protocol,
    _selections_fit,
    _excluded_exists,
    _grid_size,
)

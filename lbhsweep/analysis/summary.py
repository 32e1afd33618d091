"""The analysis in a few numbers, and what is missing and why."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from lbhsweep.analysis.material import Material, has_material, label, materials, select_material
from lbhsweep.analysis.phases.assignment import name_in_sentence
from lbhsweep.analysis.transition.bounds import SIGNS, WORDS, Bound, combine, read_bound, read_flag
from lbhsweep.analysis.transition.caveats import BAROCALORIC_REASONS, published_caveats
from lbhsweep.analysis.transition.routes import NOT_SIMULATED
from lbhsweep.analysis.transport.activation import LAWS
from lbhsweep.quantities import stderr_name

RUN_COUNTS = ("done", "failed", "missing")
_RUNS_OF_TWO = (
    "n_runs",
    "n_first_won",
    "n_second_won",
    "n_undecided",
    "n_measured",
    "n_censored",
    "n_unused",
)
"""Numbers of runs in which two phases met."""
FEWEST_IN_A_BIN = 2.0
"""Independent samples without which a ramp's bin is no more than part of one fluctuation."""
_MEANINGS = {
    WORDS[Bound.UPPER]: "an upper bound of T_t",
    WORDS[Bound.LOWER]: "a lower bound of T_t",
    WORDS[Bound.EITHER]: "T_t may be on either side, beyond the error",
}
MAXWELL = "isothermal_entropy_change_maxwell"
"""ΔS_iso from volumes alone, shown beside the largest one."""
_AT_PRESSURE = (
    "volume_step",
    "enthalpy_step",
    "entropy_step_enthalpy",
    "entropy_step_clapeyron",
    "entropy_closure",
)


def summarize(analysis: xr.DataTree) -> dict[str, Any]:
    """Return the headline numbers of every material as plain, JSON-ready values.

    Parameters
    ----------
    analysis : DataTree
        From `analyze_results`.

    Returns
    -------
    dict
        ``rehearsal``, ``runs`` (done, failed, missing), and ``materials``: for each the route,
        dT/dP, one entry a pressure, the largest effects without and with hysteresis, the least
        pressure of a reversible transition, ``diffusion`` and
        ``activation_energies`` (lists of what is known), ``missing`` with the reasons, and
        ``flagged`` with the runs that drift or are too short for their own correlation time;
        ``equilibrium``: of every material in whose runs two phases met, T_t by the speed of growth
        (`_equilibrium`);
        ``published``, what others state of T_t, with sources; ``contradicts_published``, where T_t
        or a bound of it lies elsewhere.
        A number is ``{"value", "stderr", "units"}`` or null; one that depends on range and order of
        fits also has ``systematic``, beside the statistical ``stderr`` (`combined_error`).
        T_t also has ``"bound"``: value, upper bound, lower bound, interval (then with ``"lower"``
        and ``"upper"``), or either side; a number that depends on a T_t which is no value has
        ``"at_T_t"`` with its kind.  ``isothermal_entropy_change_maxwell`` is that from volumes
        where the other is largest.
    """
    found: list[dict[str, Any]] = []
    if "transition" in analysis.children:
        transition = analysis["transition"].to_dataset()
        # Materials need not be a full product of the axes.
        found += [
            _summarize(analysis, one)
            for one in materials([transition])
            if str(transition["used_reason"].sel(dict(one)).item()) != "nan"
        ]
    return {
        "rehearsal": bool(analysis.attrs["rehearsal"]),
        "runs": {name: int(analysis.attrs[f"runs_{name}"]) for name in RUN_COUNTS},
        "materials": found,
        "equilibrium": _equilibria(analysis),
    }


def _equilibria(analysis: xr.DataTree) -> list[dict[str, Any]]:
    """List T_t of coexisting phases by material, with how many runs each phase won."""
    if "equilibrium" not in analysis.children:
        return []
    dataset = analysis["equilibrium"].to_dataset()
    return [_equilibrium(dataset.sel(dict(one)), one) for one in materials([dataset])]


def _equilibrium(at: xr.Dataset, material: Material) -> dict[str, Any]:
    phases = [str(at[name].item()) for name in ("first_phase", "second_phase")]
    lateral = float(at["lateral_length"])
    pressures = []
    for p in at["pressure"].values:
        here = at.sel(pressure=p)
        counts = {name: _count(here, name) for name in _RUNS_OF_TWO}
        temperature = _temperature(here)
        pressures.append(
            {
                "pressure_GPa": float(p),
                "transition_temperature": temperature,
                "growth_coefficient": number(here, "growth_coefficient"),
                "growth_activation_energy": number(here, "growth_activation_energy"),
                **{name: _kelvin(here, name) for name in ("low_phase_won_at", "high_phase_won_at")},
                **counts,
            }
        )
    notes = [
        f"{p:g} GPa: {reason}"
        for p, reason in zip(at["pressure"].values, at["reason"].values, strict=True)
        if str(reason) not in ("", "nan")
    ]
    slope_reason = str(at["slope_reason"].item())
    return {
        "label": label(material),
        **dict(material),
        "phases": phases,
        "laterals_A": lateral if np.isfinite(lateral) else None,
        "boundary_slope": number(at, "boundary_slope"),
        "pressures": pressures,
        "missing": notes + ([slope_reason] if slope_reason not in ("", "nan") else []),
    }


def describe_coexistence(material: Mapping[str, Any]) -> str:
    """Return the label of a material of `equilibrium`, and which phases met in which cell."""
    names = " and ".join(name_in_sentence(phase) for phase in material["phases"])
    held = material["laterals_A"]
    laterals = f", a and b held at {held:g} Å" if held else ""
    return f"{material['label']}; T_t by coexistence of {names}{laterals}"


def _count(at: xr.Dataset, name: str) -> int:
    """Return a number of runs; 0 where joined materials left a hole."""
    return int(np.nan_to_num(float(at[name])))


def _kelvin(at: xr.Dataset, name: str) -> float | None:
    return value if np.isfinite(value := float(at[name])) else None


def _summarize(analysis: xr.DataTree, material: Material) -> dict[str, Any]:
    where = dict(material)
    transition = analysis["transition"].to_dataset().sel(where)
    route = str(transition["used_route"].item())
    temperatures = transition.sel(route=route) if route else None
    baseline = analysis["heat_capacity/baseline"].to_dataset().sel(where)
    pressures = []
    for p in transition["pressure"].values:
        here = transition.sel(pressure=p)
        entry: dict[str, Any] = {"pressure_GPa": float(p), "transition_temperature": None}
        if temperatures is not None:
            at = temperatures.sel(pressure=p)
            entry["transition_temperature"] = _temperature(at)
        kind = read_flag(here, "used_bound")
        entry |= {name: _at(number(here, name), kind) for name in _AT_PRESSURE}
        entry["mean_heat_capacity"] = number(baseline.sel(pressure=p), "mean_heat_capacity")
        pressures.append(entry)
    barocaloric = analysis["barocaloric"].to_dataset().sel(where)
    largest = _largest(barocaloric, "isothermal_entropy_change", "extrapolated")
    return {
        "label": label(material),
        **where,
        "route": route or None,
        "boundary_slope": None if temperatures is None else _slope(temperatures),
        "pressures": pressures,
        "largest_entropy_change": largest,
        MAXWELL: _at_place(barocaloric, MAXWELL, largest),
        "largest_temperature_change": _largest(
            barocaloric, "adiabatic_temperature_change", "adiabatic_extrapolated"
        ),
        "diffusion": _diffusion(analysis, material),
        "activation_energies": _activation_energies(analysis, material),
        **_reversible(analysis, material),
        "published": _published(analysis, material),
        "contradicts_published": published_caveats(transition),
        "missing": _missing(transition, barocaloric, route),
        "flagged": _flagged(analysis, material),
    }


def _temperature(at: xr.Dataset) -> dict[str, Any] | None:
    """Return T_t with what it is: a value, a bound, or an interval with its ends."""
    name = "transition_temperature"
    found = number(at, name)
    if found is None:
        return None
    kind = read_bound(at, name)
    found["bound"] = WORDS[kind]
    if kind == Bound.INTERVAL:
        found |= {side: float(at[f"{name}_{side}"]) for side in ("lower", "upper")}
    return found


def _slope(at: xr.Dataset) -> dict[str, Any] | None:
    """Return dT/dP; that through bounds of T_t says so."""
    return _at(number(at, "boundary_slope"), read_bound(at, "boundary_intercept"))


def _at(found: dict[str, Any] | None, kind: Bound) -> dict[str, Any] | None:
    """Add to a number which bound of T_t it is taken at; nothing where T_t is a value."""
    if found is not None and kind not in (Bound.VALUE, Bound.INTERVAL, Bound.ABSENT):
        found["at_T_t"] = WORDS[kind]
    return found


def _published(analysis: xr.DataTree, material: Material) -> list[dict[str, Any]]:
    """List what is published of T_t."""
    published = _of_material(analysis, "published", material)
    if published is None:
        return []
    return [
        {
            "statement": str(here["statement"].item()),
            "lower_K": float(here["transition_low"]),
            "upper_K": float(here["transition_high"]),
            "source": str(here["source"].item()),
        }
        for i in range(published.sizes["statement"])
        if np.isfinite(float((here := published.isel(statement=i))["transition_low"]))
    ]


def _diffusion(analysis: xr.DataTree, material: Material) -> list[dict[str, Any]]:
    """List the diffusion coefficients that are known, by phase, pressure and temperature."""
    transport = _of_material(analysis, "transport", material)
    name = "diffusion_coefficient"
    if transport is None or name not in transport:
        return []
    cells = transport[[name, stderr_name(name)]].stack(cell=("phase", "pressure", "temperature"))
    return [
        {
            "phase": str(here["phase"].item()),
            "pressure_GPa": float(here["pressure"]),
            "temperature_K": float(here["temperature"]),
        }
        | found
        for i in range(cells.sizes["cell"])
        if (found := number(here := cells.isel(cell=i), name)) is not None
    ]


def _activation_energies(analysis: xr.DataTree, material: Material) -> list[dict[str, Any]]:
    """List the activation energies that are known, by quantity, phase and pressure."""
    found: list[dict[str, Any]] = []
    for quantity in LAWS:
        laws = _of_material(analysis, f"arrhenius/{quantity}", material)
        if laws is None:
            continue
        for phase, pressure in product(laws["phase"].values, laws["pressure"].values):
            here = laws.sel(phase=phase, pressure=pressure)
            energy = number(here, "activation_energy")
            if energy is not None:
                found.append(
                    {
                        "quantity": quantity,
                        "phase": str(phase),
                        "pressure_GPa": float(pressure),
                        "t_min_K": float(here["t_min"]),
                        "t_max_K": float(here["t_max"]),
                        "n_points": int(here["n_points"]),
                        "reason": str(here["reason"].item()),
                    }
                    | energy
                )
    return found


def _reversible(analysis: xr.DataTree, material: Material) -> dict[str, Any]:
    """Return reversible effects at the slowest heating rate."""
    names = ("entropy_change", "temperature_change")
    dataset = _of_material(analysis, "reversible", material)
    if dataset is None:
        return {"reversible_pressure": None} | {f"largest_reversible_{n}": None for n in names}
    loop = dataset.sel(loop="slowest_rate")
    return {"reversible_pressure": number(loop, "reversible_pressure")} | {
        f"largest_reversible_{name}": _largest(loop, f"reversible_{name}", "extrapolated")
        for name in names
    }


def _flagged(analysis: xr.DataTree, material: Material) -> list[str]:
    """Describe the runs with doubtful errors: holds by their flag, bins of ramps by count."""
    notes = []
    if (holds := _of_material(analysis, "holds", material)) is not None:
        both = (str(holds[name].item()) for name in ("flagged", "falling"))
        notes += [note for note in both if note not in ("", "nan")]
    ramps = _of_material(analysis, "replicas/ramp", material)
    if ramps is not None and "n_effective" in ramps:
        each = (ramps["n_effective"] / ramps["n_replicas"]).values
        few, known = int((each < FEWEST_IN_A_BIN).sum()), int(np.isfinite(each).sum())
        if few:
            notes.append(
                f"{few} of {known} bins of ramps hold fewer than {FEWEST_IN_A_BIN:g} independent "
                "samples of volume and enthalpy a run: neighbouring bins are correlated"
            )
    return notes


def _of_material(analysis: xr.DataTree, name: str, material: Material) -> xr.Dataset | None:
    """Return a material's part of a group; None where there is none."""
    if f"/{name}" not in analysis.groups:
        return None
    dataset = analysis[name].to_dataset()
    return select_material(dataset, material) if has_material(dataset, material) else None


def number(dataset: xr.Dataset, name: str) -> dict[str, Any] | None:
    """Return a scalar variable with its error and unit, or None where it is NaN."""
    value = float(dataset[name])
    if not np.isfinite(value):
        return None
    stderr = float(dataset[stderr_name(name)])
    found: dict[str, Any] = {
        "value": value,
        "stderr": stderr if np.isfinite(stderr) else None,
        "units": dataset[name].attrs["units"],
    }
    systematic = f"{name}_systematic"
    if systematic in dataset and np.isfinite(error := float(dataset[systematic])):
        found["systematic"] = error
    return found


def write_bound(found: Mapping[str, Any], shown: str) -> str:
    """Write a number of the summary as what it is: ``≤ 450(7)``, ``425 to 450``, or `shown`.

    Parameters
    ----------
    found : mapping
        The number.
    shown : str
        Its value and error, as they are written where it is a value.
    """
    bound = found.get("bound", "")
    if bound == WORDS[Bound.INTERVAL]:
        return f"{found['lower']:g} to {found['upper']:g}"
    sign = next((sign for kind, sign in SIGNS.items() if WORDS[kind] == bound), "")
    return f"{sign} {shown}".strip()


def note_bounds(material: Mapping[str, Any], *, derived: bool = True) -> str:
    """Say which signs stand before the T_t of a material's table, and what is taken at them.

    Parameters
    ----------
    material : mapping
        An entry of the summary.
    derived : bool
        Whether the table holds quantities at this T_t.
    """
    found = [entry["transition_temperature"] for entry in material.get("pressures", [])]
    words = list(dict.fromkeys(one["bound"] for one in found if one))
    signs = {WORDS[kind]: sign for kind, sign in SIGNS.items()}
    bounds = [f"{signs[word]}: {_MEANINGS[word]}" for word in words if word in signs]
    if WORDS[Bound.INTERVAL] in words:
        bounds.append("from … to: T_t lies between both, anywhere")
    if not derived or not set(words) & set(signs):
        return "; ".join(bounds)
    return "; ".join([*bounds, "ΔV, ΔH and ΔS are those at this T_t"])


def _largest(barocaloric: xr.Dataset, name: str, flag: str) -> dict[str, Any] | None:
    """Find the largest effect, by value less its error, among simulated pressures.

    Values for which a line is extrapolated too far don't count.
    """
    simulated = barocaloric["interpolated"] == 0
    compressed = barocaloric["final_pressure"] != barocaloric["initial_pressure"]
    certain: xr.DataArray = abs(barocaloric[name]) - barocaloric[stderr_name(name)]
    certain = certain.where((barocaloric[flag] == 0) & simulated & compressed)
    if not np.isfinite(certain.values).any():
        return None
    at = certain.argmax(["final_pressure", "temperature"])
    assert isinstance(at, dict)  # noqa: S101 - two dimensions give a mapping
    found = barocaloric.isel(at)
    place = {
        "temperature_K": float(found["temperature"]),
        "initial_pressure_GPa": float(found["initial_pressure"]),
        "final_pressure_GPa": float(found["final_pressure"]),
    }
    kind = combine(
        read_flag(barocaloric.sel(final_pressure=p, drop=True), "transition_bound")
        for p in (place["initial_pressure_GPa"], place["final_pressure_GPa"])
    )
    return (_at(number(found, name), kind) or {}) | place


def _at_place(
    barocaloric: xr.Dataset, name: str, largest: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return another variable where the largest effect is."""
    if largest is None or name not in barocaloric:
        return None
    place = {key: value for key, value in largest.items() if key.endswith(("_K", "_GPa"))}
    found = number(
        barocaloric.sel(
            final_pressure=place["final_pressure_GPa"], temperature=place["temperature_K"]
        ),
        name,
    )
    return None if found is None else found | place


def combined_error(number: Mapping[str, Any]) -> float | None:
    """Combine a number's statistical and systematic error in squares; None where none is known."""
    errors = [number.get(name) for name in ("stderr", "systematic")]
    return None if errors[0] is None else float(np.hypot(errors[0], errors[1] or 0.0))


def _missing(transition: xr.Dataset, barocaloric: xr.Dataset, route: str) -> list[str]:
    notes = [str(transition["used_reason"].item())]
    for name in transition["route"].values:
        at = transition.sel(route=name)
        if name == "ramp_midpoint" and name != route:
            continue  # its two branches have the reasons
        absent = ~np.isfinite(at["transition_temperature"].values)
        reasons = [str(reason) for reason in at["reason"].values]
        for p, missing, reason in zip(at["pressure"].values, absent, reasons, strict=True):
            if (missing or name == route) and reason and reason != NOT_SIMULATED:
                notes.append(f"{p:g} GPa, {name}: {reason}")
    if route:
        notes.append(str(transition["slope_reason"].sel(route=route).item()))
    notes += [str(note) for note in transition["legs_reason"].values]
    for p, note in zip(
        transition["pressure"].values, transition["phase_reason"].values, strict=True
    ):
        notes += [f"{p:g} GPa: {note}"] if note else []
    notes += [str(barocaloric[name].item()) for name in BAROCALORIC_REASONS]
    return list(dict.fromkeys(note for note in notes if note))

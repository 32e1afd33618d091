"""The entry of this room: T_t(P) of two phases that meet, of every material."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.equilibrium.coexistence import (
    READ,
    Counts,
    Meeting,
    meeting_of,
    read_runs,
)
from lbhsweep.analysis.equilibrium.evidence import Evidence
from lbhsweep.analysis.equilibrium.transition import Equilibria, Equilibrium, find_equilibria
from lbhsweep.analysis.material import join_products, materials, select_material
from lbhsweep.analysis.phases.assignment import name_in_sentence
from lbhsweep.analysis.transition.bounds import bound_name, bound_variable
from lbhsweep.analysis.transition.caveats import near_zero
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.routes import fit_boundary
from lbhsweep.analysis.variables import text, variable, with_error
from lbhsweep.arrays import FloatArray
from lbhsweep.document import Document

NAME = "equilibrium"
_T = "transition_temperature"
_P = ("pressure",)
_LAW = "v = c (T − T_t) exp(−(E/k)(1/T − 1/T_t)); zero of v by greatest likelihood"
_SOURCE = "Wilson, Philos. Mag. 50, 238 (1900), and Frenkel: the form near T_t"


def names_read(coexist: xr.Dataset) -> list[str]:
    """List the variables of the group that `equilibrium_products` reads."""
    return [name for name in READ if name in coexist]


def equilibrium_products(
    coexist: xr.Dataset | None, sweep: Document | None
) -> dict[str, xr.Dataset]:
    """Find T_t of the two phases of every material.

    Parameters
    ----------
    coexist : Dataset or None
        The group of the results.
    sweep : Document or None
        The sweep's file, which says which phases meet.

    Returns
    -------
    dict
        ``equilibrium``; empty without runs in which growth was measured.
    """
    if coexist is None or not set(READ) <= set(coexist.variables):
        return {}
    meeting = meeting_of(sweep)
    loaded = coexist[names_read(coexist)].load().sortby(["pressure", "temperature"])
    return join_products(
        {
            material: {NAME: _analyze_material(select_material(loaded, material), meeting)}
            for material in materials([loaded])
        }
    )


def _analyze_material(part: xr.Dataset, meeting: Meeting) -> xr.Dataset:
    pressure = part["pressure"].values.astype(np.float64)
    evidence, counts = zip(*read_runs(part, meeting), strict=True)
    found = find_equilibria(evidence, meeting.high)
    variables = _temperatures(found.at)
    variables |= _kinetics(found)
    variables |= _counts(evidence, counts, found.at)
    variables |= _phases(meeting, found.at)
    variables |= _line(pressure, found.at)
    notes = [_note(*each, meeting) for each in zip(found.at, counts, strict=True)]
    variables["reason"] = text(_P, notes, "why T_t is absent, or a caveat")
    return xr.Dataset(variables, coords={"pressure": variable(_P, pressure, "GPa", "pressure")})


def _temperatures(found: Sequence[Equilibrium]) -> dict[str, xr.Variable]:
    each = [one.transition for one in found]
    variables = with_error(
        _T, _P, *_columns(each), "K", "transition temperature", formula=_LAW, source=_SOURCE
    )
    variables[f"{_T}_systematic"] = variable(
        _P, [one.systematic for one in found], "K", "systematic error of transition temperature",
        formula="largest change by form of v(T) and range of the fit, beyond noise",
    )  # fmt: skip
    variables[bound_name(_T)] = bound_variable(_P, [one.kind for one in each], "T_t")
    for i, side in enumerate(("lower", "upper")):
        variables[f"{_T}_{side}"] = variable(
            _P, [one.limits[i] for one in each], "K",
            f"{side} end of the 68 % interval of T_t, or of its interval between winners",
        )  # fmt: skip
    for i, phase in enumerate(("low", "high")):
        end = "highest" if phase == "low" else "lowest"
        variables[f"{phase}_phase_won_at"] = variable(
            _P, [one.won[i] for one in found], "K",
            f"{end} temperature at which the phase stable {'below' if phase == 'low' else 'above'} "
            "T_t won",
        )  # fmt: skip
    return variables


def _kinetics(found: Equilibria) -> dict[str, xr.Variable]:
    variables = with_error(
        "growth_coefficient", _P, *_columns([one.coefficient for one in found.at]),
        "angstrom/ps/K", "growth coefficient dv/dT at T_t", formula=_LAW,
    )  # fmt: skip
    variables |= with_error(
        "growth_activation_energy", _P, *_columns([one.energy for one in found.at]),
        "eV", "activation energy of growth", formula=_LAW,
    )  # fmt: skip
    variables["interface_diffusion"] = variable(
        (), found.diffusion, "angstrom**2/ps", "diffusion σ² of growth, whose speed varies by σ²/τ",
        formula="scatter of all runs of the material about their own drifts, and about v(T)",
    )  # fmt: skip
    variables["speed_between_runs"] = variable(
        (), found.between, "angstrom/ps", "standard deviation of growth speed between runs",
        formula="Σ r²/(σ²/τ + s²) is the number of degrees of freedom",
        source="R. C. Paule, J. Mandel, J. Res. Natl. Bur. Stand. 87, 377 (1982)",
    )  # fmt: skip
    return variables


def _counts(
    evidence: Sequence[Evidence], counts: Sequence[Counts], found: Sequence[Equilibrium]
) -> dict[str, xr.Variable]:
    used = [part.temperature.size for part in evidence]
    numbers = {
        "n_runs": ([one.n_done for one in counts], "finished runs"),
        "n_measured": ([one.n_measured for one in found], "runs with a growth speed"),
        "n_censored": ([one.n_censored for one in found], "runs with only a bound of their speed"),
        "n_undecided": (
            [int((part.winner == 0).sum()) for part in evidence],
            "runs that neither phase won",
        ),
        "n_unused": (
            [one.n_done - n for one, n in zip(counts, used, strict=True)],
            "runs that say nothing of these two phases",
        ),
    }
    for name, code in (("first", -1), ("second", 1)):
        won = [int((part.winner == code).sum()) for part in evidence]
        numbers[f"n_{name}_won"] = (won, f"runs that the {name} phase won")
    return {
        name: variable(_P, np.array(values, dtype=np.int64), "1", long_name)
        for name, (values, long_name) in numbers.items()
    }


def _phases(meeting: Meeting, found: Sequence[Equilibrium]) -> dict[str, xr.Variable]:
    names = [_ordered(meeting, one) for one in found]
    return {
        "low_phase": text(_P, [low for low, _ in names], "phase stable below T_t"),
        "high_phase": text(_P, [high for _, high in names], "phase stable above T_t"),
        "first_phase": text((), meeting.phases[0], "phase built in the lower half of the cell"),
        "second_phase": text((), meeting.phases[1], "phase built in the upper half of the cell"),
        "lateral_length": variable(
            (), meeting.lateral_A, "angstrom", "lattice parameter at which a and b were held"
        ),
    }


def _ordered(meeting: Meeting, one: Equilibrium) -> tuple[str, str]:
    """Return the low and the high phase; empty where it is unknown which is which."""
    if not one.high:
        return "", ""
    first, second = meeting.phases
    return (first, second) if one.high > 0 else (second, first)


def _line(pressure: FloatArray, found: Sequence[Equilibrium]) -> dict[str, xr.Variable]:
    """Fit T_t(P) by values, weighted by both of their errors; bounds and intervals have no part."""
    value, error = np.full((2, len(found)), np.nan)
    for i, one in enumerate(found):
        if np.isfinite(one.systematic):
            value[i] = one.transition.value
            error[i] = np.hypot(one.transition.stderr, one.systematic)
    slope, intercept = fit_boundary(pressure, value, error)
    reason = slope.reason or ("dT/dP is within 2σ of zero" if near_zero(slope) else "")
    formula = "weighted straight line through T_t(P)"
    return {
        **with_error(
            "boundary_slope", (), slope.value, slope.stderr, "K/GPa",
            "slope of the phase boundary dT/dP", formula=formula,
        ),
        **with_error(
            "boundary_intercept", (), intercept.value, intercept.stderr, "K",
            "transition temperature at zero pressure", formula=formula,
        ),
        "slope_reason": text((), reason, "why dT/dP is absent, or a caveat"),
    }  # fmt: skip


def _note(one: Equilibrium, counts: Counts, meeting: Meeting) -> str:
    parts = [one.transition.reason] if one.transition.reason else []
    if counts.n_other:
        names = " and ".join(name_in_sentence(name) for name in meeting.phases)
        parts.append(f"in {counts.n_other} run(s) a phase other than {names} grew: left out")
    if counts.n_apart:
        parts.append(f"in {counts.n_apart} run(s) one half changed before the phases met: left out")
    return "; ".join(parts)


def _columns(found: Sequence[Estimate]) -> tuple[FloatArray, FloatArray]:
    return np.array([one.value for one in found]), np.array([one.stderr for one in found])

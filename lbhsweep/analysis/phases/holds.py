"""Holds: volume, enthalpy and lattice parameter against temperature at every pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase, assign_phases, mixed_reasons
from lbhsweep.analysis.phases.curves import in_phase
from lbhsweep.analysis.phases.monotonic import describe_falls
from lbhsweep.analysis.runs import CURVES, counted, done, mean_over_replicas, too_short
from lbhsweep.analysis.statistics import JOINED
from lbhsweep.analysis.variables import stack, text, variable, with_error
from lbhsweep.arrays import IntArray
from lbhsweep.quantities import CATALOGUE

StringArray = np.ndarray[tuple[int, ...], np.dtype[np.object_]]
_DIMS = ("phase", "pressure", "temperature")
_PLACES_NAMED = 6
"""Cells that a sentence names before it only counts them."""


def analyze_holds(hold: xr.Dataset) -> xr.Dataset:
    """Average the holds of one material over replicas, each phase by itself.

    Holds that drift don't count.  Of those too short for their own correlation time the values
    count, and errors are then the scatter between replicas; a single one has no error.

    Parameters
    ----------
    hold : Dataset
        From `join_starts`: replicas built in either phase.

    Returns
    -------
    Dataset
        By (phase, pressure, temperature): volume, enthalpy, lattice_a, n_done, n_equilibrated,
        n_too_short; flagged, a sentence on holds not equilibrated or of no single phase, empty if
        there are none; by (pressure, temperature) mixed_reason, why holds are no single phase;
        falling, where V or H of a phase falls on heating.  Without order parameters all holds are
        of the phase ``undecided``.
    """
    phases = assign_phases(hold)
    parts = [_analyze_phase(in_phase(hold, phases, phase), phases == phase) for phase in Phase]
    names = np.array([LONG_NAMES[phase] for phase in Phase], dtype=object)
    joined = stack(parts, "phase")
    counts = {name: joined[name].sum("phase").values for name in _COUNTS}
    where = [hold[dim].values for dim in _DIMS[1:]]
    mixed = _mixed(hold)
    sentences = (_flagged(counts, *where), _flagged_mixed(mixed, int(counts["n_done"].sum()), hold))
    joined["flagged"] = text(
        (), "; ".join(one for one in sentences if one), "holds not equilibrated or mixed, by kind"
    )
    joined["mixed_reason"] = text(_DIMS[1:], mixed, "why holds here are no single phase")
    single = {
        LONG_NAMES[phase]: joined.isel(phase=number)
        for number, phase in enumerate(Phase)
        if phase in (Phase.ALPHA, Phase.ALPHA_CAP, Phase.BETA)
    }
    joined["falling"] = text((), describe_falls(single), "where V or H falls on heating")
    return joined.assign_coords(phase=text(("phase",), names, "phase by orientational order"))


_COUNTS = {
    "n_done": "replicas that are done",
    "n_equilibrated": "replicas that are done and equilibrated",
    "n_too_short": "replicas that are done and too short for their own correlation time",
}


def _analyze_phase(hold: xr.Dataset, inside: xr.DataArray) -> xr.Dataset:
    dims = _DIMS[1:]
    variables: dict[str, xr.Variable] = {}
    for name in CURVES:
        if name in hold:
            mean, stderr, _ = mean_over_replicas(hold, name)
            variables |= with_error(
                name,
                dims,
                mean.transpose(*dims).values,
                stderr.transpose(*dims).values,
                CATALOGUE[name].units,
                CATALOGUE[name].long_name,
                formula=f"mean over replicas; error: {JOINED}",
            )
    short = counted(hold) & too_short(hold)
    usable = counted(hold) & hold["volume"].notnull()
    for name, of in (
        ("n_done", done(hold)),
        ("n_equilibrated", usable & ~short),
        ("n_too_short", short),
    ):
        count = (of & inside).sum("replica").transpose(*dims).values
        variables[name] = variable(dims, count, "1", _COUNTS[name])
    return xr.Dataset(variables, coords={dim: hold[dim].variable for dim in dims})


def _mixed(hold: xr.Dataset) -> StringArray:
    """Join the reasons of all replicas, each once, by (pressure, temperature)."""
    each = mixed_reasons(hold).transpose(*_DIMS[1:], "replica").values
    joined = np.full(each.shape[:2], "", dtype=object)
    for at in np.ndindex(*joined.shape):
        joined[at] = "; ".join(dict.fromkeys(str(reason) for reason in each[at] if reason))
    return joined


def _flagged_mixed(mixed: StringArray, n_done: int, hold: xr.Dataset) -> str:
    """Name the holds that are no single phase, with the reason."""
    places = np.argwhere(mixed != "")
    if not len(places):
        return ""
    p, t = (hold[dim].values for dim in _DIMS[1:])
    named = [f"{p[i]:g} GPa {t[j]:g} K ({mixed[i, j]})" for i, j in places[:_PLACES_NAMED]]
    more = len(places) - len(named)
    named += [f"{more} more cells"] if more else []
    count = int((mixed_reasons(hold) != "").sum())
    return f"{count} of {n_done} holds of no single phase, left out: {', '.join(named)}"


def _flagged(counts: dict[str, IntArray], pressure: IntArray, temperature: IntArray) -> str:
    """Describe how many holds drift or are too short, where, and how they are used."""
    done, short = counts["n_done"], counts["n_too_short"]
    drifting = done - counts["n_equilibrated"] - short
    sentences = []
    for count, what in (
        (drifting, "not equilibrated, left out"),
        (short, "too short for their own correlation time, averaged, with errors that may be low"),
    ):
        places = np.argwhere(count > 0)
        if len(places):
            named = [f"{pressure[i]:g} GPa {temperature[j]:g} K" for i, j in places[:_PLACES_NAMED]]
            more = len(places) - len(named)
            named += [f"{more} more cells"] if more else []
            sentences.append(f"{count.sum()} of {done.sum()} holds {what}: {', '.join(named)}")
    return "; ".join(sentences)

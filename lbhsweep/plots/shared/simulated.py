"""What was simulated, in one line below every figure, since figures are shown alone."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.equilibrium.coexistence import meeting_of
from lbhsweep.analysis.phases.assignment import name_in_sentence
from lbhsweep.analysis.sweep_file import sweep_of
from lbhsweep.document import Document
from lbhsweep.sweep.file.spec import HoldSection, SystemSection

ATOMS_PER_CELL = 104


def describe(tree: xr.DataTree) -> str:
    """Return atoms, potential, rates or length of holds, and replicas, as far as they are known.

    Parameters
    ----------
    tree : DataTree
        One material's part of the results, from `each_material`.
    """
    sweep = sweep_of(tree)
    parts = [_size(sweep, int(tree.attrs.get("n_vacancies", 0)))]
    parts.append(str(tree.attrs.get("potential", "")))
    if "ramp" in tree.children:
        ramp = tree["ramp"].to_dataset()
        rates = ", ".join(f"{rate:g}" for rate in np.atleast_1d(ramp["heating_rate"].values))
        parts.append(f"ramps of {rates} K/ps, {_replicas(ramp)}")
    if "hold" in tree.children:
        parts.append(f"holds{_length(sweep)}, {_replicas(tree['hold'].to_dataset())}")
    if "coexist" in tree.children:
        parts.append(_coexisting(sweep, tree["coexist"].to_dataset()))
    return " · ".join(part for part in parts if part)


def _coexisting(sweep: Document | None, dataset: xr.Dataset) -> str:
    meeting = meeting_of(sweep)
    names = " and ".join(name_in_sentence(name) for name in meeting.phases)
    held = f", a and b held at {meeting.lateral_A:g} Å" if np.isfinite(meeting.lateral_A) else ""
    return f"{names} in one cell{held}, {_replicas(dataset)}"


def _size(sweep: Document | None, n_vacancies: int) -> str:
    if sweep is None:
        return ""
    try:
        repeats = SystemSection.model_validate(sweep.at(("system",)) or {}).supercell
    except ValueError:
        return ""
    n_atoms = ATOMS_PER_CELL * int(np.prod(repeats)) - n_vacancies
    return f"{n_atoms} atoms ({'×'.join(str(n) for n in repeats)} cells)"


def _length(sweep: Document | None) -> str:
    if sweep is None or sweep.at(("protocol", "hold")) is None:
        return ""
    try:
        return f" of {HoldSection.model_validate(sweep.at(('protocol', 'hold'))).produce:g} ps"
    except ValueError:
        return ""


def _replicas(dataset: xr.Dataset) -> str:
    n = dataset.sizes.get("replica", 1)
    return f"{n} replica{'s' if n > 1 else ''}"

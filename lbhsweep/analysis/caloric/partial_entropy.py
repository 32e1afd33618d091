"""Which part of the crystal an entropy belongs to: by velocity spectra, and by freezing the rest.

Δ is the harmonic entropy of β less that of α at one pressure and temperature.  By spectra it is
the sum of Li, translation, libration and internal vibration of the anions.  By freezing, the part
of a sublattice is Δ of the whole crystal less Δ with that sublattice held at its sites.  The rest
of Δ of the whole is the interplay of both.  Harmonic entropies leave out the disorder itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase
from lbhsweep.analysis.variables import ENTROPY_UNITS, text, with_error
from lbhsweep.arrays import FloatArray
from lbhsweep.quantities import stderr_name

KINDS = ("classical", "quantum")
PARTS = ("all", "li", "translation", "libration", "internal")
"""Whole crystal, Li, and the motions of the anions."""
SUBLATTICES = ("Li", "anions", "interplay")
_ORDERED = (Phase.ALPHA, Phase.ALPHA_CAP)
_FROZEN = "Δ(none) − Δ(sublattice frozen); interplay: Δ(none) − Δ of Li − Δ of anions"
_HARMONIC = "harmonic oscillators of the velocity spectrum"


def analyze_partial_entropies(replicas: xr.Dataset | None) -> xr.Dataset | None:
    """Compare the entropies of α and β cells at the same pressure and temperature.

    Works across the axis `frozen`, which separates materials everywhere else.

    Parameters
    ----------
    replicas : Dataset or None
        Combined holds, from `combine_group`, by phase.

    Returns
    -------
    Dataset or None
        By the grid of the holds: ``entropy_<kind>`` by (phase, part), ``entropy_change_<kind>``
        of β less α by part, and, if there is an axis `frozen`, ``frozen_part_<kind>`` by
        sublattice; kinds are classical and quantum.  None without holds or spectra.
    """
    if replicas is None or f"vibrational_entropy_{KINDS[0]}" not in replicas:
        return None
    ordered = _ordered_phase(replicas)
    variables: dict[str, xr.DataArray] = {}
    for kind in KINDS:
        of = f"{kind} harmonic entropy"
        cells = _cells(replicas, kind, ordered)
        change = _difference(cells)
        variables |= _labelled(f"entropy_{kind}", cells, of, f"S of {_HARMONIC}")
        variables |= _labelled(
            f"entropy_change_{kind}", change, f"{of} of beta less that of alpha", "S(β) − S(α)"
        )
        if "frozen" in change.dims:
            part = _parts_by_freezing(change.sel(part="all", drop=True))
            variables |= _labelled(
                f"frozen_part_{kind}", part, f"part in the change of {of}", _FROZEN
            )
        if kind == KINDS[0]:
            variables["reason"] = _reasons(cells)
    return xr.Dataset(variables).assign(
        note=text((), _note(replicas, ordered), "what was assumed about phases")
    )


def _ordered_phase(replicas: xr.Dataset) -> Phase:
    """Choose the ordered phase, α or α-b, in which more holds are."""
    if "n_replicas" not in replicas:
        return Phase.ALPHA
    return max(_ORDERED, key=lambda phase: float(_in_phase(replicas["n_replicas"], phase).sum()))


def _in_phase(array: xr.DataArray, phase: Phase) -> xr.DataArray:
    """Return a quantity in one phase; NaN where no hold is in it."""
    name = LONG_NAMES[phase]
    if name in array["phase"].values:
        return array.sel(phase=name, drop=True)
    return xr.full_like(array.isel(phase=0, drop=True), np.nan, dtype=np.float64)


def _cells(replicas: xr.Dataset, kind: str, ordered: Phase) -> xr.Dataset:
    """Collect the entropies of one kind and their errors by (phase, part) and the grid."""
    found = {}
    for key, suffix in (("value", False), ("stderr", True)):
        parts = []
        for part in PARTS:
            name = f"vibrational_entropy_{kind}" + ("" if part == "all" else f"_{part}")
            array = replicas[stderr_name(name) if suffix else name]
            both = [_in_phase(array, phase) for phase in (ordered, Phase.BETA)]
            parts.append(xr.concat(both, _label_coordinate("phase", ("alpha", "beta"), "phase")))
        found[key] = xr.concat(parts, _label_coordinate("part", PARTS, "part of the crystal"))
    return xr.Dataset(found)


def _label_coordinate(dim: str, names: Sequence[str], long_name: str) -> xr.DataArray:
    values = np.array(names, dtype=object)
    return xr.DataArray(values, {dim: values}, (dim,), dim, {"long_name": long_name})


def _difference(cells: xr.Dataset) -> xr.Dataset:
    alpha, beta = (cells.sel(phase=name, drop=True) for name in ("alpha", "beta"))
    error = _hypot(alpha["stderr"], beta["stderr"])
    return xr.Dataset({"value": beta["value"] - alpha["value"], "stderr": error})


def _hypot(*errors: xr.DataArray) -> xr.DataArray:
    """Add independent errors in squares."""
    squares = [error**2 for error in errors]
    return sum(squares[1:], squares[0]) ** 0.5


def _parts_by_freezing(change: xr.Dataset) -> xr.Dataset:
    """Compute what a sublattice adds to Δ, with errors of independent runs."""
    frozen = list(change["frozen"].values)

    def held(name: str) -> xr.Dataset:
        if name in frozen:
            return change.sel(frozen=name, drop=True)
        return xr.full_like(change.isel(frozen=0, drop=True), np.nan)

    whole, lithium, anions = (held(name) for name in ("none", "Li", "anions"))
    values = [
        whole["value"] - lithium["value"],
        whole["value"] - anions["value"],
        lithium["value"] + anions["value"] - whole["value"],
    ]
    first, second, third = (one["stderr"] for one in (whole, lithium, anions))
    errors = [
        _hypot(first, second),
        _hypot(first, third),
        _hypot(first, second, third),
    ]
    along = _label_coordinate("sublattice", SUBLATTICES, "sublattice whose part it is")
    return xr.Dataset({"value": xr.concat(values, along), "stderr": xr.concat(errors, along)})


def _labelled(
    name: str, found: xr.Dataset, long_name: str, formula: str
) -> dict[str, xr.DataArray]:
    dims = [str(dim) for dim in found["value"].dims]
    pair: tuple[FloatArray, FloatArray] = (
        found["value"].values,
        found["stderr"].transpose(*dims).values,
    )
    variables = with_error(name, dims, *pair, ENTROPY_UNITS, long_name, formula=formula)
    return {
        key: xr.DataArray(variable, found["value"].coords) for key, variable in variables.items()
    }


def _reasons(cells: xr.Dataset) -> xr.DataArray:
    """Build the reasons of cells in which a phase is missing, so that nothing is compared."""
    known = cells["value"].sel(part="all", drop=True).notnull()
    alpha, beta = (known.sel(phase=name, drop=True) for name in ("alpha", "beta"))
    reasons = np.full(alpha.shape, "", dtype=object)
    reasons[(~alpha & beta).values] = "no settled hold in α has spectra here"
    reasons[(alpha & ~beta).values] = "no settled hold in β has spectra here"
    reasons[(~alpha & ~beta).values] = "no settled hold in either phase has spectra here"
    variable = text([str(dim) for dim in alpha.dims], reasons, "why there is no difference")
    return xr.DataArray(variable, alpha.coords)


def _note(replicas: xr.Dataset, ordered: Phase) -> str:
    if set(replicas["phase"].values) == {LONG_NAMES[Phase.UNDECIDED]}:
        return "phases not distinguished: no order parameters (observable sites)"
    if ordered == Phase.ALPHA_CAP:
        return "the ordered phase is α-b (Li over cage faces), not the α phase of experiment"
    return ""

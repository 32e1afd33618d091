"""Fluctuation of the anions' centres under pressure, relative to the lowest pressure."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.replicas import combine_group
from lbhsweep.analysis.transport.coefficients import ORDER
from lbhsweep.analysis.variables import BAROCALORIC_STUDY, mask, text, with_error
from lbhsweep.arrays import FloatArray

NAME = "anion_fluctuation"


def analyze_anion_fluctuation(hold: xr.Dataset) -> xr.Dataset | None:
    """Divide the anions' fluctuation by that at the lowest pressure and the same temperature.

    The reference is in the same phase where there is one.  Else it is in the phase of most of
    the replicas at the lowest pressure, and the ratio then compares two phases.

    Parameters
    ----------
    hold : Dataset
        The group `hold` of the results, from `join_starts`.

    Returns
    -------
    Dataset or None
        By ``phase`` and the grid without ``replica``: anion_fluctuation, relative_fluctuation,
        with errors; same_phase; reason.  None where it was not measured.
    """
    if NAME not in hold:
        return None
    names = (NAME, f"{NAME}_stderr", *ORDER, "volume", "status", "equilibrated")
    combined = combine_group(hold[[name for name in names if name in hold]].load())
    combined = combined.sortby(["pressure", "temperature"])
    value, error = combined[NAME], combined[f"{NAME}_stderr"]
    dims = tuple(str(d) for d in value.transpose(..., "phase", "pressure", "temperature").dims)
    x, s, n = (
        array.transpose(*dims).values for array in (value, error, combined[f"{NAME}_replicas"])
    )
    first = int(np.argmin(combined["pressure"].values))
    own_x, own_s = x[..., first : first + 1, :], s[..., first : first + 1, :]
    # Along the phases: that of most replicas at the lowest pressure stands in.
    most = np.argmax(np.where(np.isfinite(own_x), n[..., first : first + 1, :], -1), axis=-3)
    other_x, other_s = (
        np.take_along_axis(array, most[..., None, :, :], axis=-3) for array in (own_x, own_s)
    )
    same = np.broadcast_to(np.isfinite(own_x), x.shape)
    reference, reference_error = np.where(same, own_x, other_x), np.where(same, own_s, other_s)
    ratio, ratio_error = _ratio(x, s, reference, reference_error)
    is_first = np.zeros(x.shape, dtype=bool)
    is_first[..., first, :] = True
    ratio_error = np.where(is_first & np.isfinite(ratio), 0.0, ratio_error)
    lowest = float(combined["pressure"].values[first])
    across = np.isfinite(ratio) & ~same
    reasons = np.full(x.shape, "", dtype=object)
    reasons[across] = f"another phase at {lowest:g} GPa: the ratio compares two phases"
    reasons[~np.isfinite(reference)] = f"no hold at {lowest:g} GPa to compare with"
    reasons[~np.isfinite(x)] = "no settled hold in this phase"
    long_name = "fluctuation of the anions' centres"
    variables = with_error(NAME, dims, x, s, "angstrom", long_name)
    variables |= with_error(
        "relative_fluctuation",
        dims,
        ratio,
        ratio_error,
        "1",
        f"{long_name} relative to {lowest:g} GPa",
        formula="√<|R − <R>|²> at P over that at the lowest P, same T",
        source=f"{BAROCALORIC_STUDY}, fig. 4",
    )
    variables["same_phase"] = mask(dims, same & np.isfinite(ratio), "reference in the same phase")
    variables["reason"] = text(dims, reasons, "why there is no ratio, or a caveat")
    coords = {
        str(name): coordinate.variable
        for name, coordinate in combined.coords.items()
        if set(map(str, coordinate.dims)) <= set(dims)
    }
    return xr.Dataset(variables, coords=coords)


def _ratio(
    x: FloatArray, s: FloatArray, y: FloatArray, y_error: FloatArray
) -> tuple[FloatArray, FloatArray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = x / y
        return ratio, np.abs(ratio) * np.hypot(s / x, y_error / y)

"""Whether runs kept their pressure: without that there is no C_P."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lbhsweep.analysis.variables import text


def at_constant_pressure(capacities: xr.Dataset, ensemble: str) -> xr.Dataset:
    """Remove heat capacities of runs at constant volume, with the cause in `reason`.

    Along such runs the pressure follows temperature: neither dH/dT nor Var(H) is C_P.
    """
    reason = ""
    if ensemble != "npt":
        reason = f"runs at constant volume ({ensemble}) have no C_P: wanted ensemble npt"
        capacities = capacities.assign(
            {
                name: array.copy(data=np.full(array.shape, np.nan))
                for name, array in capacities.data_vars.items()
                if array.dtype.kind == "f"
            }
        )
    return capacities.assign(reason=text((), reason, "why there is no heat capacity"))

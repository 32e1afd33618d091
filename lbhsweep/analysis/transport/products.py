"""The entry of this room: transport in holds, its activation energies and its convergence."""

from __future__ import annotations

import xarray as xr

from lbhsweep.analysis.transport.activation import analyze_activation
from lbhsweep.analysis.transport.anion_fluctuation import analyze_anion_fluctuation
from lbhsweep.analysis.transport.coefficients import analyze_transport, transport_names
from lbhsweep.analysis.transport.convergence import analyze_convergence, convergence_names


def names_read(hold: xr.Dataset) -> list[str]:
    """List the variables of the holds that `transport_products` reads beside averaged ones."""
    return [*transport_names(hold), *convergence_names(hold)]


def transport_products(hold: xr.Dataset | None) -> dict[str, xr.Dataset]:
    """Compute transport and its convergence for all materials at once.

    Parameters
    ----------
    hold : Dataset or None
        The group `hold` of the results, from `join_starts`.

    Returns
    -------
    dict
        ``transport``, ``arrhenius/<law>``, ``anion_fluctuation``, ``convergence``, those for
        which there is something.
    """
    if hold is None:
        return {}
    found = {
        "transport": analyze_transport(hold),
        "anion_fluctuation": analyze_anion_fluctuation(hold),
        "convergence": analyze_convergence(hold),
    }
    products = {name: product for name, product in found.items() if product is not None}
    if "transport" in products:
        laws = analyze_activation(products["transport"])
        products |= {f"arrhenius/{name}": law for name, law in laws.items()}
    return products

"""Activation energies of diffusion, conduction and reorientation by phase and pressure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.analysis.phases.assignment import LONG_NAMES, Phase
from lbhsweep.analysis.transport.arrhenius import ArrheniusFit, fit_arrhenius, no_fit
from lbhsweep.analysis.variables import text, variable, with_error
from lbhsweep.arrays import FloatArray
from lbhsweep.quantities import stderr_name

Fits = npt.NDArray[np.object_]
"""`ArrheniusFit` by the grid without temperature."""


@dataclass(frozen=True, slots=True)
class Law:
    """What is fitted: a quantity of the transport, or its product with T."""

    quantity: str
    symbol: str
    units: str
    times_temperature: bool = False


LAWS = MappingProxyType(
    {
        "diffusion": Law("diffusion_coefficient", "D", "cm**2/s"),
        "conductivity": Law("conductivity", "σT", "K*S/cm", times_temperature=True),
        "conductivity_tracer": Law("conductivity_tracer", "σT", "K*S/cm", times_temperature=True),
        "reorientation": Law("reorientation_rate", "λ", "1/ps"),
    }
)
"""Laws by the name of their group."""
PHASES_UNKNOWN = (
    "phases not distinguished, order was not measured: the line may cross the transition"
)
MIXED = "order and disorder side by side, not fitted"
UNDECIDED = "phase undecided, not fitted"
_PLAIN = "ln σ = ln σ₀ − E_a/(k_B T), less than that of σT by about k_B T"
_SOURCE = "eq. 3 of Maltsev et al. 2023"


def analyze_activation(transport: xr.Dataset) -> dict[str, xr.Dataset]:
    """Fit the Arrhenius law of every quantity in each phase at each pressure.

    Of σ the product with T is fitted, for which E_a is that of D if the Haven ratio and the
    volume don't change (Nernst–Einstein); beside it stands E_a of σ alone, which Maltsev et al.
    print.  Where a part of the holds showed no decay of the orientation there is no λ, for the
    mean over the others is too large.

    Parameters
    ----------
    transport : Dataset
        From `analyze_transport`.

    Returns
    -------
    dict of str to Dataset
        By name (`LAWS`), each by the grid without temperature: activation_energy, prefactor,
        log_prefactor, their covariance, reduced_chi_squared, n_points, t_min, t_max, reason; of
        conductivities also activation_energy_plain, prefactor_plain.
    """
    grid = transport["n_replicas"].transpose(..., "phase", "pressure", "temperature")
    dims = tuple(str(dim) for dim in grid.dims)
    has_phases = _has_phases(transport, dims)
    return {
        name: _analyze(transport, law, dims, has_phases)
        for name, law in LAWS.items()
        if law.quantity in transport
    }


def _has_phases(transport: xr.Dataset, dims: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Select the materials of which any phase is known."""
    counts = transport["n_replicas"].transpose(*dims)
    known = counts["phase"] != LONG_NAMES[Phase.UNDECIDED]
    return np.asarray((counts.where(known, 0) > 0).any(dims[-3:]).values, dtype=bool)


def _analyze(
    transport: xr.Dataset, law: Law, dims: tuple[str, ...], has_phases: npt.NDArray[np.bool_]
) -> xr.Dataset:
    values = transport[law.quantity].transpose(*dims).values
    stderrs = transport[stderr_name(law.quantity)].transpose(*dims).values
    if law.quantity == "reorientation_rate":
        counts = (transport["reorientation_rate_replicas"], transport["n_replicas"])
        seen, n = (count.transpose(*dims).values for count in counts)
        values = np.where(seen < n, np.nan, values)
    temperature = transport["temperature"].values.astype(np.float64)
    phases = [str(name) for name in transport["phase"].values]
    factor = temperature if law.times_temperature else np.ones_like(temperature)
    fits = _fit_all(temperature, values * factor, stderrs * factor, phases, has_phases)
    variables = _variables(fits, law, dims[:-1])
    if law.times_temperature:
        plain = _fit_all(temperature, values, stderrs, phases, has_phases)
        variables |= _plain_variables(plain, transport[law.quantity].attrs["units"], dims[:-1])
    coords = {
        name: coordinate.variable
        for name, coordinate in transport.coords.items()
        if set(map(str, coordinate.dims)) <= set(dims[:-1])
    }
    return xr.Dataset(variables, coords=coords)


def _fit_all(
    temperature: FloatArray,
    values: FloatArray,
    stderrs: FloatArray,
    phases: list[str],
    has_phases: npt.NDArray[np.bool_],
) -> Fits:
    fits: Fits = np.empty(values.shape[:-1], dtype=object)
    for index in np.ndindex(*fits.shape):
        phase = phases[index[-2]]
        if not np.isfinite(values[index]).any():
            fits[index] = no_fit("no value at any temperature")
        elif phase == LONG_NAMES[Phase.MIXED]:
            fits[index] = no_fit(MIXED)
        elif phase == LONG_NAMES[Phase.UNDECIDED] and has_phases[index[:-2]]:
            fits[index] = no_fit(UNDECIDED)
        else:
            fit = fit_arrhenius(temperature, values[index], stderrs[index])
            if phase == LONG_NAMES[Phase.UNDECIDED]:
                fit = replace(fit, reason="; ".join(filter(None, (PHASES_UNKNOWN, fit.reason))))
            fits[index] = fit
    return fits


def _variables(fits: Fits, law: Law, dims: tuple[str, ...]) -> dict[str, xr.Variable]:
    symbol = law.symbol
    formula = f"ln {symbol} = ln A − E_a/(k_B T)"
    energy, prefactor, log = "activation_energy", "prefactor", "log_prefactor"
    variables = _pair(fits, energy, dims, "eV", f"activation energy of {symbol}", formula)
    variables |= _pair(fits, prefactor, dims, law.units, f"prefactor A of {symbol}", formula)
    variables |= _pair(fits, log, dims, "1", f"ln A of {symbol}, A in {law.units}", formula)
    for name, units, long_name, dtype, pick in (
        ("covariance", "eV", "covariance of ln A and E_a", float, lambda f: f.covariance[0, 1]),
        ("reduced_chi_squared", "1", "χ²/(n − 2)", float, attrgetter("reduced_chi_squared")),
        ("n_points", "1", "temperatures fitted", np.int32, attrgetter("n_points")),
        ("t_min", "K", "lowest temperature fitted", float, attrgetter("t_min")),
        ("t_max", "K", "highest temperature fitted", float, attrgetter("t_max")),
    ):
        variables[name] = variable(dims, _map(fits, pick, dtype), units, long_name)
    reasons = _map(fits, attrgetter("reason"), object)
    variables["reason"] = text(dims, reasons, "why there is no law, or a caveat")
    return variables


def _plain_variables(fits: Fits, units: str, dims: tuple[str, ...]) -> dict[str, xr.Variable]:
    columns = (
        ("activation_energy", "eV", "activation energy of σ itself"),
        ("prefactor", units, "prefactor σ₀ of σ itself"),
    )
    variables: dict[str, xr.Variable] = {}
    for name, unit, long_name in columns:
        pair = _pair(fits, name, dims, unit, long_name, _PLAIN, source=_SOURCE)
        value, stderr = pair.values()
        variables |= {f"{name}_plain": value, stderr_name(f"{name}_plain"): stderr}
    return variables


def _pair(
    fits: Fits,
    name: str,
    dims: tuple[str, ...],
    units: str,
    long_name: str,
    formula: str,
    source: str = "",
) -> dict[str, xr.Variable]:
    value = _map(fits, attrgetter(name))
    stderr = _map(fits, attrgetter(stderr_name(name)))
    return with_error(name, dims, value, stderr, units, long_name, formula=formula, source=source)


def _map(
    fits: Fits, pick: Callable[[ArrheniusFit], object], dtype: npt.DTypeLike = float
) -> npt.NDArray[np.generic]:
    values = np.empty(fits.shape, dtype=dtype)
    values.ravel()[:] = [pick(fit) for fit in fits.ravel()]
    return values

"""C_P(P,T): local derivative of the enthalpy, the latent-heat peak apart from the baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lbhsweep.analysis.caloric.entropy_lines import heat_capacity_terms
from lbhsweep.analysis.runs import mean_over_replicas
from lbhsweep.analysis.statistics import value_and_error
from lbhsweep.analysis.transition.half_heights import RunStep
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW
from lbhsweep.analysis.transition.step import Step
from lbhsweep.analysis.transition.two_phase import TwoPhase
from lbhsweep.analysis.variables import (
    BAROCALORIC_STUDY,
    ENTROPY_UNITS,
    kilogram_factor,
    mask,
    variable,
    with_error,
)
from lbhsweep.arrays import BoolArray, FloatArray

HALF_WINDOW = 2
"""Points on each side of the one whose slope is taken."""
NAME = "heat capacity at constant pressure"
LATENT = "slope taken across a transition: latent heat, not heat capacity"


def local_slope(
    temperature: FloatArray, values: FloatArray, stderrs: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Compute dy/dT at each point from the straight line through it and two points on each side.

    Windows shrink at the ends and at holes to no fewer than three points.  Points weigh the
    same; the error is propagated from theirs and multiplied by √max(1, χ²/ν), the median over
    all windows of the curve, so that a peak does not dominate.

    Parameters
    ----------
    temperature : (t,) array
    values, stderrs : (..., t) array

    Returns
    -------
    slope, stderr : (..., t) array
    """
    t = temperature
    shape = values.shape
    flat, errors = values.reshape(-1, t.size), stderrs.reshape(-1, t.size)
    slope, error = np.full(flat.shape, np.nan), np.full(flat.shape, np.nan)
    misfit = np.full(flat.shape, np.nan)
    for i in range(t.size):
        window = slice(max(0, i - HALF_WINDOW), i + HALF_WINDOW + 1)
        y, s = flat[:, window], errors[:, window]
        valid = np.isfinite(y) & np.isfinite(flat[:, i : i + 1])
        n = np.maximum(valid.sum(axis=1), 1)
        x = np.where(valid, t[window], 0.0)
        x = np.where(valid, x - (x.sum(axis=1) / n)[:, None], 0.0)
        y0 = np.where(valid, y, 0.0)
        y0 = np.where(valid, y0 - (y0.sum(axis=1) / n)[:, None], 0.0)
        square = np.where(valid.sum(axis=1) >= 3, (x * x).sum(axis=1), np.nan)
        slope[:, i] = (x * y0).sum(axis=1) / square
        error[:, i] = np.sqrt((x * x * np.where(valid, s, 0.0) ** 2).sum(axis=1)) / square
        residual = np.where(valid, y0 - slope[:, i : i + 1] * x, 0.0)
        variance = np.where(valid, s, 0.0) ** 2
        chi2 = (residual**2).sum(axis=1) / np.maximum(variance.sum(axis=1) / n, 1e-300)
        misfit[:, i] = np.where(n > 2, chi2 / np.maximum(n - 2, 1), np.nan)
    return slope.reshape(shape), (error * _inflation(misfit)).reshape(shape)


def _inflation(misfit: FloatArray) -> FloatArray:
    known = np.isfinite(misfit).any(axis=1)
    middle = np.ones(len(misfit))
    middle[known] = np.nanmedian(misfit[known], axis=1)
    return np.sqrt(np.maximum(middle, 1.0))[:, None]


def analyze_ramp_heat_capacity(
    ramp: xr.Dataset, steps: Sequence[RunStep], molar_mass: float
) -> xr.Dataset:
    """Compute C_P of each branch by (pressure, heating_rate, direction, temperature)."""
    dims = ("pressure", "heating_rate", "direction", "temperature")
    variables = derivative(ramp, dims, molar_mass)
    labels = [ramp[dim].values for dim in dims[:-1]]
    latent = np.zeros([len(label) for label in labels] + [ramp.sizes["temperature"]], dtype=bool)
    for index in np.ndindex(*latent.shape[:-1]):
        where = tuple(label[i] for label, i in zip(labels, index, strict=True))
        mine = [
            item
            for item in steps
            if (item.run.pressure, item.run.heating_rate, item.run.direction) == where
        ]
        latent[index] = _latent(ramp["temperature"].values, mine)
    variables["latent_heat"] = mask(dims, latent, LATENT)
    return xr.Dataset(variables, coords={dim: ramp[dim].variable for dim in dims})


def analyze_baseline(model: TwoPhase, temperature: FloatArray, molar_mass: float) -> xr.Dataset:
    """Compute C_P of the stable phase by (pressure, temperature), free of latent heat.

    The slope of the fitted enthalpy lines: of the low-temperature phase below T_t, of the other
    above.  `mean_heat_capacity` is its mean over the temperatures of the data, as calorimetry
    quotes it.
    """
    factor = kilogram_factor(molar_mass)
    high = temperature >= model.transition[..., None]
    terms = {phase: heat_capacity_terms(model.enthalpy[phase]) for phase in (LOW, HIGH)}
    lines = {p: a[..., None] + b[..., None] * temperature for p, (a, b) in terms.items()}
    draws = np.where(high, lines[HIGH], lines[LOW]) * factor
    value, error = value_and_error(draws)
    t_min = np.where(high[0], model.t_min[HIGH][:, None], model.t_min[LOW][:, None])
    t_max = np.where(high[0], model.t_max[HIGH][:, None], model.t_max[LOW][:, None])
    covered = (temperature >= t_min) & (temperature <= t_max)
    weight = np.where(covered, 1.0, 0.0)
    count = np.where(weight.sum(axis=1) > 0, weight.sum(axis=1), np.nan)
    mean, mean_error = value_and_error(np.where(covered, draws, 0.0).sum(axis=2) / count)
    dims = ("pressure", "temperature")
    variables = with_error(
        "heat_capacity",
        dims,
        value,
        error,
        ENTROPY_UNITS,
        f"{NAME}, latent heat removed",
        formula="dH/dT of the fitted line of the stable phase",
        source=BAROCALORIC_STUDY,
    )
    variables |= with_error(
        "mean_heat_capacity", ("pressure",), mean, mean_error, ENTROPY_UNITS,
        f"mean {NAME}, latent heat removed",
        formula="mean over the temperatures of the data", source=f"{BAROCALORIC_STUDY}, fig. 2",
    )  # fmt: skip
    variables["extrapolated"] = mask(dims, ~covered, "no data of this phase at this temperature")
    coords = {
        "pressure": variable(("pressure",), model.pressure, "GPa", "pressure"),
        "temperature": variable(("temperature",), temperature, "K", "temperature"),
    }
    return xr.Dataset(variables, coords=coords)


def derivative(
    dataset: xr.Dataset, dims: tuple[str, ...], molar_mass: float
) -> dict[str, xr.Variable]:
    """Compute dH/dT of the means over replicas, J/kg/K, by `dims`, the last of them temperature."""
    mean, stderr, _ = mean_over_replicas(dataset, "enthalpy")
    temperature = dataset["temperature"].values.astype(np.float64)
    value, error = local_slope(
        temperature, mean.transpose(*dims).values, stderr.transpose(*dims).values
    )
    factor = kilogram_factor(molar_mass)
    return with_error(
        "heat_capacity", dims, value * factor, error * factor, ENTROPY_UNITS, NAME,
        formula=f"dH/dT, straight line through {2 * HALF_WINDOW + 1} neighbouring points",
        source=f"{BAROCALORIC_STUDY}, fig. 2",
    )  # fmt: skip


def _latent(temperature: FloatArray, steps: Sequence[RunStep]) -> BoolArray:
    """Whether the slope's window touches a step, by temperature."""
    touched = np.zeros(temperature.size, dtype=bool)
    number = np.arange(temperature.size)
    for item in steps:
        if isinstance(item.step, Step):
            below, above = item.step.sides(temperature)
            first, last = int(below.sum()) - 1, temperature.size - int(above.sum())
            touched |= (number + HALF_WINDOW > first) & (number - HALF_WINDOW < last)
    return touched

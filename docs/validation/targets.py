"""What the validation sweeps measured, and the published values with which it is compared."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from lbhsweep.analysis.transition.bounds import SIGNS, Bound, read_bound

TRANSPORT = (
    "diffusion_coefficient",
    "conductivity",
    "conductivity_tracer",
    "haven_ratio",
    "reorientation_rate",
)
COUNTS = ("li_hop_count", "n_replicas")


@dataclass(frozen=True, slots=True)
class Number:
    """A measured value, or why there is none."""

    value: float = math.nan
    stderr: float = math.nan
    note: str = ""
    bound: Bound = Bound.VALUE

    def text(self, digits: str = ".3g") -> str:
        """Write value and error."""
        if not math.isfinite(self.value):
            return f"– ({self.note})" if self.note else "–"
        if self.bound.is_one_sided:
            return f"{SIGNS[self.bound]} {self.value:{digits}}"
        digits_of_error = f"{self.stderr:.2g}" if self.stderr < 100.0 else f"{self.stderr:.0f}"
        error = f" ± {digits_of_error}" if math.isfinite(self.stderr) else ""
        return f"{self.value:{digits}}{error}"


@dataclass(frozen=True, slots=True)
class Target:
    """A published or agreed value with the range in which a result passes."""

    name: str
    published: str
    low: float
    high: float
    measure: Callable[[Analyses, str], Number]
    digits: str = ".3g"

    def verdict(self, number: Number) -> str:
        """Say where the result lies; less than two standard errors outside is undecided."""
        if not math.isfinite(number.value):
            return "no value"
        if not math.isfinite(self.low):
            return "reported"
        if number.bound == Bound.UPPER:
            return "a bound" if number.value >= self.low else "outside"
        if number.bound == Bound.LOWER:
            return "a bound" if number.value <= self.high else "outside"
        if self.low <= number.value <= self.high:
            return "within"
        distance = max(self.low - number.value, number.value - self.high)
        if math.isfinite(number.stderr) and distance < 2.0 * number.stderr:
            return f"outside by {distance / number.stderr:.1f} σ: undecided"
        return "outside"


@dataclass(frozen=True, slots=True)
class Analyses:
    """The analyses of the sweeps; any may be absent."""

    holds: xr.DataTree | None
    ramps: xr.DataTree | None
    diffusion: xr.DataTree | None

    def of(self, which: str, group: str, potential: str) -> xr.Dataset | None:
        """Return one group of one potential without vacancies, or None."""
        tree: xr.DataTree | None = getattr(self, which)
        if tree is None or f"/{group}" not in tree.groups:
            return None
        dataset = tree[group].to_dataset()
        if potential not in dataset["potential"].values:
            return None
        chosen = dataset.sel(potential=potential)
        return chosen.isel(n_vacancies=0) if "n_vacancies" in chosen.dims else chosen


def read_number(dataset: xr.Dataset | None, name: str, note: str = "") -> Number:
    """Read a variable with its whole error; `note` says why it may be absent."""
    if dataset is None or name not in dataset:
        return Number(note="not measured")
    value, stderr = float(dataset[name]), float(dataset[f"{name}_stderr"])
    if f"{name}_systematic" in dataset:
        stderr = math.hypot(stderr, float(dataset[f"{name}_systematic"]))
    return Number(value, stderr, note)


def _transition(which: str, route: str) -> Callable[[Analyses, str], Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        found = analyses.of(which, "transition", potential)
        if found is None:
            return Number(note="not run")
        at = found.sel(route=route, pressure=0.0)
        number = read_number(at, "transition_temperature", str(at["reason"].item()))
        return replace(number, bound=read_bound(at, "transition_temperature"))

    return measure


def _at_transition(which: str, name: str, scale: float = 1.0) -> Callable[..., Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        found = analyses.of(which, "transition", potential)
        if found is None:
            return Number(note="not run")
        one = read_number(found.sel(pressure=0.0), name, "no transition with both phases' lines")
        return Number(scale * one.value, scale * one.stderr, one.note)

    return measure


def _slope(analyses: Analyses, potential: str) -> Number:
    found = analyses.of("ramps", "transition", potential)
    if found is None or not str(found["used_route"].item()):
        return Number(note="no transition at two pressures")
    at = found.sel(route=str(found["used_route"].item()))
    return read_number(at, "boundary_slope", str(at["slope_reason"].item()))


def _diffusion(temperature: float) -> Callable[[Analyses, str], Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        found = transport_of(analyses, potential)
        if found is None or "beta" not in found["phase"].values:
            return Number(note="no hold in β")
        at = found.sel(phase="beta", pressure=0.0)
        if temperature not in at["temperature"].values:
            return Number(note="not held")
        return read_number(at.sel(temperature=temperature), "diffusion_coefficient")

    return measure


def transport_of(analyses: Analyses, potential: str) -> xr.Dataset | None:
    """Return the transport in holds; where longer ones were run for it, theirs."""
    sweeps = (analyses.of(which, "transport", potential) for which in ("holds", "diffusion"))
    short, longer = (
        None
        if one is None
        else one[[*TRANSPORT, *(f"{name}_stderr" for name in TRANSPORT), *COUNTS]]
        for one in sweeps
    )
    if short is None or longer is None:
        return longer if short is None else short
    rest = short.drop_sel(temperature=longer["temperature"].values)
    return xr.concat([rest, longer], "temperature", join="outer").sortby("temperature")


def _activation(analyses: Analyses, potential: str) -> Number:
    found = analyses.of("holds", "arrhenius/diffusion", potential)
    if found is None or "beta" not in found["phase"].values:
        return Number(note="no hold in β")
    return read_number(found.sel(phase="beta", pressure=0.0), "activation_energy")


def _capacity(phase: str) -> Callable[[Analyses, str], Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        """Fit H(T) of one phase's holds by a straight line."""
        found = analyses.of("holds", "holds", potential)
        if found is None:
            return Number(note="not run")
        at = found.sel(phase=phase, pressure=0.0).dropna("temperature", subset=["enthalpy"])
        if at.sizes["temperature"] < 3:
            return Number(note=f"{at.sizes['temperature']} temperature(s) in this phase")
        factor = 1e6 / 155.696
        t, h, s = (at[n].values for n in ("temperature", "enthalpy", "enthalpy_stderr"))
        s = np.where(np.isfinite(s), s, np.nanmax(s))
        (slope, _), covariance = np.polyfit(t, h, 1, w=1 / s, cov="unscaled")
        return Number(factor * float(slope), factor * float(np.sqrt(covariance[0, 0])))

    return measure


def _lattice(analyses: Analyses, potential: str) -> Number:
    found = analyses.of("ramps", "hysteresis", potential)
    if found is None:
        return Number(note="not run")
    at = found.sel(pressure=0.0, direction="heating").isel(heating_rate=0)
    return read_number(at.sel(temperature=300.0, method="nearest"), "lattice_a")


NAN = math.nan
TARGETS = (
    Target("T_t at 0 GPa, bracket of holds (K)", "450 K is α, 500 K is β (± 25 K)", 425, 525,
           _transition("holds", "hold"), ".4g"),
    Target("T_t at 0 GPa, heating at the slowest rate (K)", "450 to 500 (± 25 K)", 425, 525,
           _transition("ramps", "ramp_heating"), ".4g"),
    Target("D at 500 K (cm²/s)", "4.88e-6", 2.44e-6, 9.76e-6, _diffusion(500.0)),
    Target("D at 600 K (cm²/s)", "2.33e-5", 1.55e-5, 3.50e-5, _diffusion(600.0)),
    Target("D at 700 K (cm²/s)", "4.89e-5", 3.26e-5, 7.34e-5, _diffusion(700.0)),
    Target("E_a of D in β (eV)", "0.35 (refit of the three D)", 0.28, 0.42, _activation),
    Target("C_P of α, slope of H (J/K/kg)", "4100", 3895, 4305, _capacity("alpha"), ".4g"),
    Target("C_P of β, slope of H (J/K/kg)", "4100", 3895, 4305, _capacity("beta"), ".4g"),
    Target("ΔV/V at T_t, holds (%)", "7 to 8 (this force field)", 5.5, 9.5,
           _at_transition("holds", "relative_volume_step", 100.0)),
    Target("ΔV/V at T_t, ramps (%)", "7 to 8 (this force field)", 5.5, 9.5,
           _at_transition("ramps", "relative_volume_step", 100.0)),
    Target("ΔH/T_t, holds (J/K/kg)", "367 claimed for 0.1 GPa", NAN, NAN,
           _at_transition("holds", "entropy_step_enthalpy")),
    Target("ΔH/T_t, ramps (J/K/kg)", "367 claimed for 0.1 GPa", NAN, NAN,
           _at_transition("ramps", "entropy_step_enthalpy")),
    Target("dT/dP, ramps (K/GPa)", "> 430 if 367 and 43 K are to fit", NAN, NAN, _slope),
    Target("dT/dP by T_t ΔV/ΔH, holds (K/GPa)", "–", NAN, NAN,
           _at_transition("holds", "clapeyron_slope")),
    Target("a near 300 K (Å)", "9.82 (this force field)", 9.79, 9.85, _lattice, ".4g"),
)  # fmt: skip

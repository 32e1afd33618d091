"""S on the branches of the loop: reversible changes of a pressure cycle at each temperature.

Each phase has its own S(T,P) whatever the branch; heating leaves the low-temperature phase at
T_h(P), cooling the high-temperature one at T_c(P).  Where dT/dP > 0, compression follows the
cooling branch at the high pressure P₁ and decompression the heating branch at the low P₀, so that
the transition is reversible at T_h(P₀) < T < T_c(P₁).  Where dT/dP < 0 both branches change roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lbhsweep.analysis.caloric.entropy_lines import EntropyLines
from lbhsweep.analysis.statistics import SEED
from lbhsweep.analysis.transition.half_heights import Estimate
from lbhsweep.analysis.transition.phase_lines import HIGH, LOW
from lbhsweep.analysis.transition.routes import NOT_SIMULATED
from lbhsweep.analysis.transition.two_phase import N_DRAWS, interpolate_linearly
from lbhsweep.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class HalfHeights:
    """Where both branches transform, best estimate first, then draws.

    Attributes
    ----------
    heating, cooling : (d, p) array
        T_h and T_c, K; NaN where a branch has no half height or only a bound.
    heating_reason, cooling_reason : tuple of str
        By pressure, why it is NaN.
    """

    heating: FloatArray
    cooling: FloatArray
    heating_reason: tuple[str, ...]
    cooling_reason: tuple[str, ...]

    @property
    def hysteresis(self) -> FloatArray:
        """T_h − T_c, (d, p), K."""
        return self.heating - self.cooling

    def interpolate(self, nodes: FloatArray, pressure: FloatArray) -> HalfHeights:
        """Interpolate half heights linearly between pressures at which both are known."""
        known = np.isfinite(self.hysteresis[0])
        same = np.abs(pressure[:, None] - nodes) < 1e-9
        simulated: BoolArray = np.any(same, axis=1)
        index = same.argmax(axis=1)
        between = [f"no loop on either side of {p:g} GPa" for p in pressure]

        def along(values: FloatArray) -> FloatArray:
            result = np.full((len(values), pressure.size), np.nan)
            if known.sum() > 1:
                result = interpolate_linearly(pressure, nodes[known], values[:, known])
            result[:, simulated] = values[:, index[simulated]]
            return result

        def reasons(own: Sequence[str]) -> tuple[str, ...]:
            return tuple(
                own[i] if here else why
                for i, here, why in zip(index, simulated, between, strict=True)
            )

        return HalfHeights(
            along(self.heating),
            along(self.cooling),
            reasons(self.heating_reason),
            reasons(self.cooling_reason),
        )


def draw_half_heights(
    heating: Sequence[Estimate],
    cooling: Sequence[Estimate],
    systematic: tuple[FloatArray, FloatArray] | None = None,
    seed: int = SEED + 1,
) -> HalfHeights:
    """Draw half heights at every pressure, both branches independently.

    Bounds don't count: a cooling branch that rarely transforms has no reversible effect.

    Parameters
    ----------
    heating, cooling : sequence of Estimate
        By pressure.
    systematic : pair of (p,) arrays, optional
        Systematic errors of both, K, which widen or narrow all loops at once.
    """
    generator = np.random.default_rng(seed)
    wider = np.concatenate([[0.0], generator.normal(size=N_DRAWS)])[:, None]
    more, less = systematic if systematic is not None else (0.0, 0.0)

    def draw(estimates: Sequence[Estimate]) -> FloatArray:
        value = np.array([e.value if _counts(e) else np.nan for e in estimates])
        error = np.array([e.stderr for e in estimates])
        noise = generator.normal(size=(N_DRAWS, len(estimates)))
        return np.vstack([value, value + error * noise])

    return HalfHeights(
        draw(heating) + wider * np.nan_to_num(more),
        draw(cooling) - wider * np.nan_to_num(less),
        tuple("" if _counts(e) else e.reason for e in heating),
        tuple("" if _counts(e) else e.reason for e in cooling),
    )


def loops_of_ramps(
    table: Mapping[str, Sequence[Estimate]], rates: xr.Dataset, pressures: Sequence[float]
) -> dict[str, HalfHeights]:
    """Draw the loop at the slowest heating rate and the one extrapolated to zero rate.

    Parameters
    ----------
    table : mapping of route to Estimates by pressure
        From `estimate_routes`.
    rates : Dataset
        From `analyze_rates`.
    pressures : sequence of float
        GPa.
    """
    zero, systematic = {}, {}
    for name in ("heating", "cooling"):
        pairs = [_at_zero(rates, p, name) for p in pressures]
        zero[name] = [estimate for estimate, _ in pairs]
        systematic[name] = np.array([error for _, error in pairs])
    return {
        "slowest_rate": draw_half_heights(table["ramp_heating"], table["ramp_cooling"]),
        "zero_rate": draw_half_heights(
            zero["heating"], zero["cooling"], (systematic["heating"], systematic["cooling"])
        ),
    }


def _at_zero(rates: xr.Dataset, pressure: float, direction: str) -> tuple[Estimate, float]:
    """Return T_0 of a branch and its systematic error from the exponent, K."""
    if pressure not in rates["pressure"].values or direction not in rates["direction"].values:
        return Estimate(reason=NOT_SIMULATED), 0.0
    here = rates.sel(pressure=pressure, direction=direction)
    name = "zero_rate_temperature"
    value, error = float(here[name]), float(here[f"{name}_stderr"])
    return Estimate(value, error, str(here["reason"].item())), float(here[f"{name}_systematic"])


def _counts(estimate: Estimate) -> bool:
    return estimate.known and not estimate.censored


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle between P₀ and each of the pressures P₁.

    Attributes
    ----------
    lines : EntropyLines
        S of both phases at the pressures.
    first : int
        Index of P₀.
    start, end : (d, p) array
        Temperature above which the cycle finds the high-temperature phase at P₀ and at P₁, K.
    normal : (p,) array of bool
        Where pressure raises the transition.
    """

    lines: EntropyLines
    first: int
    start: FloatArray
    end: FloatArray
    normal: BoolArray

    def entropy_change(self, temperature: FloatArray) -> FloatArray:
        """Compute ΔS_rev at (t,) temperatures, (d, p, t), kJ/mol/K.

        Where the pressure does not overcome the hysteresis, the phase never changes and may be
        either: the smaller of both changes is guaranteed.
        """
        if not self.known.any():
            return self._nothing(temperature)
        s = {phase: self.lines.phase(phase, temperature) for phase in (LOW, HIGH)}
        at_start = {phase: values[:, self.first : self.first + 1] for phase, values in s.items()}
        high_start = temperature >= self.start[..., None]
        high_end = temperature >= self.end[..., None]
        change = np.where(high_end, s[HIGH], s[LOW]) - np.where(
            high_start, at_start[HIGH], at_start[LOW]
        )
        lesser = _smaller(s[LOW] - at_start[LOW], s[HIGH] - at_start[HIGH])
        return np.where(
            self._known, np.where(self._keeps_phase(temperature), lesser, change), np.nan
        )

    def temperature_change(self, temperature: FloatArray) -> FloatArray:
        """Compute ΔT_rev from (t,) temperatures at P₀, (d, p, t), K.

        Where the hysteresis is not overcome, it is the smaller change of a phase by itself, as
        for ΔS_rev: compression warms a crystal that keeps its phase, too.
        """
        if not self.known.any():
            return self._nothing(temperature)
        low, high = (
            self.lines.phase(phase, temperature)[:, self.first : self.first + 1]
            for phase in (LOW, HIGH)
        )
        high_start = temperature >= self.start[..., None]
        begin = np.where(high_start, high, low)
        change = self.lines.invert(begin, self.end) - temperature
        within_low = self.lines.invert_phase(LOW, low) - temperature
        within_high = self.lines.invert_phase(HIGH, high) - temperature
        # A phase that is left below its transition may be warmed beyond it.
        beyond = (temperature + within_low >= self.end[..., None]) & ~high_start
        keeps_phase = np.where(
            self.normal[:, None], beyond & ~self.overcome[..., None], self._keeps_phase(temperature)
        )
        lesser = _smaller(within_low, within_high)
        return np.where(self._known, np.where(keeps_phase, lesser, change), np.nan)

    def _nothing(self, temperature: FloatArray) -> FloatArray:
        """Return NaN for all, with the least number of draws from which an error is taken."""
        return np.full((3, self.start.shape[1], temperature.size), np.nan)

    def _keeps_phase(self, temperature: FloatArray) -> BoolArray:
        """Whether the phase stays, since the pressure does not overcome the hysteresis."""
        high_start = temperature >= self.start[..., None]
        high_end = temperature >= self.end[..., None]
        return np.where(self.normal[:, None], high_end & ~high_start, high_start & ~high_end)

    @property
    def overcome(self) -> BoolArray:
        """Where the pressure takes the transition through the whole loop, (d, p)."""
        return np.where(self.normal, self.end > self.start, self.end < self.start)

    @property
    def known(self) -> BoolArray:
        """Pressures at which both branches are known, (p,)."""
        return np.asarray(np.isfinite(self.start + self.end)[0])

    @property
    def _known(self) -> BoolArray:
        return np.asarray(np.isfinite(self.start + self.end)[..., None])


def _smaller(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.where(np.abs(low) < np.abs(high), low, high)


def build_cycle(lines: EntropyLines, half_heights: HalfHeights, first: int) -> Cycle:
    """Build the cycle from P₀ = pressure[first]: which branch each half of it follows."""
    middle = (half_heights.heating + half_heights.cooling)[0]
    normal = np.asarray(~(middle < middle[first]))
    at_start = (
        values[:, first : first + 1] for values in (half_heights.heating, half_heights.cooling)
    )
    start = np.where(normal, *at_start)
    end = np.where(normal, half_heights.cooling, half_heights.heating)
    # At P₀ itself nothing is done.
    end[:, first] = start[:, first]
    return Cycle(lines, first, start, end, normal)

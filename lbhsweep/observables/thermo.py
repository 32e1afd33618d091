"""Volume, energies, temperature, pressure and lattice of a run, per formula unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import Arrays, FloatArray
from lbhsweep.observables.base import MeasurementPlan, Sample
from lbhsweep.observables.statistics.bins import bin_and_neighbours
from lbhsweep.observables.statistics.block_sums import BlockSums
from lbhsweep.observables.statistics.equilibration import Settling, settling
from lbhsweep.observables.statistics.errors_of_means import mean_error, trend_error
from lbhsweep.observables.statistics.errors_of_variances import variance_of_blocks
from lbhsweep.quantities import stderr_name
from lbhsweep.units import BOLTZMANN, GPA

NAMES = (
    "volume",
    "enthalpy",
    "potential_energy",
    "kinetic_energy",
    "kinetic_temperature",
    "pressure_measured",
    "lattice_a",
    "lattice_b",
    "lattice_c",
    "lattice_alpha",
    "lattice_beta",
    "lattice_gamma",
    "conserved_energy",
)
"""Averaged quantities, in the order of the columns."""
SERIES = ("volume", "enthalpy", "kinetic_temperature")
"""Quantities of a hold whose time series is kept."""
INSTANTS = ("potential_energy", "volume")
"""Quantities of a hold that are also kept as they are at the last sample of each block.

Reweighting to other temperatures and pressures needs values of one instant, because averages
over a block fluctuate less."""
_VOLUME, _ENTHALPY = NAMES.index("volume"), NAMES.index("enthalpy")
_INSTANTS = [NAMES.index(name) for name in INSTANTS]
_CELL = slice(len(NAMES), len(NAMES) + 9)
PLAUSIBLE = 2.0
"""Standard errors by which a fluctuation C_P may differ from the one expected by chance."""
_EQUILIBRATED = {"settled": 1, "unsettled": 0, "too_short": 2}
"""Values of the dataset's flag."""


class Thermo:
    """Means, standard errors and time series of thermodynamic quantities.

    ``cell`` is the mean of the lattice vectors (rows) of the conventional cell.

    Holds: standard errors from the statistical inefficiency of the series of block means;
    ``correlation_time`` is g/2 blocks, the longer of volume and enthalpy, and
    ``equilibration_time`` says how much of the production comes before both are stationary.
    ``equilibrated`` is 1 if both are settled (`lbhsweep.observables.statistics.equilibration`)
    and 0 if one is not.  It is 2 if one is too short to decide, with a production of fewer than
    30 correlation times.

    Averages are over the whole production nevertheless, as are those of all other observables.
    Where the whole series passes as settled, its mean is as good as the stationary part's.  For
    series of 13 to 500 independent samples its error is 0.97 to 1.11 of the ideal one, against
    1.0 to 1.5: the part is shorter, and its length is a matter of chance.  Where the whole does
    not pass, the hold is flagged.

    Ramps: standard errors from scatter and correlation of the blocks in the bin and its
    neighbours about their parabola.  Bins have about one effectively independent sample where
    the correlation time of volume or enthalpy exceeds the length of a bin.

    Parameters
    ----------
    plan : MeasurementPlan
        What will be sampled.
    """

    def __init__(self, plan: MeasurementPlan) -> None:
        self.every = plan.sample_every
        self.needs_energies = True
        self._plan = plan
        self._sums = BlockSums(plan.n_blocks, _CELL.stop)
        self._instants = np.full((plan.n_blocks, len(INSTANTS)), np.nan)

    def sample(self, sample: Sample) -> None:
        """Accumulate one sample."""
        cell = sample.state.cell / np.array(self._plan.supercell)[:, None]
        values = thermo_values(sample, self._plan)
        self._instants[sample.block] = values[_INSTANTS]
        self._sums.add(sample.block, np.concatenate([values, cell.ravel()]))

    def state(self) -> Arrays:
        """Return all that has been accumulated."""
        return self._sums.state() | {"instants": self._instants.copy()}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Restore what `state` returned."""
        self._sums.restore(arrays)
        self._instants[:] = arrays["instants"]

    def result(self) -> Arrays:
        """Compute means, standard errors and, in a hold, time series by catalogue name."""
        filled = self._sums.count > 0
        if self._plan.group == "hold":
            return {name: np.asarray(value) for name, value in self._hold(filled).items()}
        bins = [self._bin(filled, number) for number in range(self._plan.n_bins)]
        return {name: np.array([one[name] for one in bins]) for name in bins[0]}

    def _hold(self, filled: npt.NDArray[np.bool_]) -> dict[str, Any]:
        series = self._sums.means()
        mean, variance = self._moments(filled)
        error = np.array([mean_error(column) for column in series[filled].T])
        result = self._averages(filled, mean, error, variance)
        result |= {f"{name}_series": series[:, NAMES.index(name)] for name in SERIES}
        result |= {f"{name}_sample": self._instants[:, k] for k, name in enumerate(INSTANTS)}
        result |= self._settling([settling(series[filled, k]) for k in (_VOLUME, _ENTHALPY)])
        if self._plan.ensemble == "npt":
            within = self._sums.variances()[filled, _ENTHALPY]
            expected = 2.0 * result["kinetic_energy"] / result["kinetic_temperature"]
            found = variance_of_blocks(series[filled, _ENTHALPY], within, self._sums.count[filled])
            result |= self._heat_capacity(*found, expected)
        return result

    def _settling(self, both: list[Settling]) -> dict[str, Any]:
        production = self._plan.produce_steps * self._plan.outer_step
        verdicts = {one.verdict for one in both}
        longest = max(one.correlation_time for one in both)
        # The worse verdict decides: what is not settled does not count, whatever its length.
        verdict = next(v for v in ("unsettled", "too_short", "settled") if v in verdicts)
        return {
            "equilibrated": np.int8(_EQUILIBRATED[verdict]),
            "equilibration_time": production * max(one.start for one in both),
            "correlation_time": production / self._plan.n_blocks * longest,
        }

    def _bin(self, filled: npt.NDArray[np.bool_], number: int) -> dict[str, Any]:
        inside, around = bin_and_neighbours(filled, self._plan.n_bins, number)
        n_averaged = int(inside.sum())
        mean, _ = self._moments(inside)
        if n_averaged == 0:
            return self._averages(inside, mean, np.full_like(mean, np.nan), mean)
        series = self._sums.means()[around]
        error, variance = np.array([trend_error(column, n_averaged) for column in series.T]).T
        weight = self._sums.count[inside, None] / self._sums.count[inside].sum()
        within = (weight * self._sums.variances()[inside]).sum(axis=0)
        return self._averages(inside, mean, error, within + variance)

    def _moments(self, inside: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of all samples in some blocks; NaN without samples."""
        if not inside.any():
            return np.full(_CELL.stop, np.nan), np.full(_CELL.stop, np.nan)
        weight = self._sums.count[inside, None] / self._sums.count[inside].sum()
        mean = self._sums.mean(inside)
        spread = self._sums.variances()[inside] + (self._sums.means()[inside] - mean) ** 2
        return mean, (weight * spread).sum(axis=0)

    def _averages(
        self,
        inside: npt.NDArray[np.bool_],
        mean: FloatArray,
        error: FloatArray,
        variance: FloatArray,
    ) -> dict[str, Any]:
        count = float(self._sums.count[inside].sum())
        result: dict[str, Any] = dict(zip(NAMES, mean, strict=False))
        result |= {stderr_name(name): e for name, e in zip(NAMES, error, strict=False)}
        result |= {"cell": mean[_CELL].reshape(3, 3)}
        result |= {stderr_name("cell"): error[_CELL].reshape(3, 3)}
        result["sample_count"] = count
        known = [k for k in (_VOLUME, _ENTHALPY) if error[k] > 0.0]
        independent = [variance[k] / error[k] ** 2 for k in known]
        result["n_effective"] = min(*independent, count) if known else np.nan
        return result

    def _heat_capacity(
        self, variance: float, relative_error: float, expected: float
    ) -> dict[str, float]:
        """C_P = n Var(H)/(k_B T²), H per formula unit, n formula units.

        Landau and Lifshitz, Statistical Physics, § 112.  Its error, C₀ r √(C₀/C), rests on
        the heat capacity C₀ = N_f k_B of as many harmonic oscillators as there are degrees of
        freedom, twice the kinetic energy over the temperature.  An error r C would be small
        where C is small by chance.  So is r: what is well known of a short series is how
        it begins to decay, Var(H)/τ, so that its correlation time is small where its variance
        is.  Both would pull means with weights 1/σ² down (see `variance_of_blocks`).  Where C
        is more than `PLAUSIBLE` errors from C₀, the value that is so far from C takes its place.

        Measured on AR(1) enthalpies with 20 to 200 independent samples: the truth lies within
        one error in 67 to 70 %, χ²/n is 0.9 to 1.0, and the mean weighted by 1/σ² is 0.98 to
        1.01 of the truth.  With errors r C it was 0.85 to 0.98.
        """
        plan = self._plan
        per_kilogram = 1e6 / (plan.mass / plan.n_formula)
        capacity = plan.n_formula * variance / (BOLTZMANN * plan.temperature**2)
        error = np.nan
        if capacity > 0.0:
            room = PLAUSIBLE * relative_error * expected
            expected = min(max(expected, capacity - room), capacity + room)
            error = expected * relative_error * math.sqrt(expected / capacity)
        return {
            "heat_capacity_fluctuation": per_kilogram * capacity,
            stderr_name("heat_capacity_fluctuation"): per_kilogram * error,
        }


def thermo_values(sample: Sample, plan: MeasurementPlan) -> FloatArray:
    """Compute the quantities of `NAMES` in one sample.

    The enthalpy is H = K + U + P V with the target pressure P.
    """
    instant, n_formula = sample.instant, plan.n_formula
    a, b, c, alpha, beta, gamma = lattice_parameters(sample.state.cell)
    n_a, n_b, n_c = plan.supercell
    energy = instant.kinetic_energy + instant.potential_energy
    return np.array(
        [
            instant.volume / n_formula,
            (energy + plan.pressure * instant.volume) / n_formula,
            instant.potential_energy / n_formula,
            instant.kinetic_energy / n_formula,
            instant.kinetic_temperature,
            instant.pressure / GPA,
            a / n_a,
            b / n_b,
            c / n_c,
            alpha,
            beta,
            gamma,
            instant.conserved_energy / n_formula,
        ]
    )


@nb.njit(cache=True, nogil=True)
def lattice_parameters(cell: FloatArray) -> tuple[float, float, float, float, float, float]:
    """Compute the lengths a, b, c in Å and the angles α, β, γ in degrees of a cell."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = cell[0], cell[1], cell[2]
    a = math.sqrt(ax * ax + ay * ay + az * az)
    b = math.sqrt(bx * bx + by * by + bz * bz)
    c = math.sqrt(cx * cx + cy * cy + cz * cz)
    cos_alpha = (bx * cx + by * cy + bz * cz) / (b * c)
    cos_beta = (cx * ax + cy * ay + cz * az) / (c * a)
    cos_gamma = (ax * bx + ay * by + az * bz) / (a * b)
    # Rounding could bring a cosine beyond one.
    alpha = math.degrees(math.acos(max(-1.0, min(1.0, cos_alpha))))
    beta = math.degrees(math.acos(max(-1.0, min(1.0, cos_beta))))
    gamma = math.degrees(math.acos(max(-1.0, min(1.0, cos_gamma))))
    return a, b, c, alpha, beta, gamma

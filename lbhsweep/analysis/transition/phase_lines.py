"""Volume and enthalpy of each phase as lines of temperature, from that phase's own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lbhsweep.analysis.least_squares import fit_line
from lbhsweep.analysis.phases.assignment import Phase
from lbhsweep.analysis.phases.curves import Run
from lbhsweep.analysis.transition.half_heights import RunStep
from lbhsweep.analysis.transition.line_fits import LineFits, choose_degree, fit_ranges
from lbhsweep.analysis.transition.polynomial import Polynomial, fit_polynomial
from lbhsweep.analysis.transition.step import MINIMUM_POINTS, Step
from lbhsweep.arrays import BoolArray, FloatArray, IntArray

LOW, HIGH = "low", "high"
PHASES = (LOW, HIGH)
QUANTITIES = ("volume", "enthalpy")
"""The phases by the side of the transition on which they are stable."""
CLEARLY_NEARER = 0.25
"""A run without a step belongs to a phase when it lies this share of ΔV or less from its line."""
UNLIKELY = 0.05
"""Probability of χ² below which few volumes are not one line."""


@dataclass(frozen=True, slots=True)
class PhaseLines:
    """V(T) and H(T) of one phase at one pressure, Å³ and kJ/mol per formula unit.

    Attributes
    ----------
    volume, enthalpy : Polynomial
        The fits that are used.
    volume_fits, enthalpy_fits : LineFits or None
        All fits to the same data; None where a line is given, not fitted.
    """

    volume: Polynomial
    enthalpy: Polynomial
    volume_fits: LineFits | None = None
    enthalpy_fits: LineFits | None = None

    @property
    def t_min(self) -> float:
        """Lowest temperature of the data, K."""
        return max(self.volume.t_min, self.enthalpy.t_min)

    @property
    def t_max(self) -> float:
        """Highest temperature of the data, K."""
        return min(self.volume.t_max, self.enthalpy.t_max)


@dataclass(frozen=True, slots=True)
class _RunPart:
    """The part of a run that belongs to one phase."""

    item: RunStep
    inside: BoolArray


_PartsByPhase = dict[str, list[_RunPart]]
"""Parts of runs by phase."""


def fit_phases(steps: Sequence[RunStep], start: str = LOW) -> tuple[dict[str, PhaseLines], str]:
    """Fit the lines of both phases at one pressure.

    Where there are order parameters they decide: points enter with the phase they are in.  Left
    out are points next to one in another phase, or within four widths of their own run's step.
    Of both ordered phases, α and α-b, the one counts in which there are more points.

    Without them points enter on their phase's side of their own run's step, four widths away from
    it.  A run without a step belongs to the phase whose line its volume follows.  Where no run at
    this pressure has a step, heating runs and holds are taken as the phase from which they
    `start`, and cooling runs are left out.  Runs with too few temperatures for any step to be
    seen have a line only where their volumes are one straight line within their errors.

    Returns
    -------
    lines : dict
        By phase (`PHASES`); a phase without data is absent.
    note : str
        What was assumed, or empty.
    """
    if any(item.run.has_phases for item in steps):
        parts, note = _parts_by_order([item for item in steps if item.run.has_phases])
    else:
        parts, note = _parts_by_step(steps, start)
    lines = {}
    for phase in PHASES:
        volume, enthalpy = (_fit_ranges(parts[phase], name, phase) for name in QUANTITIES)
        if volume is not None and enthalpy is not None:
            straight = volume.of_degree(1), enthalpy.of_degree(1)
            lines[phase] = PhaseLines(*straight, volume, enthalpy)
    return lines, note


def choose_degrees(lines: Sequence[Mapping[str, PhaseLines]]) -> list[dict[str, PhaseLines]]:
    """Choose straight lines or parabolas, of each phase alike at all pressures (`choose_degree`).

    C_P and expansivity of a phase would else differ between pressures by what was seen of curves.
    """
    chosen = [dict(here) for here in lines]
    for phase in PHASES:
        for name in QUANTITIES:
            fits = {
                i: found
                for i, here in enumerate(chosen)
                if phase in here and (found := getattr(here[phase], f"{name}_fits")) is not None
            }
            degree = choose_degree(list(fits.values()))
            for i, found in fits.items():
                line = replace(chosen[i][phase], **{name: found.of_degree(degree)})
                chosen[i][phase] = line
    return chosen


def _parts_by_order(steps: Sequence[RunStep]) -> tuple[_PartsByPhase, str]:
    counts = {code: sum(int((item.run.phases == code).sum()) for item in steps) for code in Phase}
    ordered = max((Phase.ALPHA, Phase.ALPHA_CAP), key=lambda code: counts[code])
    parts: _PartsByPhase = {LOW: [], HIGH: []}
    for item in steps:
        for phase, code in ((LOW, ordered), (HIGH, Phase.BETA)):
            inside = _well_inside(item.run.phases == code)
            if isinstance(item.step, Step):
                inside = inside & item.step.sides(item.run.temperature)[PHASES.index(phase)]
            if inside.any():
                parts[phase].append(_RunPart(item, inside))
    note = ""
    if ordered == Phase.ALPHA_CAP:
        note = "the ordered phase is α-b (Li over cage faces), not the α phase of experiment"
    return parts, note


def _well_inside(inside: BoolArray) -> BoolArray:
    """Select points that are not next to one in another phase."""
    padded = np.concatenate([inside[:1], inside, inside[-1:]])
    return np.asarray(inside & padded[:-2] & padded[2:])


def _parts_by_step(steps: Sequence[RunStep], start: str) -> tuple[_PartsByPhase, str]:
    parts: _PartsByPhase = {LOW: [], HIGH: []}
    without_step = []
    for item in steps:
        step = item.step if isinstance(item.step, Step) else item.step.incomplete
        if step is None:
            without_step.append(item)
            continue
        below, above = step.sides(item.run.temperature)
        parts[LOW].append(_RunPart(item, below))
        parts[HIGH].append(_RunPart(item, above))
    note = ""
    if parts[LOW]:
        first = {phase: _fit(parts[phase], "volume") for phase in PHASES}
        for item in without_step:
            phase = _nearest_phase(item, first[LOW], first[HIGH])
            if phase is not None:
                parts[phase].append(_RunPart(item, np.ones(item.run.temperature.size, bool)))
    else:
        starting = [item for item in without_step if item.run.direction != "cooling"]
        mixed = [item for item in starting if not _is_one_line(item.run)]
        if mixed:
            most = max(int(np.isfinite(item.run.values["volume"]).sum()) for item in mixed)
            return {LOW: [], HIGH: []}, f"phases not distinguished: {most} temperatures"
        parts[start] = [
            _RunPart(item, np.ones(item.run.temperature.size, bool)) for item in starting
        ]
        if starting:
            note = f"no transition seen: heating and holds taken as the {start}-temperature phase"
    return parts, note


def _is_one_line(run: Run) -> bool:
    """Whether a run with too few points for a step may be one phase: volumes on one line."""
    valid = np.isfinite(run.values["volume"])
    t, v, s = run.temperature[valid], run.values["volume"][valid], run.stderrs["volume"][valid]
    if t.size >= MINIMUM_POINTS:
        return True
    if t.size < 3 or not np.all(s > 0):
        return False
    return fit_line(t - t.mean(), v, s).probability > UNLIKELY


def _fit(parts: Sequence[_RunPart], name: str) -> Polynomial | None:
    return fit_polynomial(*_points(parts, name)) if parts else None


def _fit_ranges(parts: Sequence[_RunPart], name: str, phase: str) -> LineFits | None:
    if not parts:
        return None
    return fit_ranges(*_points(parts, name), transition_above=phase == LOW)


def _points(
    parts: Sequence[_RunPart], name: str
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Gather temperatures, values, errors and the number of the run of each point."""
    columns: list[FloatArray] = []
    for number, part in enumerate(parts):
        run, inside = part.item.run, part.inside
        points = (
            run.temperature[inside],
            run.values[name][inside],
            run.stderrs[name][inside],
            np.full(int(inside.sum()), float(number)),
        )
        columns.append(np.stack(points))
    temperature, values, stderrs, runs = np.concatenate(columns, axis=1)
    return temperature, values, stderrs, runs.astype(np.int64)


def _nearest_phase(item: RunStep, low: Polynomial | None, high: Polynomial | None) -> str | None:
    if low is None or high is None:
        return None
    t, v = item.run.temperature, item.run.values["volume"]
    valid = np.isfinite(v)
    gap = float(np.mean(np.abs(high(t[valid]) - low(t[valid]))))
    distance = {
        LOW: float(np.mean(np.abs(v[valid] - low(t[valid])))),
        HIGH: float(np.mean(np.abs(v[valid] - high(t[valid])))),
    }
    phase = min(distance, key=lambda name: distance[name])
    return phase if distance[phase] < CLEARLY_NEARER * gap else None

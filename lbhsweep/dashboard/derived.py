"""The latest analysis, computed in a process of its own so that the page never waits."""

from __future__ import annotations

import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.equilibrium.coexistence import meeting_of, read_runs
from lbhsweep.analysis.groups import read_coexist
from lbhsweep.analysis.material import label, materials, select_material
from lbhsweep.analysis.sweep_file import sweep_of
from lbhsweep.analysis.transition.bounds import read_bounds
from lbhsweep.analysis.transition.caveats import published_caveats
from lbhsweep.quantities import stderr_name
from lbhsweep.store.open import open_results

PAUSE = 10.0
"""Pause after an analysis in units of its duration, so that it takes a tenth of a core."""
SHORTEST_PAUSE_S, FIRST_PAUSE_S = 5.0, 3.0
GROWTH = "growth_speed"
SHOWN = {
    "volume": ("V", "Å³ per formula unit"),
    "enthalpy": ("H", "kJ/mol per formula unit"),
    "heat_capacity": ("C_P", "J/kg/K"),
    GROWTH: ("v", "Å/ps"),
}
AVERAGES = tuple(name for name in SHOWN if name != GROWTH)
"""Those of runs in one phase at a time."""


def derive(path: str) -> dict[str, Any]:
    """Analyse the results in a folder and return plain lists and numbers by material.

    Returns
    -------
    dict
        By material's label: ``curves`` (name, pressure, branch, x, y, error by quantity), all
        ``pressures``, ``transition`` (pressure,
        T_t, error, kind of bound, route), ``entropy`` (pressures, temperatures, ΔS_iso of the
        map), ``notes``.
    """
    with open_results(Path(path)) as results:
        analysis = analyze_results(results.load())
        found = _coexistence(results, analysis)
    if "transition" not in analysis.children:
        return found
    transition = analysis["transition"].to_dataset()
    for material in materials([transition]):
        here = select_material(transition, material)
        route = str(here["used_route"].item())
        entry: dict[str, Any] = {
            "curves": _curves(analysis, material),
            "pressures": here["pressure"].values.tolist(),
            "notes": [],
        }
        if route:
            used = here.sel(route=route)
            entry["transition"] = {
                "pressure": used["pressure"].values.tolist(),
                "value": used["transition_temperature"].values.tolist(),
                "error": used["transition_temperature_stderr"].values.tolist(),
                "bound": read_bounds(used, "transition_temperature").tolist(),
                "route": route,
            }
            entry["notes"] = [str(here["used_reason"].item()), *published_caveats(here)]
        if "barocaloric" in analysis.children:
            maps = select_material(analysis["barocaloric"].to_dataset(), material)
            entry["entropy"] = {
                "pressure": maps["final_pressure"].values.tolist(),
                "temperature": maps["temperature"].values.tolist(),
                "value": maps["isothermal_entropy_change"].values.tolist(),
            }
        found[label(material)] = entry
    return found


def _coexistence(results: Any, analysis: Any) -> dict[str, Any]:
    """Collect growth speeds against temperature and T_t of materials in which two phases met."""
    found: dict[str, Any] = {}
    if "equilibrium" not in analysis.children:
        return found
    equilibrium = analysis["equilibrium"].to_dataset()
    for material in materials([equilibrium]):
        here = select_material(equilibrium, material)
        name = "transition_temperature"
        pressures = here["pressure"].values.tolist()
        reasons = zip(pressures, here["reason"].values.tolist(), strict=True)
        found[f"{label(material)}, coexistence"] = {
            "curves": {GROWTH: _speeds(results, here, material)},
            "pressures": pressures,
            "notes": [f"{p:g} GPa: {text}" for p, text in reasons if text not in ("", "nan")],
            "transition": {
                "pressure": pressures,
                "value": here[name].values.tolist(),
                "error": here[stderr_name(name)].values.tolist(),
                "bound": read_bounds(here, name).tolist(),
                "route": "coexistence",
            },
        }
    return found


def _speeds(results: Any, here: Any, material: Any) -> list[dict[str, Any]]:
    """Collect speeds of growth against temperature: all distance over all time of the replicas."""
    group = read_coexist(results)
    if group is None:
        return []
    coexist = select_material(group, material).sortby(["pressure", "temperature"])
    meeting = meeting_of(sweep_of(results))
    diffusion, between = float(here["interface_diffusion"]), float(here["speed_between_runs"])
    curves = []
    for pressure, (runs, _) in zip(
        coexist["pressure"].values.tolist(), read_runs(coexist, meeting), strict=True
    ):
        known = runs.select(runs.measured)
        temperatures = np.unique(known.temperature)
        at = [known.select(known.temperature == t) for t in temperatures]
        time = np.array([one.time.sum() for one in at])
        number = np.array([one.time.size for one in at])
        if len(at):
            curves.append(
                {
                    "name": f"{pressure:g} GPa",
                    "pressure": pressure,
                    "branch": "growth",
                    "x": temperatures.tolist(),
                    "y": [float((one.speed * one.time).sum() / one.time.sum()) for one in at],
                    "error": np.sqrt(
                        diffusion / time + np.nan_to_num(between) ** 2 / number
                    ).tolist(),
                }
            )
    return curves


def _curves(analysis: Any, material: Any) -> dict[str, list[dict[str, Any]]]:
    """Collect averages against temperature: branches of ramps, phases of holds."""
    curves: dict[str, list[dict[str, Any]]] = {name: [] for name in AVERAGES}
    for path, quantity, across in (
        ("hysteresis", "volume", ("pressure", "heating_rate", "direction")),
        ("hysteresis", "enthalpy", ("pressure", "heating_rate", "direction")),
        ("heat_capacity/ramp", "heat_capacity", ("pressure", "heating_rate", "direction")),
        ("replicas/hold", "volume", ("pressure", "phase")),
        ("replicas/hold", "enthalpy", ("pressure", "phase")),
        ("heat_capacity/hold", "heat_capacity", ("pressure", "phase")),
    ):
        if f"/{path}" not in analysis.groups:
            continue
        dataset = select_material(analysis[path].to_dataset(), material)
        dims = [dim for dim in across if dim in dataset.dims]
        if quantity not in dataset or "temperature" not in dataset[quantity].dims:
            continue
        stacked = dataset[[quantity, stderr_name(quantity)]].stack(branch=dims)
        for i in range(stacked.sizes["branch"]):
            one = stacked.isel(branch=i)
            values = one[quantity].transpose("temperature").values
            if not np.isfinite(values).any():
                continue
            at = {dim: one[dim].item() for dim in dims}
            curves[quantity].append(
                {
                    "name": _name(at),
                    "pressure": at.pop("pressure"),
                    "branch": _name(at),
                    "x": one["temperature"].values.tolist(),
                    "y": values.tolist(),
                    "error": one[stderr_name(quantity)].values.tolist(),
                }
            )
    return curves


def _name(at: dict[str, Any]) -> str:
    words = []
    for dim, value in at.items():
        unit = {"pressure": " GPa", "heating_rate": " K/ps"}.get(dim, "")
        words.append(f"{value:g}{unit}" if isinstance(value, float) else f"{value}{unit}")
    return " ".join(words)


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


class Deriver:
    """Analyses a folder again when its results have changed, with pauses in between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = _new_pool()
        self._under_way: Future[dict[str, Any]] | None = None
        self._started = 0.0
        # The page is drawn first.
        self._paused_until = time.monotonic() + FIRST_PAUSE_S
        self._seen: object = None
        self.found: dict[str, Any] = {}
        self.version = 0
        self.problem = ""

    def look(self, state: object) -> None:
        """Collect a finished analysis; start another if `state` (of the results) has changed.

        Parameters
        ----------
        state : hashable
            Any value that changes with the results.
        """
        now = time.monotonic()
        if self._under_way is not None and self._under_way.done():
            try:
                self.found, self.problem = self._under_way.result(), ""
            except BrokenProcessPool:
                self._pool.shutdown(wait=False)
                self._pool, self._seen = _new_pool(), None
                self.problem = (
                    "the process that analyzes was killed, perhaps because memory was short; "
                    "another will try again"
                )
            # Half-written results, or an analysis that fails, must not end the page.
            except Exception as error:
                self.problem = f"{type(error).__name__}: {error}"
            self.version += 1
            self._under_way = None
            self._paused_until = now + max(SHORTEST_PAUSE_S, PAUSE * (now - self._started))
        if self._under_way is None and state != self._seen and now >= self._paused_until:
            self._started = now
            try:
                self._under_way = self._pool.submit(derive, str(self._path))
            except BrokenProcessPool:
                # Killed while it waited; the next look starts an analysis in a new one.
                self._pool.shutdown(wait=False)
                self._pool = _new_pool()
            else:
                self._seen = state

    @property
    def is_analyzing(self) -> bool:
        """Whether an analysis is under way, or has not begun yet."""
        return self._under_way is not None or self.version == 0

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)

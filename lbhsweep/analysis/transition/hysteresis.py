"""Hysteresis: both branches at each pressure and rate, and where they are half way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from lbhsweep.analysis.runs import CURVES, mean_over_replicas
from lbhsweep.analysis.statistics import JOINED
from lbhsweep.analysis.transition.bounds import bound_name, bound_variable
from lbhsweep.analysis.transition.half_heights import (
    BranchTransition,
    Estimate,
    RunStep,
    average_branch,
    loop_width,
    mask_other_transition,
    midpoint,
    spread_between_runs,
)
from lbhsweep.analysis.variables import text, variable, with_error
from lbhsweep.quantities import CATALOGUE

_STEP = "V(T) = two straight lines joined by a logistic function, half height = its centre"
_SOURCE = "half-height temperatures and their mean: Maltsev et al. 2023, fig. 2"
_BRANCH = ("pressure", "heating_rate", "direction")
_LOOP = ("pressure", "heating_rate")
Branches = npt.NDArray[Any]
"""`BranchTransition` by (pressure, heating_rate, direction)."""


def analyze_hysteresis(ramp: xr.Dataset, branches: Branches) -> xr.Dataset:
    """Describe the loops of one material.

    Parameters
    ----------
    ramp : Dataset
        The material's part of the group `ramp`.
    branches : array of BranchTransition
        By (pressure, heating_rate, direction), from `branch_transitions`.

    Returns
    -------
    Dataset
        Curves (volume, enthalpy, lattice_a averaged over replicas), per branch
        half_height_temperature, transition_width, volume_step, enthalpy_step, n_runs,
        n_transformed, reason; per loop midpoint_temperature, hysteresis_width, loop_reason.
        Half height, midpoint and width have bound flags: where only some replicas transform they
        are bounds of the mean over all replicas.
    """
    coords = {name: ramp[name] for name in (*_BRANCH, "temperature")}
    variables = _curves(ramp)
    variables |= _branch_variables(branches)
    variables |= _loop_variables(branches, [str(name) for name in ramp["direction"].values])
    return xr.Dataset(variables, coords={k: v.variable for k, v in coords.items()})


def branch_transitions(ramp: xr.Dataset, steps: Sequence[RunStep]) -> Branches:
    """Average every branch over its replicas."""
    labels = [ramp[name].values for name in _BRANCH]
    between = spread_between_runs(steps)
    branches: Branches = np.empty([len(label) for label in labels], dtype=object)
    for index in np.ndindex(*branches.shape):
        pressure, rate, direction = (label[i] for label, i in zip(labels, index, strict=True))
        mine = [
            item
            for item in steps
            if (item.run.pressure, item.run.heating_rate) == (pressure, rate)
            and item.run.direction == direction
        ]
        branches[index] = average_branch(mine, between)
    directions = [str(name) for name in ramp["direction"].values]
    if {"heating", "cooling"} <= set(directions):
        up, down = (directions.index(name) for name in ("heating", "cooling"))
        for index in np.ndindex(*branches.shape[:2]):
            branches[index][down] = mask_other_transition(
                branches[index][up], branches[index][down]
            )
    return branches


def _curves(ramp: xr.Dataset) -> dict[str, xr.Variable]:
    variables: dict[str, xr.Variable] = {}
    for name in CURVES:
        if name in ramp:
            mean, stderr, _ = mean_over_replicas(ramp, name)
            dims = (*_BRANCH, "temperature")
            quantity = CATALOGUE[name]
            variables |= with_error(
                name,
                dims,
                mean.transpose(*dims).values,
                stderr.transpose(*dims).values,
                quantity.units,
                quantity.long_name,
                formula=f"mean over replicas; error: {JOINED}",
            )
    return variables


def _branch_variables(branches: Branches) -> dict[str, xr.Variable]:
    columns = (
        ("half_height_temperature", "half_height", "K", "half-height temperature"),
        ("transition_width", "width", "K", "width of the logistic step"),
        ("volume_step", "volume_step", "angstrom**3", "volume step at half height"),
        ("enthalpy_step", "enthalpy_step", "kJ/mol", "enthalpy step at half height"),
    )
    variables: dict[str, xr.Variable] = {}
    for name, field, units, long_name in columns:
        value = _map(branches, attrgetter(f"{field}.value"))
        stderr = _map(branches, attrgetter(f"{field}.stderr"))
        variables |= with_error(
            name, _BRANCH, value, stderr, units, long_name, formula=_STEP, source=_SOURCE
        )
    variables[bound_name("half_height_temperature")] = bound_variable(
        _BRANCH, _map(branches, attrgetter("half_height.kind"), int), "the mean over all replicas"
    )
    variables["n_runs"] = variable(
        _BRANCH, _map(branches, attrgetter("n_runs"), int), "1", "runs with data"
    )
    variables["n_transformed"] = variable(
        _BRANCH, _map(branches, attrgetter("n_transformed"), int), "1", "runs that transform"
    )
    variables["reason"] = text(
        _BRANCH,
        _map(branches, attrgetter("half_height.reason"), object),
        "why a branch has no half-height temperature, or a caveat",
    )
    return variables


def _loop_variables(branches: Branches, directions: list[str]) -> dict[str, xr.Variable]:
    def halves(name: str) -> list[Estimate]:
        if name not in directions:
            absent = Estimate(reason="not simulated")
            return [absent] * branches[..., 0].size
        return [b.half_height for b in branches[..., directions.index(name)].ravel()]

    shape = branches.shape[:2]
    pairs = list(zip(halves("heating"), halves("cooling"), strict=True))
    variables: dict[str, xr.Variable] = {}
    for name, long_name, formula, combine in (
        ("midpoint_temperature", "midpoint of the loop", "(T_heating + T_cooling)/2", midpoint),
        ("hysteresis_width", "thermal hysteresis", "T_heating - T_cooling", loop_width),
    ):
        loops = [combine(heating, cooling) for heating, cooling in pairs]
        value = np.array([loop.value for loop in loops]).reshape(shape)
        stderr = np.array([loop.stderr for loop in loops]).reshape(shape)
        variables |= with_error(
            name, _LOOP, value, stderr, "K", long_name, formula=formula, source=_SOURCE
        )
        kinds = np.array([loop.kind for loop in loops]).reshape(shape)
        variables[bound_name(name)] = bound_variable(_LOOP, kinds, "the mean over all replicas")
        reasons = np.array([loop.reason for loop in loops], dtype=object).reshape(shape)
        variables["loop_reason"] = text(_LOOP, reasons, "why a loop has no midpoint, or a caveat")
    return variables


def _map(
    branches: Branches, pick: Callable[[BranchTransition], object], dtype: type = float
) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = np.empty(branches.shape, dtype=dtype)
    values.ravel()[:] = [pick(branch) for branch in branches.ravel()]
    return values

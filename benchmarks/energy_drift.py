"""Drift of the total energy at constant energy, of our engine and of LAMMPS from one start."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import lammps_input
import numpy as np
from command_line import say
from lammps_peer import Lammps
from same_start import Start

from lbhsweep.simulation.benchmark import SETTLING_PS, fit_slope, nve_drift
from lbhsweep.units import BOLTZMANN

SAMPLE_PS = 0.02
"""Between samples of LAMMPS's total energy."""
TENTHS = 10
"""Parts of a run after each of which its progress is printed."""

Slope = tuple[float, float]


def drifts(begun: Start, length_ps: float) -> dict[str, Callable[[], Slope]]:
    """Return for each program what measures its slope and standard error, kT per atom per ns."""
    state = begun.ours.integrator.state
    unit = BOLTZMANN * begun.ours.temperature * state.n_atoms
    measured = {
        name: partial(_of_lammps, peer, length_ps, unit) for name, peer in begun.peers.items()
    }
    return {"lbhsweep": partial(_of_ours, begun, length_ps), **measured}


def _of_ours(begun: Start, length_ps: float) -> Slope:
    drift = nve_drift(begun.ours, round(length_ps / begun.ours.integrator.dynamics.outer_step))
    return drift.slope, drift.stderr


def _of_lammps(peer: Lammps, length_ps: float, unit: float) -> Slope:
    """Run in parts, so that progress can be printed; `unit` is kT times the atoms."""
    every = round(SAMPLE_PS / peer.step_ps)
    begun = time.perf_counter()
    peer.ask("do", ["fix move all nve", "run 0 post no"])
    peer.ask("totals", round(SETTLING_PS / SAMPLE_PS), every)
    a_ps = (time.perf_counter() - begun) / SETTLING_PS
    energies: list[float] = []
    for part in np.array_split(np.arange(round(length_ps / SAMPLE_PS)), TENTHS):
        done = len(energies) * SAMPLE_PS
        say(f"    {done:g} of {length_ps:g} ps, about {(length_ps - done) * a_ps:.0f} s to go …")
        energies += peer.ask("totals", len(part), every)
    times = SAMPLE_PS * 1e-3 * np.arange(len(energies))
    slope, stderr = fit_slope(times, lammps_input.KCAL * np.array(energies))
    return slope / unit, stderr / unit

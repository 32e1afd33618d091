"""How the benchmarks have LAMMPS integrate."""

from __future__ import annotations

from typing import NamedTuple

from lbhsweep.interop.lammps import ATMOSPHERES_PER_GPA, KCAL, data_file, force_commands
from lbhsweep.physics.forcefield import ForceField

__all__ = ["KCAL", "RESPA", "VERLET", "Scheme", "barostat", "commands", "data_file"]


class Scheme(NamedTuple):
    """How LAMMPS integrates: its (outer) step, what sets it, options of the program."""

    step_ps: float
    commands: tuple[str, ...]
    options: tuple[str, ...] = ()


VERLET = Scheme(0.5e-3, ("timestep 0.5", "neigh_modify every 1 delay 5 check yes"))
"""As the papers run it."""
RESPA = Scheme(
    2e-3,
    (
        "timestep 2.0",
        "neigh_modify every 1 delay 0 check yes",
        "run_style respa 2 4 bond 1 angle 1 pair 2 kspace 2",
    ),
    ("-sf", "omp", "-pk", "omp", "1"),
)
"""At its best: bonds and angles every 0.5 fs, pairs and mesh every 2 fs."""
MESH = "kspace_style pppm 1e-4"
CONVERGED_MESH = "kspace_style pppm 1e-7"


def commands(data: str, force_field: ForceField, cutoff_A: float, scheme: Scheme) -> list[str]:
    """Return the commands up to the first ``run``."""
    return [
        *force_commands(data, force_field, cutoff_A=cutoff_A, shift=False, kspace="pppm 1e-4"),
        "thermo_style custom step cpu etotal",
        "thermo_modify norm no",
        *scheme.commands,
    ]


def barostat(temperature_K: float, pressure_GPa: float) -> str:
    """Return the integrator of constant pressure and temperature, with the papers' times."""
    atm = pressure_GPa * ATMOSPHERES_PER_GPA
    t, p = f"{temperature_K:g}", f"{atm:.10g}"
    return f"fix move all npt temp {t} {t} 50 iso {p} {p} 500"

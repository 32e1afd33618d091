"""The how-to recipes that the documentation shows; test_recipes_of_use.py runs them."""

# ruff: noqa: E402 - each part is read by itself

# begin: weak holds
import pandas as pd
import xarray as xr


def weak_holds(hold: xr.Dataset) -> pd.DataFrame:
    """List holds that failed, have not settled, or are too short for their own correlation time."""
    causes = {
        "failed": hold.status == 3,
        "not settled": hold.equilibrated == 0,
        "too short": hold.equilibrated == 2,
    }
    tables = []
    for cause, where in causes.items():
        cells = where.rename("weak").to_series()
        tables.append(cells[cells].index.to_frame(index=False).assign(cause=cause))
    return pd.concat(tables, ignore_index=True)


# end: weak holds

# begin: next holds
import numpy as np


def next_holds(transition: xr.Dataset, number: int = 5) -> list[str]:
    """Write lines of ``extra_points`` within two standard errors of T_t at each pressure."""
    route = str(transition.used_route.item())
    lines = []
    for pressure in transition.pressure.values:
        here = transition.sel(route=route, pressure=pressure)
        centre = float(here.transition_temperature)
        reach = 2 * float(here.transition_temperature_stderr)
        if not np.isfinite(centre + reach):
            continue  # here.reason says why
        added = np.unique(np.round(np.linspace(centre - reach, centre + reach, number)))
        values = ", ".join(f"{one:g} K" for one in added)
        lines.append(f"  - {{pressure: {pressure:g} GPa, temperature: [{values}]}}")
    return lines


# end: next holds

# begin: phonons
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import LBFGS

from lbhsweep.interop.ase import LbhCalculator, atoms_from_structure
from lbhsweep.physics.crystal import build_alpha


def relaxed_alpha(
    potential: str = "lbh-2021", cells: int = 2, cutoff: float = 9.0, fmax: float = 1e-4
) -> Atoms:
    """Relax the positions and the size of α until no force exceeds `fmax`, eV/Å."""
    atoms = atoms_from_structure(build_alpha((cells, cells, cells)))
    atoms.calc = LbhCalculator(potential=potential, cutoff=cutoff, accuracy="high")
    moving = FrechetCellFilter(atoms, hydrostatic_strain=True)
    if not LBFGS(moving, maxstep=0.05, logfile=None).run(fmax=fmax, steps=1000):
        raise RuntimeError(f"{potential}: not relaxed to {fmax} eV/Å after 1000 steps")
    return atoms


def phonons_of(atoms: Atoms, cells: int = 2, distance: float = 0.01):
    """Make phonopy's force constants of a relaxed supercell of cubic cells."""
    from phonopy import Phonopy
    from phonopy.structure.atoms import PhonopyAtoms

    whole = PhonopyAtoms(
        symbols=atoms.get_chemical_symbols(),
        cell=atoms.cell[:],
        scaled_positions=atoms.get_scaled_positions(),
    )
    # The supercell is given as it is, and phonopy finds the cubic cell in it.
    phonon = Phonopy(whole, np.eye(3, dtype=int), primitive_matrix=np.eye(3) / cells, symprec=1e-3)
    phonon.generate_displacements(distance=distance)
    forces = []
    for displaced in phonon.supercells_with_displacements:
        moved = atoms.copy()
        moved.calc = atoms.calc
        moved.set_scaled_positions(displaced.scaled_positions)
        forces.append(moved.get_forces())
    phonon.forces = forces
    phonon.produce_force_constants()
    phonon.symmetrize_force_constants()
    return phonon


# end: phonons

# begin: count modes
WAVENUMBER = 33.35641
"""cm⁻¹ per THz."""


def imaginary_modes(phonon, points: int = 8, least: float = 1.0) -> int:
    """Count modes below −`least` cm⁻¹ on a mesh of wave vectors; imaginary ones are negative."""
    phonon.run_mesh([points, points, points], is_gamma_center=True)
    return int((phonon.mesh.frequencies * WAVENUMBER < -least).sum())


# end: count modes

# begin: own potential
from pathlib import Path

import lbhsweep


def softer_angles(path: Path) -> None:
    """Write a copy of lbh-2021 with another name and softer angles."""
    shipped = Path(lbhsweep.__file__).parent / "physics" / "parameters" / "lbh-2021.yaml"
    text = shipped.read_text(encoding="utf-8")
    text = text.replace("name: lbh-2021\n", "name: lbh-soft-angles\n")
    path.write_text(text.replace("k: 83.7", "k: 75.0"), encoding="utf-8")


# end: own potential

"""The code that the documentation shows; test_recipes.py runs it."""

# ruff: noqa: E402 - each part is read by itself

# begin: observable
import numpy as np

from lbhsweep.observables.base import MeasurementPlan, Sample


class CellAnisotropy:
    """Root mean squares of ln(a/b) and ln(a/c) of the cell, from its lattice vectors."""

    def __init__(self, plan: MeasurementPlan) -> None:
        self.every = plan.sample_every
        self.needs_energies = False
        self._sums = np.zeros(3)

    def sample(self, sample: Sample) -> None:
        a, b, c = np.linalg.norm(sample.state.cell, axis=1)
        self._sums += (1.0, np.log(a / b) ** 2, np.log(a / c) ** 2)

    def state(self) -> dict[str, np.ndarray]:
        return {"sums": self._sums.copy()}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        self._sums[:] = arrays["sums"]

    def result(self) -> dict[str, np.ndarray]:
        count, squares = self._sums[0], self._sums[1:]
        return {"cell_anisotropy": np.sqrt(squares / count) if count else np.full(2, np.nan)}


# end: observable

# begin: product
import xarray as xr


def gruneisen(properties: xr.Dataset) -> xr.Dataset:
    """Compute γ = α V/(κ C_V) with C_P for C_V, of each phase, from the group phase_properties."""
    volume = properties["volume"] * 1e-30 * 6.02214076e23  # m³/mol
    capacity = properties["heat_capacity"] * properties["molar_mass"] * 1e-3  # J/mol/K
    gamma = properties["expansivity"] * volume / (properties["compressibility"] * 1e-9 * capacity)
    reason = xr.where(np.isfinite(gamma), "", "no expansivity, compressibility or C_P here")
    gamma.attrs = {"units": "1", "long_name": "Grüneisen parameter", "formula": "α V/(κ C_P)"}
    return xr.Dataset({"gruneisen": gamma, "reason": reason})


# end: product

# begin: potential
from lbhsweep.engine.molecules.bonded import no_bonds


class Tethers:
    """U = ½ k Σ |r_i − h s_i|², every atom tied to a place that moves with the cell h."""

    slow_terms = ("tether",)

    def __init__(self, sites: np.ndarray, masses: np.ndarray, stiffness: float) -> None:
        self.sites, self.masses, self.stiffness = sites, masses, stiffness
        self.n_atoms = len(sites)
        self.bonded = no_bonds(self.n_atoms)

    def update(self, positions, cell, step):
        """There is no list."""

    def slow(self, positions, cell, out, *, energies=True):
        u = positions - self.sites @ cell
        out.forces[:] = -self.stiffness * u
        out.virial[:] = -self.stiffness * u.T @ u
        out.energies[0] = 0.5 * self.stiffness * np.sum(u * u)

    def list_state(self):
        return None

    def restore_list(self, positions, cell):
        """There is no list."""


# end: potential

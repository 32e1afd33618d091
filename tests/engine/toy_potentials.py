"""Potentials whose statistical mechanics is known in closed form."""

from __future__ import annotations

import numpy as np

from lbhsweep.engine.molecules.bonded import bonded_tables, no_bonds


def dimers(n_atoms, stiffness, length):
    """Harmonic bonds between atoms 0 and 1, 2 and 3, …"""
    n = n_atoms // 2
    none = np.zeros(0)
    return bonded_tables(
        np.arange(n_atoms) // 2 + 1,
        np.arange(n_atoms, dtype=np.int32).reshape(n, 2),
        np.full(n, stiffness),
        np.full(n, length),
        np.zeros((0, 3), np.int32),
        none,
        none,
    )


class EinsteinCrystal:
    """Harmonic tethers to sites that move with the cell, relative to the mean displacement.

    U = ½ k Σ |u_i - ū|² + B V₀ (ln V/V₀)²/2 + G [tr(hᵀh)/(3 V^⅔) - 1], u_i = r_i - h s_i.  The
    3N - 3 modes are degenerate, and P(V) ∝ V exp(-(P V + Φ(V))/k_B T), the factor V being the
    centre of mass's.  The last term depends on the shape alone.  With `bonds` (fast) and k = 0 it
    is an ideal gas of dimers: P(V) ∝ V^(N/2) exp(-(P V + Φ(V))/k_B T).
    """

    slow_terms = ("tether", "volume", "shape")

    def __init__(
        self,
        sites,
        masses,
        stiffness=50.0,
        bulk_modulus=0.0,
        volume=1.0,
        rigidity=0.0,
        bonds=None,
    ):
        self.sites = np.asarray(sites, dtype=float)
        self.masses = np.asarray(masses, dtype=float)
        self.n_atoms = len(self.sites)
        self.stiffness = stiffness
        self.bulk_modulus = bulk_modulus
        self.volume = volume
        self.rigidity = rigidity
        self.bonded = no_bonds(self.n_atoms) if bonds is None else bonds

    def update(self, positions, cell, step):
        pass

    def slow(self, positions, cell, out, *, energies=True):
        u = positions - self.sites @ cell
        u -= u.mean(axis=0)
        volume = abs(np.linalg.det(cell))
        strain = np.log(volume / self.volume)
        shape = self.rigidity * cell.T @ cell / (3.0 * volume ** (2 / 3))
        trace = shape[0, 0] + shape[1, 1] + shape[2, 2]
        out.forces[:] = -self.stiffness * u
        out.virial[:] = -self.stiffness * u.T @ u - 2.0 * shape
        diagonal = np.einsum("ii->i", out.virial)
        diagonal += 2.0 / 3.0 * trace - self.bulk_modulus * self.volume * strain
        out.energies[0] = 0.5 * self.stiffness * np.einsum("ij,ij", u, u)
        out.energies[1] = 0.5 * self.bulk_modulus * self.volume * strain**2
        out.energies[2] = trace - self.rigidity

    def list_state(self):
        return None

    def restore_list(self, positions, cell):
        raise AssertionError("there is no list to restore")


class SoftSpheres:
    """Periodic spheres, U = Σ ε (σ/r)¹² cut and shifted smoothly at r_c, with stale pair lists.

    The list's order depends on where it was built, as a real neighbour list's does: summing in
    another order changes the last bits.  Neighbours in the array may also be bonded.
    """

    slow_terms = ("pairs",)

    def __init__(self, n_atoms, epsilon=5.0, sigma=3.0, cutoff=4.0, skin=0.4, bonds=None):
        self.n_atoms = n_atoms
        self.masses = np.linspace(10.0, 30.0, n_atoms)
        self.epsilon, self.sigma, self.cutoff, self.skin = epsilon, sigma, cutoff, skin
        self.bonded = no_bonds(n_atoms) if bonds is None else bonds
        self._built = None
        self.rebuilds = 0

    def update(self, positions, cell, step):
        if self._built is not None:
            old, old_cell = self._built
            deformed = np.linalg.inv(old_cell) @ cell
            moved = positions - old @ deformed
            strain = np.abs(deformed - np.eye(3)).max()
            if np.linalg.norm(moved, axis=1).max() < 0.5 * self.skin and strain < 0.05:
                return
        self.restore_list(positions, cell)
        self.rebuilds += 1

    def restore_list(self, positions, cell):
        self._built = positions.copy(), cell.copy()
        i, j = np.triu_indices(self.n_atoms, 1)
        d = self._separation(positions, cell, i, j)
        r = np.linalg.norm(d, axis=1)
        near = np.argsort(r, kind="stable")
        near = near[r[near] < self.cutoff + 2 * self.skin]
        self._pairs = i[near], j[near]

    def list_state(self):
        return self._built

    def _separation(self, positions, cell, i, j):
        s = (positions[i] - positions[j]) @ np.linalg.inv(cell)
        return (s - np.round(s)) @ cell

    def slow(self, positions, cell, out, *, energies=True):
        i, j = self._pairs
        d = self._separation(positions, cell, i, j)
        r2 = np.einsum("ij,ij->i", d, d)
        x = 1.0 - r2 / self.cutoff**2
        inside = x > 0
        i, j, d, r2, x = i[inside], j[inside], d[inside], r2[inside], x[inside]
        u = self.epsilon * (self.sigma**2 / r2) ** 6
        # Energy u·x³; with s = r², dU/ds = -6 u x³/s - 3 u x²/r_c².
        slope = -6.0 * u * x**3 / r2 - 3.0 * u * x**2 / self.cutoff**2
        f = -2.0 * slope[:, None] * d
        out.forces[:] = 0.0
        np.add.at(out.forces, i, f)
        np.add.at(out.forces, j, -f)
        out.virial[:] = d.T @ f
        out.energies[0] = float((u * x**3).sum()) if energies else np.nan


def fcc(repeats, lattice):
    """Sites (4 repeats³, 3) in Å and the cell of a face-centred cubic crystal."""
    corners = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = (corners[:, None] + basis).reshape(-1, 3) / repeats
    return sites @ (np.eye(3) * repeats * lattice), np.eye(3) * repeats * lattice

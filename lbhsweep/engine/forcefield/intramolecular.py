"""Pairs inside molecules: those beyond the exclusions, and what exclusions take from the Ewald sum.

The reciprocal sum holds q₁q₂ erf(αr)/r of every pair.  An excluded pair must lose it (Essmann et
al., J. Chem. Phys. 103, 8577 (1995), https://doi.org/10.1063/1.470117, eq. 2.5); any other gets
the full Buckingham and real-space interaction within the cutoff.  Molecules are whole, so no
periodic image is looked for; identical molecules are neighbouring lanes (see `lanes`).
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from lbhsweep.arrays import FloatArray, Int32Array, IntArray
from lbhsweep.engine.forcefield.groups import Kind
from lbhsweep.engine.forcefield.pair_table import PairTable
from lbhsweep.engine.forcefield.screening import ErfPolynomial
from lbhsweep.engine.molecules.bonded import add_to_slots
from lbhsweep.engine.molecules.lanes import LaneLayout, LaneTerms
from lbhsweep.engine.vectors.functions import exp_negative, polynomial
from lbhsweep.engine.vectors.simd import (
    filled,
    fma,
    inverse_sqrt,
    lanes,
    largest,
    load,
    maximum,
    select,
    total,
)
from lbhsweep.engine.virial import add_symmetric
from lbhsweep.physics.structure import Structure
from lbhsweep.physics.topology import atoms_by_molecule


class IntramolecularTables(NamedTuple):
    """Pairs inside molecules as rows of lanes.

    Attributes
    ----------
    atoms : (n_slots,) int64
        Atom of each slot.
    weight : (n_slots,) float64
        1, or 0 for slots that only fill a vector.
    slots : (n_rows, 3) int64
        First slots of both atoms, number of slots.
    parameters : (n_rows, 7) float64
        A, 1/ρ, C, energy shift, q₁q₂ of the bare charges (0 if excluded), q₁q₂ (both with the
        Coulomb constant), squared cutoff (infinite if excluded); in kJ/mol and Å.
    """

    atoms: IntArray
    weight: FloatArray
    slots: IntArray
    parameters: FloatArray


def intramolecular_terms(
    structure: Structure, exclusions: Int32Array, kinds: list[Kind], table: PairTable
) -> tuple[LaneTerms, float]:
    """List the pairs inside molecules that interact or must be taken out of the reciprocal sum.

    Parameters
    ----------
    structure : Structure
    exclusions : (n_exclusions, 2) int32
    kinds : list of (str, float)
        Species and charge of each atom.
    table : PairTable

    Returns
    -------
    LaneTerms
        Parameters as in `IntramolecularTables`.
    float
        Longest distance inside a molecule, Å; at least 1.
    """
    excluded = {(int(i), int(j)) for i, j in exclusions}
    pairs, parameters, longest = [], [], 1.0
    for atoms in atoms_by_molecule(structure.molecule):
        first, second = (atoms[index] for index in np.triu_indices(len(atoms), 1))
        r = np.linalg.norm(structure.positions[second] - structure.positions[first], axis=1)
        longest = max(longest, float(r.max(initial=0.0)))
        for i, j in zip(first.tolist(), second.tolist(), strict=True):
            found = table.row(kinds[i], kinds[j], excluded=(i, j) in excluded)
            if found is not None:
                pairs.append((i, j))
                parameters.append(found)
    return LaneTerms(np.array(pairs).reshape(-1, 2), np.array(parameters).reshape(-1, 7)), longest


def intramolecular_tables(layout: LaneLayout) -> IntramolecularTables:
    """Take the pairs out of a layout that holds `intramolecular_terms` as "pair"."""
    rows = layout.rows["pair"]
    return IntramolecularTables(layout.atoms, layout.weight, rows.slots, rows.parameters)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def intramolecular_forces(
    positions: FloatArray,
    slots: FloatArray,
    tables: IntramolecularTables,
    screening: ErfPolynomial,
    forces: FloatArray,
    virial: FloatArray,
    energies: FloatArray,
) -> float:
    """Overwrite forces; add virial, and (Buckingham, real-space, excluded) energies.

    Parameters
    ----------
    positions : (n_atoms, 3) float64, Å
        Molecules whole.
    slots : (3, n_slots) float64, Å
        Scratch.
    tables : IntramolecularTables
    screening : ErfPolynomial
        Of all distances inside molecules.
    forces : (3, n_slots) float64, kJ/mol/Å
    virial : (3, 3) float64, kJ/mol
    energies : (3,) or more float64, kJ/mol

    Returns
    -------
    float
        Largest squared distance, Å².
    """
    forces[:] = 0.0
    for s in range(slots.shape[1]):
        atom = tables.atoms[s]
        for m in range(3):
            slots[m, s] = positions[atom, m]
    sx = slots[0]
    sy = slots[1]
    sz = slots[2]
    weight = tables.weight
    zero = filled(sx, 0.0)
    furthest = zero
    wxx = wyy = wzz = wxy = wxz = wyz = zero
    for row in range(tables.slots.shape[0]):
        prefactor = tables.parameters[row, 0]
        inverse_rho = tables.parameters[row, 1]
        dispersion = tables.parameters[row, 2]
        shift = tables.parameters[row, 3]
        bare = tables.parameters[row, 4]
        charge_product = tables.parameters[row, 5]
        cutoff2 = tables.parameters[row, 6]
        buckingham = zero
        coulomb = zero
        for lane in range(0, tables.slots[row, 2], lanes(sx)):
            i = tables.slots[row, 0] + lane
            j = tables.slots[row, 1] + lane
            x = load(sx, j) - load(sx, i)
            y = load(sy, j) - load(sy, i)
            z = load(sz, j) - load(sz, i)
            r2 = fma(x, x, fma(y, y, z * z))
            furthest = maximum(furthest, r2)
            counts = select(r2 < cutoff2, load(weight, i), 0.0)
            inverse_r = inverse_sqrt(r2)
            inverse_r2 = inverse_r * inverse_r
            inverse_r6 = inverse_r2 * inverse_r2 * inverse_r2
            decay = exp_negative(r2 * inverse_r * inverse_rho)
            t = fma(r2, screening.scale, -1.0)
            screened = r2 < screening.limit2
            p = select(screened, polynomial(t, screening.value), inverse_r)
            q = select(screened, polynomial(t, screening.slope), inverse_r * inverse_r2)
            buckingham = fma(
                counts, fma(decay, prefactor, inverse_r6 * -dispersion) - shift, buckingham
            )
            coulomb = fma(counts, fma(inverse_r, bare, p * -charge_product), coulomb)
            slope = decay * (prefactor * inverse_rho) * inverse_r
            slope = fma(inverse_r6 * inverse_r2, -6.0 * dispersion, slope)
            slope = fma(inverse_r * inverse_r2, bare, slope)
            slope = fma(q, -charge_product, slope) * counts
            fx = slope * x
            fy = slope * y
            fz = slope * z
            add_to_slots(forces, j, fx, fy, fz)
            add_to_slots(forces, i, fx * -1.0, fy * -1.0, fz * -1.0)
            wxx = fma(x, fx, wxx)
            wyy = fma(y, fy, wyy)
            wzz = fma(z, fz, wzz)
            wxy = fma(x, fy, wxy)
            wxz = fma(x, fz, wxz)
            wyz = fma(y, fz, wyz)
        energies[0] += total(buckingham)
        energies[2 if cutoff2 == np.inf else 1] += total(coulomb)
    add_symmetric(virial, total(wxx), total(wyy), total(wzz), total(wxy), total(wxz), total(wyz))
    return float(largest(furthest))

"""Pairs between and inside molecules against a plain double loop over all images."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from engine.plain_forces import PairMatrices, brute_force_pairs
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from lbhsweep.engine.forcefield.groups import make_groups
from lbhsweep.engine.forcefield.intramolecular import (
    intramolecular_forces,
    intramolecular_tables,
    intramolecular_terms,
)
from lbhsweep.engine.forcefield.pair_sum import OUTDATED, VALID, PairSum
from lbhsweep.engine.forcefield.pair_table import PairTable
from lbhsweep.engine.forcefield.potential import gather_forces
from lbhsweep.engine.forcefield.screening import erf_polynomial
from lbhsweep.engine.molecules.lanes import lay_out
from lbhsweep.engine.neighbors import heights
from lbhsweep.errors import CutoffError
from lbhsweep.physics.forcefield import Buckingham, ForceField, Species
from lbhsweep.physics.structure import Structure
from lbhsweep.units import COULOMB

# Every sort of pair is there: all terms (P-P), repulsion and charges (P-S), charges alone (R-R,
# R-P, S-S), dispersion alone (P-Q), repulsion alone (Q-Q, Q-S), and none (Q-R).
FORCE_FIELD = ForceField(
    name="all-sorts",
    source="made up",
    species={
        "P": Species(1.0, -0.31),
        "Q": Species(1.0, 0.0),
        "R": Species(1.0, 0.4),
        "S": Species(1.0, 0.85),
    },
    buckingham=(
        Buckingham("P", "P", 5e4, 0.30, 0.4),
        Buckingham("P", "Q", 0.0, 1.0, 0.5),
        Buckingham("Q", "Q", 9e3, 0.28, 0.0),
        Buckingham("Q", "S", 7e3, 0.27, 0.0),
        Buckingham("P", "S", 7e3, 0.30, 0.0),
    ),
    bonds=(),
    angles=(),
    exclusion_depth=0,
)
# α·cutoff and the polynomial's tolerance, as the potential takes them.
PRECISION = {np.float64: (4.57, 1e-12), np.float32: (3.123, 3e-7)}


@dataclass
class Setup:
    """A structure, who is excluded from whom, and all that evaluates it."""

    structure: Structure
    excluded: np.ndarray
    cutoff: float
    alpha: float
    shift: bool
    pairs: PairSum
    charges: np.ndarray
    screening_error: float

    def expected(self, positions, cell):
        matrices = PairMatrices.of(self.structure.symbols, self.charges, FORCE_FIELD)
        return brute_force_pairs(
            positions, cell, matrices, self.excluded, self.cutoff, self.alpha, shift=self.shift
        )


def set_up(structure, excluded, cutoff, *, shift=False, dtype=np.float64):
    charges = np.array([FORCE_FIELD.species[s].charge for s in structure.symbols])
    product, tolerance = PRECISION[dtype]
    table = PairTable(FORCE_FIELD, cutoff, shift=shift)
    pairs = PairSum(
        structure.molecule,
        list(zip(structure.symbols, charges.tolist(), strict=True)),
        table,
        erf_polynomial(product / cutoff, cutoff, tolerance),
        dtype,
    )
    # What the polynomial's tolerance allows a force, kJ/mol/Å, for ten charges about an atom.
    alpha = product / cutoff
    allowed = 10 * tolerance * COULOMB * 0.76 * alpha**3 * cutoff
    return Setup(structure, excluded, cutoff, alpha, shift, pairs, charges, allowed)


def between(setup, positions, cell):
    """Energies, forces (n_atoms, 3) and virial of pairs between molecules."""
    virial, energies = np.zeros((3, 3)), np.zeros(2)
    setup.pairs.evaluate(positions, cell, virial, energies)
    return energies, setup.pairs.forces[:, setup.pairs.slot].T.astype(float), virial


def everything(setup, positions, cell):
    """The same with pairs inside molecules, and the energy owed for exclusions."""
    structure = setup.structure
    kinds = list(zip(structure.symbols, setup.charges.tolist(), strict=True))
    table = PairTable(FORCE_FIELD, setup.cutoff, shift=setup.shift)
    i, j = np.nonzero(np.triu(setup.excluded))
    terms, _ = intramolecular_terms(structure, np.stack([i, j], axis=1), kinds, table)
    layout = lay_out(structure.molecule, {"pair": terms})
    virial, energies = np.zeros((3, 3)), np.zeros(3)
    setup.pairs.evaluate(positions, cell, virial, energies)
    inside = np.empty((3, len(layout.atoms)))
    intramolecular_forces(
        positions, np.empty_like(inside), intramolecular_tables(layout),
        erf_polynomial(setup.alpha, 1e3, 1e-12), inside, virial, energies,
    )  # fmt: skip
    forces = np.empty_like(positions)
    gather_forces(setup.pairs.forces, setup.pairs.slot, inside, layout.slot, forces)
    return energies, forces, virial


class CrowdedError(Exception):
    """No room is left for an atom."""


def scatter_atoms(rng, cell, centres, radii):
    """Put each atom near its centre, as far as 30 tries allow from all others and their images."""
    inverse = np.linalg.inv(cell)
    images = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3) @ cell
    atoms = np.empty((0, 3))
    for centre, radius in zip(centres, radii, strict=True):
        tries = rng.normal(size=(30, 3))
        tries *= (radius * rng.random(30) ** (1 / 3) / np.linalg.norm(tries, axis=1))[:, None]
        tries += centre
        d = tries[:, None] - atoms[None]
        d -= np.round(d @ inverse) @ cell
        room = np.full(30, np.linalg.norm(images[images.any(axis=1)], axis=1).min())
        if len(atoms):
            room = np.linalg.norm(d[:, :, None] + images, axis=3).min(axis=(1, 2))
        if room.max() < 0.55:
            raise CrowdedError
        atoms = np.vstack([atoms, tries[np.argmax(room)]])
    return atoms


def random_structure(rng, cell, sizes, width, far):
    """Two sorts of molecules, PₙQₘR and Pₖ, and ions S, their atoms in any order, anywhere."""
    n, m, k, larger, smaller, ions = sizes
    contents = ["P" * n + "Q" * m + "R"] * larger + ["P" * k] * smaller + ["S"] * ions
    molecule = np.repeat(np.arange(len(contents)) + 1, [len(c) for c in contents])
    centres = rng.random((len(contents), 3)) @ cell
    molecule[molecule > larger + smaller] = 0
    owner = np.repeat(np.arange(len(contents)), [len(c) for c in contents])
    radii = np.where(molecule > 0, width, 0.5 * width)
    positions = scatter_atoms(rng, cell, centres[owner], radii)
    jumps = rng.integers(-far, far + 1, (len(contents), 3))
    positions += (jumps @ cell)[owner]
    order = rng.permutation(len(positions))
    symbols = np.array(list("".join(contents)))[order]
    return Structure(tuple(symbols), positions[order], cell, molecule[order].astype(np.int32))


def random_exclusions(rng, molecule, share):
    same = (molecule[:, None] == molecule) & (molecule[:, None] != 0)
    chosen = np.triu(same & (rng.random(same.shape) < share), 1)
    return chosen | chosen.T


def turned(rng, cell):
    """The same cell, turned anywhere and half the time left-handed."""
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return cell @ q


@st.composite
def cells(draw):
    """Rows of a triclinic cell: thin, flat or strongly skewed."""
    a, b, c = (draw(st.floats(4.5, 14.0)) for _ in range(3))
    skew = [draw(st.floats(-1.6, 1.6)) for _ in range(3)]
    return np.array([[a, 0, 0], [skew[0] * a, b, 0], [skew[1] * a, skew[2] * b, c]])


SIZES = st.tuples(
    st.integers(1, 38), st.integers(1, 17), st.integers(1, 2), *[st.integers(1, 3)] * 2,
    st.integers(1, 9),
)  # fmt: skip


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 2e-5)])
def test_sum_over_pairs_equals_brute_force_in_any_cell(dtype, tolerance):
    @settings(max_examples=30, derandomize=True)
    @given(
        seed=st.integers(0, 2**32 - 1),
        cell=cells(),
        sizes=SIZES,
        fraction=st.floats(0.4, 0.4999),
        width=st.floats(0.5, 3.5),
        far=st.sampled_from([0, 1, 40]),
        share=st.sampled_from([0.0, 0.6, 1.0]),
        shift=st.booleans(),
    )
    def check(seed, cell, sizes, fraction, width, far, share, shift):
        rng = np.random.default_rng(seed)
        cell = turned(rng, cell)
        height, volume = heights(cell).min(), abs(np.linalg.det(cell))
        cutoff = fraction * height
        n, m, k, *counts = sizes
        n, m = min(n, int(volume / 25) + 1), min(m, int(volume / 50) + 1)
        width = min(width, 0.4 * (3 * height - cutoff - 1.5))
        assume(cutoff > 1.3)
        assume(width > 0.3)
        try:
            structure = random_structure(rng, cell, (n, m, k, *counts), width, far)
        except CrowdedError:
            reject()
        excluded = random_exclusions(rng, structure.molecule, share)
        setup = set_up(structure, excluded, cutoff, shift=shift, dtype=dtype)
        assert setup.pairs.survey(structure.positions, cell) == OUTDATED
        setup.pairs.build(structure.positions, cell)
        assert setup.pairs.survey(structure.positions, cell) == VALID
        found = everything(setup, structure.positions, cell)
        require_equal(setup, found, structure.positions, cell, tolerance)

    check()


def require_equal(setup, found, positions, cell, tolerance):
    expected = setup.expected(positions, cell)
    wanted = (np.array(list(expected.energies.values())), expected.forces, expected.virial)
    allowed = setup.screening_error
    n = len(positions)
    scales = (
        tolerance * expected.energy_scale + n * allowed * setup.cutoff,
        tolerance * abs(expected.forces).max() + allowed,
        tolerance * expected.virial_scale + n * allowed * setup.cutoff,
    )
    for name, a, b, scale in zip(
        ("energies", "forces", "virial"), found, wanted, scales, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=0, atol=scale, err_msg=name)


@pytest.fixture(scope="module")
def sample():
    """One structure of moderate size with its cutoff, and nobody excluded."""
    rng = np.random.default_rng(5)
    cell = turned(rng, np.array([[9.0, 0, 0], [3.0, 8.5, 0], [-2.0, 4.0, 8.0]]))
    structure = random_structure(rng, cell, (6, 4, 2, 2, 2, 5), 1.5, 1)
    return structure, np.zeros((len(structure.symbols),) * 2, bool), 0.4 * heights(cell).min()


def test_one_atom_of_a_kind_acts_from_where_it_is():
    # Not from the centre of its molecule.
    cell = 12.0 * np.eye(3)
    positions = np.array([[0.0, 0, 0], [1.2, 0, 0], [4.2, 0, 0], [3.0, 0, 0]])
    structure = Structure(("Q", "R", "Q", "R"), positions, cell, np.array([1, 1, 2, 2]))
    setup = set_up(structure, np.zeros((4, 4), bool), 4.0)
    setup.pairs.build(positions, cell)
    energies, forces, _ = between(setup, positions, cell)
    d = 1.8
    from_charges = COULOMB * 0.16 * math.erfc(setup.alpha * d) / d
    assert energies[1] == pytest.approx(from_charges, rel=1e-9)
    assert forces[1, 0] == pytest.approx(-forces[3, 0], rel=1e-12)


def test_an_old_list_gives_what_a_fresh_one_gives(sample):
    structure, excluded, cutoff = sample
    setup = set_up(structure, excluded, cutoff)
    setup.pairs.build(structure.positions, structure.cell)
    rng = np.random.default_rng(1)
    positions, cell = structure.positions.copy(), structure.cell.copy()
    for _ in range(5):
        positions += rng.normal(0, 0.04, positions.shape)
        strain = np.eye(3) + rng.normal(0, 0.004, (3, 3))
        positions, cell = positions @ strain, cell @ strain
        assert setup.pairs.survey(positions, cell) == VALID
        old = between(setup, positions, cell)
        fresh = set_up(structure, excluded, cutoff)
        fresh.pairs.build(positions, cell)
        for a, b in zip(old, between(fresh, positions, cell), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-9)


def approach(positions, cell, step):
    """Two molecules come nearer."""
    return positions + step * np.array([[1.0, 0, 0], [1.0, 0, 0], [-1.0, 0, 0]]), cell


def growth(positions, cell, step):
    """A molecule sends out an atom, its centre at rest."""
    return positions + 2.0 * step * np.array([[-1.0, 0, 0], [1.0, 0, 0], [0, 0, 0]]), cell


def squeeze(positions, cell, step):
    """The cell and all in it become shorter."""
    strain = np.diag([1.0 - step / 4.0, 1.0, 1.0])
    return positions @ strain, cell @ strain


@pytest.mark.parametrize("motion", [approach, growth, squeeze])
def test_lists_are_rebuilt_before_a_pair_can_slip_in(motion):
    # The molecule P-R along x and an ion just beyond the list's radius of 4 + 0.5 + 1.5 Å.
    cell = 16.0 * np.eye(3)
    start = np.array([[4.0, 5.0, 5.0], [5.0, 5.0, 5.0], [10.51, 5.0, 5.0]])
    structure = Structure(("P", "R", "S"), start, cell, np.array([1, 1, 0]))
    setup = set_up(structure, np.zeros((3, 3), bool), 4.0)
    setup.pairs.build(start, cell)
    valid, interacted = [], False
    for step in np.arange(0.0, 1.6, 0.02):
        positions, moved_cell = motion(start, cell, step)
        fresh = set_up(structure, np.zeros((3, 3), bool), 4.0)
        fresh.pairs.build(positions, moved_cell)
        expected = between(fresh, positions, moved_cell)[1]
        interacted |= bool(abs(expected).max() > 0)
        if setup.pairs.survey(positions, moved_cell) == VALID:
            found = between(setup, positions, moved_cell)[1]
            np.testing.assert_allclose(found, expected, atol=1e-9)
            valid.append(step)
    assert interacted
    assert valid[-1] > 0.3
    assert valid[-1] < 1.55


def test_molecules_too_large_for_the_table_of_images_are_refused():
    cell = 6.5 * np.eye(3)
    positions = np.array([[0.0, 0, 0], [20.0, 0.3, 0.2], [3.0, 3.0, 3.0]])
    structure = Structure(("P", "R", "S"), positions, cell, np.array([1, 1, 0]))
    setup = set_up(structure, np.zeros((3, 3), bool), 3.0)
    with pytest.raises(CutoffError, match=r"within 24\.5 Å.* take a larger supercel"):
        setup.pairs.build(positions, cell)


def test_atoms_of_one_kind_and_composition_share_a_block_in_any_order():
    kinds = [("P", -0.3), ("R", 0.4), ("P", -0.3), ("R", 0.4), ("P", -0.3), ("P", -0.3), ("S", 1.0)]
    groups = make_groups(np.array([2, 1, 1, 2, 2, 1, 0], np.int32), kinds)
    assert [(b.kind[0], b.composition) for b in groups.blocks] == [("P", 0), ("R", 0), ("S", 1)]
    assert len(set(groups.slot.tolist())) == 7
    assert groups.slot.max() < groups.n_slots

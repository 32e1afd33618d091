"""How large the simulated crystal is expected to be, before anything is simulated."""

from __future__ import annotations

from collections.abc import Sequence

from lbhsweep.messages import shown

ATOMS_PER_CELL = 104
"""Atoms of the cubic cell of four Li2B12H12."""
LITHIUM_PER_CELL = 8
MAX_REPEATS = 20

LATTICE_A = 9.61
"""Å: cubic α of the force field as printed, static, at zero pressure."""
BULK_MODULUS_GPA = 8.0
BULK_MODULUS_SLOPE = 5.0
"""Murnaghan's K₀ and K₀', just below the static compression of the softest shipped set."""
FLUCTUATION_MARGIN = 0.98
"""Smallest instantaneous edge over the mean one: over four standard deviations at 832 atoms."""


def three_repeats(value: object) -> object:
    """Bring a supercell, one number or three, to three."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) * 3
    if not isinstance(value, list | tuple) or len(value) != 3:
        got = f"{len(value)} numbers" if isinstance(value, list) else shown(value)
        raise ValueError(f"got {got}, wanted a whole number or three, such as [2, 2, 3]")
    return tuple(value)


def n_cubic_cells(supercell: Sequence[int]) -> int:
    """Count the cubic cells."""
    return supercell[0] * supercell[1] * supercell[2]


def smallest_lattice_a(pressure_GPa: float) -> float:
    """Estimate the shortest lattice parameter that a run at this pressure will see.

    Returns
    -------
    float
        Å; Murnaghan's equation of state, V = V₀ (1 + K₀' P/K₀)^(−1/K₀'),
        https://doi.org/10.1073/pnas.30.9.244, less a margin for fluctuations.
    """
    compression = 1 + BULK_MODULUS_SLOPE * max(pressure_GPa, 0.0) / BULK_MODULUS_GPA
    return float(LATTICE_A * compression ** (-1 / BULK_MODULUS_SLOPE / 3) * FLUCTUATION_MARGIN)


def largest_cutoff(supercell: Sequence[int], pressure_GPa: float) -> float:
    """Compute half the smallest height of the box that is expected, in Å."""
    return min(supercell) * smallest_lattice_a(pressure_GPa) / 2

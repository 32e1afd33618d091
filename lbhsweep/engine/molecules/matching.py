"""The same atom of another molecule: matching by what the terms say about each pair of atoms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from lbhsweep.arrays import IntArray

LocalTerm = tuple[str, tuple[int, ...], tuple[float, ...]]
"""Name, atoms by their place in the molecule, parameters; the same read from either end."""


def relations(size: int, terms: Iterable[LocalTerm], numbers: dict[Any, int]) -> IntArray:
    """Assign numbers to what terms say about pairs of atoms: (size, size), 0 for nothing.

    Parameters
    ----------
    size : int
        Atoms of the molecule.
    terms : iterable of LocalTerm
    numbers : dict
        Numbers given so far, shared by all molecules that are to be compared.
    """
    said: dict[tuple[int, int], list[Any]] = {}
    for name, atoms, parameters in terms:
        last = len(atoms) - 1
        for a, i in enumerate(atoms):
            for b, j in enumerate(atoms):
                if a != b:
                    roles = min((a, b), (last - a, last - b))
                    said.setdefault((i, j), []).append((name, parameters, roles))
    table = np.zeros((size, size), np.int64)
    for pair, words in said.items():
        table[pair] = numbers.setdefault(tuple(sorted(words)), len(numbers) + 1)
    return table


def match(template: IntArray, other: IntArray) -> IntArray | None:
    """Find an order of a molecule's atoms in which it has the template's relations.

    Parameters
    ----------
    template, other : (size, size) int64
        Of `relations`.

    Returns
    -------
    (size,) int64 or None
        Atom of the other molecule for each of the template's; None if there is no such order.
    """
    size = len(template)
    if len(other) != size:
        return None
    colours = _colours(template, other)
    if (np.sort(colours[0]) != np.sort(colours[1])).any():
        return None
    alike = colours[0][:, None] == colours[1]
    order = np.empty(size, np.int64)
    rest: list[IntArray] = [_candidates(template, other, alike, order, 0)]
    while rest:
        step = len(rest) - 1
        if len(rest[step]) == 0:
            rest.pop()
            continue
        order[step], rest[step] = rest[step][0], rest[step][1:]
        if step + 1 == size:
            return order
        rest.append(_candidates(template, other, alike, order, step + 1))
    return None


def _colours(template: IntArray, other: IntArray) -> IntArray:
    """Sort the atoms of both molecules (2, size) by everything known of their neighbours.

    Refined until nothing changes (Weisfeiler & Leman, 1968); without it, molecules that don't
    match but have interchangeable atoms would take the search through all their permutations.
    """
    both = np.stack([template, other])
    size = both.shape[1]
    colours = np.zeros((2, size), np.int64)
    while True:
        words = np.sort(both * 2 * size + colours[:, None, :], axis=2)
        words = np.concatenate([colours[:, :, None], words], axis=2).reshape(2 * size, -1)
        refined = np.unique(words, axis=0, return_inverse=True)[1].reshape(2, size)
        if refined.max() == colours.max():
            return refined
        colours = refined


def _candidates(
    template: IntArray,
    other: IntArray,
    alike: npt.NDArray[np.bool_],
    order: IntArray,
    step: int,
) -> IntArray:
    """Atoms that stand to those chosen so far as the template's next atom does to its own."""
    chosen = order[:step]
    agree = alike[step] & (other[:, chosen] == template[step, :step]).all(axis=1)
    agree[chosen] = False
    return np.flatnonzero(agree)

"""CIF files, block by block."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from lbhsweep.errors import StructureError
from lbhsweep.physics.files.choice import chosen_block
from lbhsweep.physics.files.content import FileContent
from lbhsweep.physics.files.from_ase import content_of
from lbhsweep.physics.files.species import element_of_label, masses_by_species

if TYPE_CHECKING:
    from ase import Atoms


def read_cif(text: str, choice: str | None = None) -> FileContent:
    """Read the crystal of one data block.

    Parameters
    ----------
    text : str
        Of the file.
    choice : str, optional
        Name or number of the block; needed if several hold a crystal.

    Returns
    -------
    FileContent
        All atoms of the cell, by the block's symmetry.

    Raises
    ------
    StructureError
        If several blocks hold a crystal and none is named, none holds one, or sites are partly
        occupied.
    """
    from ase.io.cif import parse_cif

    blocks = [block for block in parse_cif(io.StringIO(text)) if block.has_structure()]
    if not blocks:
        raise StructureError("it has no data block with atoms, wanted symbols and positions")
    place = chosen_block([str(block.name) for block in blocks], choice)
    block = blocks[place]
    masses = _isotopes(block)
    atoms: Atoms = block.get_atoms()
    # ASE's masses are those of deuterium alone; all isotopes are found above.
    atoms.arrays.pop("masses", None)
    return content_of(atoms, masses=masses, is_last=place == len(blocks) - 1)


def _isotopes(block: Any) -> dict[str, float]:
    """Return the masses in g/mol of species that are written as isotopes, as D or 7Li."""
    written = block.get("_atom_site_type_symbol") or block.get("_atom_site_label") or ()
    symbols, masses = [], []
    for label in written:
        stem = str(label).rstrip("+-0123456789()'\"*")
        found = element_of_label(stem)
        if found is None:
            continue
        symbols.append(found[0])
        masses.append(found[1])
    return masses_by_species(symbols, masses)

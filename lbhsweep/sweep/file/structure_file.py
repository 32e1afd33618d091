"""The crystal from which runs start, read by ASE from a file that the sweep names."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from lbhsweep.document import MAX_NAMED_BYTES
from lbhsweep.errors import LbhsweepError
from lbhsweep.messages import shown
from lbhsweep.physics.conventional import ConventionalCrystal, conventional_crystal
from lbhsweep.sweep.file.fields import finder

if TYPE_CHECKING:
    from ase import Atoms

FORMATS = MappingProxyType(
    {
        ".cif": "cif",
        ".vasp": "vasp",
        ".poscar": "vasp",
        ".extxyz": "extxyz",
        ".xyz": "extxyz",
        ".data": "lammps-data",
        ".lmp": "lammps-data",
    }
)
"""ASE's names of the formats, by the files' endings."""
POSCAR = ("POSCAR", "CONTCAR")
"""Names, or beginnings of names, of files without an ending."""
WANTED = "a .cif, .vasp (or POSCAR, CONTCAR), .extxyz or LAMMPS .data file"
WHOLE = 0.999
"""Occupancy from which an atom is there."""
NO_ASE = "reading structure files needs ASE; install it with: pip install 'lbhsweep[ase]'"


@dataclass(frozen=True, slots=True)
class StructureFile:
    """The path of a structure file, as the crystal in it."""

    def read(self, value: object, info: ValidationInfo) -> ConventionalCrystal:
        """Read the file; its path is relative to the sweep file's folder."""
        if isinstance(value, ConventionalCrystal):
            return value
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"got {shown(value)}, wanted the path of {WANTED}")
        kind = _format(value)
        if kind is None:
            raise ValueError(f"got {shown(value)}, wanted {WANTED}")
        path = finder(info)(value)
        if path.exists() and not path.is_file():
            raise ValueError(f"{shown(value)} is no file, wanted {WANTED}")
        try:
            with path.open("rb") as stream:
                content = stream.read(MAX_NAMED_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ValueError(
                f"{shown(value)} can't be read ({reason}), looked for {shown(str(path))}; paths "
                "are relative to the folder of this file"
            ) from error
        if len(content) > MAX_NAMED_BYTES:
            raise ValueError(
                f"{shown(value)} is larger than {MAX_NAMED_BYTES:,} bytes, wanted one crystal, not "
                "a trajectory"
            )
        try:
            return read_crystal(content, kind)
        except LbhsweepError as error:
            raise ValueError(f"{shown(value)}: {error}") from error

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "description": f"The path of {WANTED}.", "examples": ["my.cif"]}


def _format(name: str) -> str | None:
    if Path(name).name.startswith(POSCAR):
        return "vasp"
    return FORMATS.get(Path(name).suffix.lower())


def read_crystal(content: bytes, kind: str) -> ConventionalCrystal:
    """Read a crystal of Li2B12H12 from a structure file; of several frames the last.

    Parameters
    ----------
    content : bytes
        Of the file.
    kind : str
        ASE's name of its format.

    Raises
    ------
    ValueError
        If ASE is not installed or can't read it, or sites are partly occupied.
    StructureError, ForceFieldError
        If it holds no such crystal (see `conventional_crystal`).
    """
    try:
        import ase.io
    except ImportError as error:
        raise ValueError(NO_ASE) from error
    try:
        text = content.decode("utf-8-sig", errors="replace")
        with warnings.catch_warnings():
            # ASE warns of labels and symmetries that it guesses; the result is checked here.
            warnings.simplefilter("ignore")
            atoms = ase.io.read(io.StringIO(text), format=kind)
    except Exception as error:
        # ASE's readers raise whatever their format's parser meets.
        reason = " ".join(str(error).split()) or f"{type(error).__name__}; is it UTF-8?"
        raise ValueError(f"ASE can't read it as {kind} ({reason:.200})") from error
    if kind == "cif":
        _require_whole_sites(atoms)
    if not atoms.pbc.all():
        raise ValueError("it has no periodic cell along all three axes, wanted a crystal")
    lines = [kind, *(line.rstrip() for line in text.splitlines())]
    return conventional_crystal(
        tuple(atoms.get_chemical_symbols()),
        np.array(atoms.positions),
        np.array(atoms.cell),
        "\n".join(lines).encode(),
    )


def _require_whole_sites(atoms: Atoms) -> None:
    """Refuse partly occupied sites: the file must hold one arrangement of its disorder.

    ASE would take the most probable species of each site as if it were always there.
    """
    for site, shares in atoms.info.get("occupancy", {}).items():
        # A share that isn't given, written ? or ., is a text.
        known = [share for share in shares.values() if isinstance(share, int | float)]
        if len(shares) > 1 or (known and sum(known) < WHOLE):
            described = ", ".join(f"{symbol} {share}" for symbol, share in shares.items())
            raise ValueError(
                f"site {int(site) + 1} is partly occupied ({described}), wanted a crystal "
                "with each site empty or full and no two atoms at one place"
            )

"""Formats of structure files, by their names."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

COMPRESSED = (".gz", ".bz2", ".xz")
_BY_ENDING = MappingProxyType(
    {
        ".cif": "cif",
        ".vasp": "vasp",
        ".poscar": "vasp",
        ".extxyz": "extxyz",
        ".xyz": "extxyz",
        ".data": "lammps-data",
        ".lmp": "lammps-data",
        ".dump": "lammps-dump-text",
        ".lammpstrj": "lammps-dump-text",
    }
)
"""ASE's names of formats, by endings for which its own guess is none or another."""
_POSCAR = ("POSCAR", "CONTCAR")
"""Beginnings of names of files without an ending."""


def format_of(name: str) -> str | None:
    """Return ASE's name of a file's format, from the file's name alone; None if that says nothing.

    Parameters
    ----------
    name : str
        With or without folders; an ending such as ``.gz`` is passed over.
    """
    path = Path(name)
    if path.suffix.lower() in COMPRESSED:
        path = path.with_suffix("")
    if path.name.startswith(_POSCAR):
        return "vasp"
    return _BY_ENDING.get(path.suffix.lower())

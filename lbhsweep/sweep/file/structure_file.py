"""The crystal from which runs start, in a file that the sweep names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from lbhsweep.document import MAX_NAMED_BYTES
from lbhsweep.errors import LbhsweepError
from lbhsweep.messages import shown
from lbhsweep.physics.conventional import ConventionalCrystal, conventional_crystal
from lbhsweep.physics.files.read import WANTED, kind_of, located, read_structure, unpacked
from lbhsweep.sweep.file.fields import finder


@dataclass(frozen=True, slots=True)
class StructureFile:
    """The path of a structure file, as the crystal in it."""

    def read(self, value: object, info: ValidationInfo) -> ConventionalCrystal:
        """Read the file; its path is relative to the sweep file's folder."""
        if isinstance(value, ConventionalCrystal):
            return value
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"got {shown(value)}, wanted the path of {WANTED}")
        try:
            path, choice = located(value, finder(info))
            is_other = path.exists() and not path.is_file()
        except (OSError, ValueError) as error:
            raise ValueError(f"{shown(value)} is no path; wanted that of {WANTED}") from error
        if is_other:
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
            return read_crystal(path, content, choice)
        except LbhsweepError as error:
            raise ValueError(f"{shown(value)}: {error}") from error

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "type": "string",
            "description": (
                f"The path of {WANTED}; of several crystals in it one is named after a #."
            ),
            "examples": ["my.cif", "my.cif#alpha", "relax.extxyz#-1"],
        }


def read_crystal(path: Path, content: bytes, choice: str | None = None) -> ConventionalCrystal:
    """Read a crystal of Li2B12H12 from a structure file.

    Parameters
    ----------
    path : Path
        Of the file; its name says the format.
    content : bytes
        Of the file.
    choice : str, optional
        Name of a CIF's block, or number of a frame; needed if the file holds several.

    Raises
    ------
    StructureError, ForceFieldError
        If it can't be read, or holds no such crystal (see `conventional_crystal`).
    """
    kind = kind_of(path)
    content = unpacked(path, content)
    found = read_structure(path, content, kind, choice)
    crystal = conventional_crystal(
        found.symbols,
        found.positions,
        found.cell,
        # That of the last crystal is the one of files with a single crystal.
        _identity(content, kind, None if found.is_last else choice),
    )
    return replace(crystal, masses=found.masses)


def _identity(content: bytes, kind: str, choice: str | None) -> bytes:
    """Return what a crystal's digest is made from: the file's text without its ends of lines."""
    chosen = [] if choice is None else [f"#{choice}"]
    try:
        text = content.decode("utf-8-sig", errors="strict" if b"\0" in content else "replace")
    except UnicodeError:
        # No text: its bytes.
        return b"\n".join([kind.encode(), *(one.encode() for one in chosen), content])
    return "\n".join([kind, *chosen, *(line.rstrip() for line in text.splitlines())]).encode()

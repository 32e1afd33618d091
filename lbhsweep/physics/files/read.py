"""Reading a structure file of any format, the same way wherever one is named."""

from __future__ import annotations

import bz2
import gzip
import lzma
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

from lbhsweep.errors import LbhsweepError, StructureError
from lbhsweep.physics.files.choice import split_choice
from lbhsweep.physics.files.content import FileContent
from lbhsweep.physics.files.formats import COMPRESSED, format_of

NO_ASE = "reading structure files needs ASE; install it with: pip install 'lbhsweep[ase]'"
WANTED = "a .cif, .vasp (or POSCAR, CONTCAR), .extxyz, LAMMPS .data or other file that ASE reads"
_OPENERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}


def located(name: str, find: Callable[[str], Path] = Path) -> tuple[Path, str | None]:
    """Return the path of a named structure file, and which crystal in it is named.

    Parameters
    ----------
    name : str
        Of the file, or of one crystal in it: ``my.cif#alpha``.
    find : callable
        From the file's name to its path.

    Returns
    -------
    path : Path
    choice : str or None
        What stands after the file's name; None for a file whose own name holds the mark.
    """
    whole, (file, choice) = find(name), split_choice(name)
    if choice is None or whole.exists():
        return whole, None
    return find(file), choice


def read_structure_file(path: Path, choice: str | None = None) -> FileContent:
    """Read the crystal of a structure file.

    Parameters
    ----------
    path : Path
        The file.
    choice : str, optional
        Name of a CIF's block, or number of a frame; needed if the file holds several.

    Returns
    -------
    FileContent

    Raises
    ------
    StructureError
        If it can't be read, or holds no crystal or several.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StructureError(f"can't be read ({reason}); wanted {WANTED}") from error
    return read_structure(path, unpacked(path, content), kind_of(path), choice)


def read_structure(path: Path, content: bytes, kind: str, choice: str | None = None) -> FileContent:
    """Read the crystal of a structure file whose content and format are known.

    Parameters and errors are those of `read_structure_file`; `content` is not compressed, and
    `kind` is ASE's name of its format.
    """
    try:
        # These import ASE.
        from lbhsweep.physics.files.cif import read_cif
        from lbhsweep.physics.files.from_ase import plain_reason, read_with_ase
        from lbhsweep.physics.files.lammps_data import read_lammps_data
        from lbhsweep.physics.files.lammps_dump import read_lammps_dump

        import_ase()
    except ImportError as error:
        raise StructureError(f"{NO_ASE} ({error})") from error
    try:
        with warnings.catch_warnings():
            # ASE warns of labels and symmetries that it guesses; the result is checked here.
            warnings.simplefilter("ignore")
            if kind not in ("cif", "lammps-data", "lammps-dump-text"):
                return read_with_ase(path, content, kind, choice)
            text = content.decode("utf-8-sig", errors="replace")
            if kind == "cif":
                return read_cif(text, choice)
            if kind == "lammps-dump-text":
                return read_lammps_dump(text, choice)
            if choice is not None:
                raise StructureError(f"got #{choice}, but a LAMMPS data file holds one crystal")
            return read_lammps_data(text)
    except LbhsweepError:
        raise
    except Exception as error:
        # ASE's readers raise whatever their format's parser meets.
        raise StructureError(
            f"ASE can't read it as {kind}: {plain_reason(error)}; wanted {WANTED}"
        ) from error


def import_ase() -> None:
    """Import ASE's readers.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    import ase.io  # noqa: F401


def kind_of(path: Path) -> str:
    """Return ASE's name of a file's format: by its name, otherwise by its content.

    Raises
    ------
    StructureError
        If neither says what it is.
    """
    known = format_of(path.name)
    if known:
        return known
    try:
        from ase.io.formats import filetype, ioformats
    except ImportError as error:
        raise StructureError(f"{NO_ASE} ({error})") from error
    try:
        kind = str(filetype(str(path)))
    except Exception as error:
        # Whatever its guesses meet in the file.
        raise StructureError(f"nothing says what format it has; wanted {WANTED}") from error
    if kind not in ioformats:
        raise StructureError(f"{path.suffix or path.name} is no format of ASE; wanted {WANTED}")
    return kind


def unpacked(path: Path, content: bytes) -> bytes:
    """Return the content of a file that may be compressed.

    Raises
    ------
    StructureError
        If it is damaged.
    """
    ending = path.suffix.lower()
    if ending not in COMPRESSED:
        return content
    try:
        return _OPENERS[ending](content)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise StructureError(f"it can't be unpacked, though its name ends in {ending}") from error

"""Formats that ASE reads, and what it says of those that it can't read."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lbhsweep.arrays import Int32Array
from lbhsweep.errors import StructureError
from lbhsweep.physics.files.choice import chosen_frame, no_frame, several_frames
from lbhsweep.physics.files.content import FileContent
from lbhsweep.physics.files.species import element_of_label, masses_by_species

if TYPE_CHECKING:
    from ase import Atoms

MOLECULE = "molecule"
"""Name of the optional array of molecule numbers in `Atoms.arrays`."""
WHOLE = 0.999
"""Occupancy from which an atom is there."""


def read_with_ase(path: Path, content: bytes, kind: str, choice: str | None = None) -> FileContent:
    """Read the crystal of one frame of a file.

    Parameters
    ----------
    path : Path
        Of the file, which some formats need.
    content : bytes
        Of the file, which all others are read from.
    kind : str
        ASE's name of the format.
    choice : str, optional
        Number of the frame; needed if there are several.

    Raises
    ------
    StructureError
        If there are several frames and none is named, or the crystal is not whole.
    Exception
        Whatever ASE's parser meets; see `plain_reason`.
    """
    from ase.io.formats import ioformats

    number = chosen_frame(choice)
    form = ioformats.get(kind)
    if form is None or not form.can_read:
        raise StructureError(f"ASE reads no structure from files of format {kind}")
    if form.single and number not in (None, 0, -1):
        raise no_frame(choice, 1)
    first = number or 0
    # Two frames tell whether one is the last, without reading a trajectory of many.
    stop = first + 2 if first >= 0 or first < -2 else None
    frames = _frames(path, content, form, slice(first, stop))
    if number is None and len(frames) > 1:
        raise several_frames()
    if not frames:
        raise no_frame(choice)
    if number is not None and number < 0 and len(frames) < min(2, -number):
        raise no_frame(choice)
    return content_of(frames[0], is_last=len(frames) == 1)


def _frames(path: Path, content: bytes, form: Any, wanted: slice) -> list[Atoms]:
    from ase.io import read

    if not form.acceptsfd:
        frames = read(path, index=wanted, format=form.name, do_not_split_by_at_sign=True)
    else:
        stream: io.IOBase = (
            io.BytesIO(content)
            if form.isbinary
            else io.StringIO(content.decode("utf-8-sig", errors="replace"))
        )
        frames = read(stream, index=wanted, format=form.name)
    return list(frames)


def content_of(
    atoms: Atoms, masses: Mapping[str, float] | None = None, *, is_last: bool = True
) -> FileContent:
    """Return what ASE's atoms hold, if they are a periodic crystal of whole atoms.

    Parameters
    ----------
    atoms : ase.Atoms
        As read from a file.
    masses : mapping of str to float, optional
        g/mol by species; by default those of the atoms, if they have any.
    is_last : bool
        Whether no further frame follows.

    Raises
    ------
    StructureError
        If they are not periodic, have no atoms, or their sites are partly occupied.
    """
    if len(atoms) == 0:
        raise StructureError("it has no atoms")
    if not atoms.pbc.all():
        raise StructureError(
            f"it has no periodic cell along all three axes (periodic: {atoms.pbc.tolist()}), "
            "wanted a crystal: the Coulomb sum needs it"
        )
    _require_whole_sites(atoms)
    symbols = tuple(atoms.get_chemical_symbols())
    given = next((atoms.arrays[name] for name in ("masses", "mass") if name in atoms.arrays), None)
    if masses is None:
        masses = {} if given is None else masses_by_species(symbols, _each(given, len(atoms)))
    return FileContent(
        symbols,
        np.array(atoms.positions),
        np.array(atoms.cell),
        masses,
        molecule_numbers(atoms),
        is_last,
    )


def _each(masses: Any, n_atoms: int) -> list[float]:
    try:
        return [float(mass) for mass in np.reshape(masses, n_atoms)]
    except (TypeError, ValueError):
        raise StructureError(
            "its masses are no numbers, wanted one of each atom in g/mol"
        ) from None


def molecule_numbers(atoms: Atoms) -> Int32Array | None:
    """Return the array of molecule numbers, if the atoms have one.

    Formats that know only floats have them as such.

    Raises
    ------
    StructureError
        If it holds anything but whole numbers from 0.
    """
    given = atoms.arrays.get(MOLECULE)
    if given is None:
        return None
    whole = given.dtype.kind in "iu" or (
        given.dtype.kind == "f" and np.isfinite(given).all() and (given == np.rint(given)).all()
    )
    if not whole or given.ndim != 1 or (given < 0).any() or (given > np.iinfo(np.int32).max).any():
        raise StructureError(
            f"atoms.arrays['{MOLECULE}'] holds {given.dtype} of shape {given.shape}, wanted one "
            "whole number for each atom: 0 for single ions, otherwise the anion's number"
        )
    return np.array(given, dtype=np.int32)


def _require_whole_sites(atoms: Atoms) -> None:
    """Refuse partly occupied sites: the file must hold one arrangement of its disorder.

    ASE would take the most probable species of each site as if it were always there.
    """
    sites = atoms.info.get("occupancy", {})
    shares_by_site = sites if isinstance(sites, dict) else {}
    by_atom = np.ravel(atoms.arrays.get("occupancy", ()))
    if by_atom.dtype.kind in "iuf":
        shares_by_site = shares_by_site | {
            i: {atoms.symbols[i]: float(share)} for i, share in enumerate(by_atom)
        }
    for site, shares in shares_by_site.items():
        if not isinstance(shares, dict):
            continue
        # A share that isn't given, written ? or ., is a text.
        known = [share for share in shares.values() if isinstance(share, int | float)]
        if len(shares) > 1 or (known and sum(known) < WHOLE):
            described = ", ".join(f"{symbol} {share}" for symbol, share in shares.items())
            raise StructureError(
                f"site {int(site) + 1} is partly occupied ({described}), wanted a crystal "
                "with each site empty or full and no two atoms at one place"
            )


def plain_reason(error: Exception) -> str:
    """Say in plain words why a parser failed, whose own words are for its authors.

    Parameters
    ----------
    error : Exception
        That ASE, or a library below it, raised.
    """
    text = " ".join(str(error).split())
    if isinstance(error, KeyError):
        name = str(error.args[0]) if error.args else ""
        label = element_of_label(name)
        if label and label[1]:
            return (
                f"it holds {name}, an isotope of {label[0]}: write {label[0]}, and set "
                f"species.{label[0]}.mass: {label[1]:g} in a parameter file of your own, given as "
                "potential (see docs/force-fields.md)"
            )
        if re.fullmatch(r"[A-Za-z0-9_+-]{1,3}", name):
            return (
                f"{name!r} is no element's symbol; wanted symbols such as Li, B, H (in LAMMPS: "
                "dump_modify element)"
            )
        return f"it has no {name!r}" if name else "an entry is missing"
    number = re.search(r"invalid literal for int\(\).*: (.*)|string to float: (.*)", text)
    if number:
        return f"{number[1] or number[2]} stands where a number is wanted"
    if isinstance(error, StopIteration | EOFError | IndexError) or re.search(
        r"StopIteration|not enough values|too many values", text
    ):
        return "it ends early, or parts of it are missing"
    if isinstance(error, UnicodeError):
        return "it is no text in UTF-8"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, ImportError):
        return f"that needs the package {error.name or text}"
    if type(error).__name__ == "UnknownFileTypeError":
        return f"{text} is no format of ASE"
    if isinstance(error, AttributeError | TypeError | AssertionError | NameError) or not text:
        return "it isn't laid out as that format"
    return f"{text:.200}"

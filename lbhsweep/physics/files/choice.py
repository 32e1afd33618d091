"""Which of several crystals in one file is meant."""

from __future__ import annotations

from collections.abc import Sequence

from lbhsweep.errors import StructureError

MARK = "#"
"""Between a file's name and the crystal in it: ``my.cif#alpha``, ``relax.extxyz#-1``."""
MOST_NAMES = 8


def split_choice(name: str) -> tuple[str, str | None]:
    """Split ``my.cif#alpha`` into the file's name and the crystal's, None if it has none."""
    file, mark, choice = name.rpartition(MARK)
    return (file, choice) if mark and file else (name, None)


def chosen_frame(choice: str | None) -> int | None:
    """Return the number of a frame: from 0, or from −1 backwards; None if none is named.

    Raises
    ------
    StructureError
        If it is no whole number.
    """
    if choice is None:
        return None
    try:
        return int(choice)
    except ValueError:
        raise StructureError(
            f"got {MARK}{choice}, wanted the number of a frame: {MARK}0 for the first, "
            f"{MARK}-1 for the last"
        ) from None


def several_frames() -> StructureError:
    """Build the error for a file with several frames of which none is named."""
    return StructureError(
        "it holds several frames, wanted one; say which after the file's name: "
        f"{MARK}0 for the first, {MARK}-1 for the last"
    )


def no_frame(choice: str | None, n_frames: int | None = None) -> StructureError:
    """Build the error for a frame that the file doesn't have."""
    has = "fewer" if n_frames is None else str(n_frames)
    return StructureError(f"got {MARK}{choice}, but it holds {has} frames, counted from 0")


def chosen_block(names: Sequence[str], choice: str | None) -> int:
    """Return the index of the named block of a CIF.

    Parameters
    ----------
    names : sequence of str
        Of the blocks with a crystal, in the file's order.
    choice : str or None
        A block's name, or its number, from 0 or from −1 backwards.

    Raises
    ------
    StructureError
        If several fit, or none.
    """
    if choice is None:
        matching = list(range(len(names)))
    else:
        matching = [i for i, name in enumerate(names) if name.lower() == choice.lower()]
    if len(matching) == 1:
        return matching[0]
    if choice is not None and not matching:
        try:
            return range(len(names))[int(choice)]
        except (ValueError, IndexError):
            matching = []
    known = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    got = "" if choice is None else f"got {MARK}{choice}, but "
    example = names[0] if len(set(names)) == len(names) and names[0] else "0"
    raise StructureError(
        f"{got}it holds {len(names)} crystal{'s' * (len(names) > 1)}, in the data blocks {known}; "
        f"wanted one: say which after the file's name, for example {MARK}{example}, or by its "
        f"number from {MARK}0"
    )

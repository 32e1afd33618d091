"""Parts of which the page is built: plain data, laid out by ``templates/parts.html``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell of a table.

    Attributes
    ----------
    text : str
        What is read.
    value : str
        Of a number: all its digits, for programs that read the page.
    note : str
        Behind a number.
    hint : str
        Shown when the pointer rests on the text.
    is_code : bool
        Whether the text is an identifier or a command.
    """

    text: str
    value: str = ""
    note: str = ""
    hint: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows begin with their heading."""

    header: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A term with its text, or with definitions of its parts."""

    term: str
    text: str
    parts: tuple[Definition, ...] = ()


def table(
    header: Sequence[str], rows: Iterable[Sequence[str | TableCell]], caption: str = ""
) -> Table:
    """Build a table from texts and cells."""
    cells = (
        tuple(one if isinstance(one, TableCell) else TableCell(one) for one in row) for row in rows
    )
    return Table(tuple(header), tuple(cells), caption)

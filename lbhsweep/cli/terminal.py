"""Writing to terminals and files of any encoding."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import click


def replace_what_cannot_be_written() -> None:
    """Let stdout and stderr write ``?`` for characters that their encoding lacks.

    Å, Δ or ✓ would otherwise end a command in a traceback where the locale is C or Latin-1.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_json(value: Any, *, allow_nan: bool = True) -> None:
    """Print one JSON object on one line, with escapes where the encoding lacks a character."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=allow_nan)
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, allow_nan=allow_nan)
    click.echo(text)

"""How values of a cluster file are written: sizes, times, ports, names and paths."""

from __future__ import annotations

import os
import re
import shlex
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from lbhsweep.messages import shown

_MEMORY_UNITS = MappingProxyType({"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30})
_TIME_UNITS = MappingProxyType({"s": 1.0, "min": 60.0, "h": 3600.0})
_WITH_UNIT = re.compile(r"(\d+\.?\d*)\s*([A-Za-z]+)")
_MOST_BYTES = 10**14
_LEAST_BYTES = 10**8
_MOST_SECONDS = 7 * 86400.0
_NOT_IN_WORDS = re.compile(r"[\s%$*?\[\]{}()<>|&;!#'\"`\\~]|[^\w.,:+=@/-]")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def _scaled(value: object, units: MappingProxyType[str, float], what: str, example: str) -> float:
    match = _WITH_UNIT.fullmatch(str(value).strip())
    if match is None or match[2] not in units:
        known = ", ".join(units)
        raise ValueError(
            f"got {shown(value)}, wanted {what} with its unit ({known}), for example '{example}'"
        )
    return float(match[1]) * units[match[2]]


def _memory(value: object) -> int:
    size = _scaled(value, _MEMORY_UNITS, "memory", "2 GB")
    if not _LEAST_BYTES <= size <= _MOST_BYTES:
        raise ValueError(f"got {shown(value)}, wanted at least 100 MB and at most 100000 GB")
    return int(size)


def _seconds(value: object) -> float:
    seconds = _scaled(value, _TIME_UNITS, "a time", "60 s")
    if not 1 <= seconds <= _MOST_SECONDS:
        raise ValueError(f"got {shown(value)}, wanted at least 1 s and at most 168 h")
    return seconds


def _auto(value: object) -> object:
    return None if value == "auto" else value


def _auto_memory(value: object) -> int | None:
    return None if value == "auto" else _memory(value)


def _port(value: object) -> int | None:
    if isinstance(value, bool):
        return 0 if value else None
    if not isinstance(value, int) or not 1024 <= value <= 65535:
        raise ValueError(f"got {shown(value)}, wanted true, false or a port from 1024 to 65535")
    return value


def _open_port(value: object) -> object:
    if value is not None and (isinstance(value, bool) or _port(value) is None):
        raise ValueError(f"got {shown(value)}, wanted a port from 1024 to 65535")
    return value


def _one_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError(f"got {shown(text)}, wanted one line of printable characters")
    return text


def _one_word(text: str) -> str:
    if found := _NOT_IN_WORDS.search(text):
        raise ValueError(
            f"got {shown(text)}, wanted a name without {shown(found[0])}, which a batch system or "
            "a shell would replace or cut at"
        )
    return text


def _expanded_here(text: str) -> str:
    """Expand ``~`` and variables, which YAML leaves as they are, as a shell here would."""
    path = os.path.expandvars(os.path.expanduser(text))  # noqa: PTH111 - keeps relative paths
    if "$" in path or path.startswith("~"):
        raise ValueError(
            f"got {shown(text)}, wanted a path whose variables are set here, or a whole path"
        )
    return path


def _expandable_there(text: str) -> str:
    rest = _VARIABLE.sub("", text.removeprefix("~/") if text != "~" else "")
    if found := re.search(r"[$`\\\"]", rest) or re.match("~", rest):
        raise ValueError(
            f"got {shown(text)}, wanted a path, which may begin with ~/ and have variables such as "
            f"$TMPDIR; {shown(found[0])} has no place in it"
        )
    return text


def shell_word(path: str, key: str) -> str:
    """Write a node's path as a word for the job's shell, which expands ``~/`` and variables.

    Parameters
    ----------
    path : str
        From the cluster file.
    key : str
        Its key there: a node where a variable is not set names it and ends the job.
    """
    if path == "~" or path.startswith("~/"):
        path = f"$HOME{path[1:]}"
    if "$" not in path:
        return shlex.quote(path)
    unset = f"is not set on this node, and {key} in the cluster file needs it"
    return '"' + _VARIABLE.sub(lambda one: f"${{{one[1] or one[2]}:?{unset}}}", path) + '"'


def _walltime(value: object) -> str:
    text = str(value)
    if not re.fullmatch(r"(\d+-)?\d{1,3}:\d{2}:\d{2}", text):
        raise ValueError(f"got {shown(value)}, wanted '12:00:00' or '1-00:00:00'")
    return text


def seconds_of_walltime(text: str) -> int:
    """Convert ``hours:minutes:seconds`` or ``days-hours:minutes:seconds`` to seconds."""
    days, _, clock = text.rpartition("-")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
AutoCount = Annotated[Count | None, BeforeValidator(_auto)]
Seconds = Annotated[float, BeforeValidator(_seconds)]
Memory = Annotated[int, BeforeValidator(_memory)]
AutoMemory = Annotated[int | None, BeforeValidator(_auto_memory)]
Walltime = Annotated[str, BeforeValidator(_walltime)]
PagePort = Annotated[int | None, BeforeValidator(_port)]
"""Of Dask's own page: true for any free one."""
OpenPort = Annotated[int | None, BeforeValidator(_open_port)]
Speed = Annotated[float, Field(gt=0, le=1e6)]
Lines = Annotated[str, Field(strict=True, min_length=1, max_length=1000)]
Text = Annotated[Lines, AfterValidator(_one_line)]
Word = Annotated[Lines, AfterValidator(_one_word)]
"""Stands in a line of options or in a command."""
HerePath = Annotated[Lines, AfterValidator(_one_line), AfterValidator(_expanded_here)]
"""Of this machine."""
NodePath = Annotated[Lines, AfterValidator(_one_line), AfterValidator(_expandable_there)]
"""Of a node: `shell_word` lets the job's shell expand it."""

"""A YAML file that a user wrote, as plain data with the line of every key.

The text is parsed into nodes and the data built from them here.  So no object is ever constructed
from a tag, every duplicate key is reported, and expansion is bounded.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EINVAL, EISDIR
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLWarning
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lbhsweep.errors import Problem, SpecError

MAX_BYTES = 1_000_000
MAX_NAMED_BYTES = 5_000_000
"""Of a file that a document names: parameters, or one crystal."""
MAX_VALUES = 50_000
MAX_DEPTH = 40
MAX_NAME_SHOWN = 60
MAX_PATH_SHOWN = 100

KeyPath = tuple[str | int, ...]
_STANDARD_TAG = "tag:yaml.org,2002:"
_SURROGATE = "half of a surrogate pair, wanted valid Unicode"
_PLAIN_TAGS = frozenset({"map", "seq", "str", "int", "float", "bool", "null", "timestamp"})


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping read from a YAML file.

    Attributes
    ----------
    file : str
        The file's name as the user gave it.
    data : dict
        Plain dicts, lists, texts and numbers.
    lines : mapping
        Line (from 1) of each key and list entry, by path from the root.
    kept : Path or None
        Folder with copies of files that it names, under their `kept_name`.
    named : dict of str to bytes
        Content of files that `find` was called for, as they were then, by their names in it.
    """

    file: str
    data: dict[str, object]
    lines: Mapping[KeyPath, int]
    kept: Path | None = None
    named: dict[str, bytes] = field(default_factory=dict)

    def find(self, name: str) -> Path:
        """Return the path of a file that this one names: its copy, or relative to its folder."""
        copy = self.kept / kept_name(name) if self.kept else None
        path = copy if copy and copy.is_file() else Path(self.file).parent / name
        with suppress(OSError, ValueError):
            if path.is_file() and path.stat().st_size <= MAX_NAMED_BYTES:
                self.named[name] = path.read_bytes()
        return path

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Build a problem at `path`, or at the place where it is missing."""
        path = self.as_written(path)
        known = path
        while known not in self.lines:
            known = known[:-1]
        return Problem(self.file, self.lines[known], dotted(path), message)

    def as_written(self, path: KeyPath) -> KeyPath:
        """Drop the list index of a value that stands alone in the file."""
        written: KeyPath = ()
        for part in path:
            here = self.at(written)
            if isinstance(part, str) or (isinstance(here, list) and part < len(here)):
                written = (*written, part)
        return written

    def at(self, path: KeyPath) -> object:
        """Return the value at a path; None where the file has none."""
        value: object = self.data
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part]
            else:
                return None
        return value


def kept_name(name: str) -> str:
    """Return the name of the copy of a file that a document names."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:12]}-{Path(name).name[-60:]}"


def dotted(path: KeyPath) -> str:
    """Format a path for users: ``axes.pressure[1]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_printable(part)}"
    return _cut(text.removeprefix("."), MAX_PATH_SHOWN) or "file"


def _printable(name: str) -> str:
    shown = name if name.isprintable() and name else ascii(name)
    return _cut(shown, MAX_NAME_SHOWN)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "…"


def read_document(path: str | Path) -> Document:
    """Read a YAML file whose top level is a mapping.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Document
        Its data and lines.

    Raises
    ------
    SpecError
        If the file can't be read, is no YAML, has duplicate keys, tags or endless aliases, or
        is no mapping.
    """
    file = str(path)
    return parse_document(_read_text(file), file)


def parse_document(text: str, file: str, kept: Path | None = None) -> Document:
    """Parse a text as `read_document` does a file; `file` names it in messages.

    Files that it names are taken from `kept` if there are copies, else from their own paths.
    """
    root = _compose(text, file)
    if root is None:
        raise _refusal(file, 1, "file", "is empty, wanted a mapping of keys to values")
    builder = _Builder(file)
    data = builder.build(root, ())
    if builder.problems:
        raise SpecError(builder.problems)
    if not isinstance(data, dict):
        found = "a list" if isinstance(data, list) else f"just {_printable(str(data))}"
        raise _refusal(
            file, _line(root), "file", f"holds {found} at the top, wanted keys such as 'name:'"
        )
    return Document(file, data, builder.lines, kept)


def _refusal(file: str, line: int, key: str, message: str) -> SpecError:
    return SpecError([Problem(file, line, key, message)])


def _read_text(file: str) -> str:
    try:
        raw = _read_bytes(Path(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"can't be read ({reason}), wanted a YAML file"
        raise _refusal(file, 1, "file", message) from error
    if len(raw) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES:,} bytes; write long lists as ranges"
        raise _refusal(file, 1, "file", message)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise _refusal(file, line, "file", message) from error


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise OSError(EISDIR, "it is a folder")
    if path.exists() and not path.is_file():
        raise OSError(EINVAL, "it is a device or pipe")
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _compose(text: str, file: str) -> Node | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", YAMLWarning)
            return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _refusal(file, line, "syntax", _syntax_message(error, text, line)) from error
    except RecursionError as error:
        message = f"nested too deeply, wanted at most {MAX_DEPTH} levels"
        raise _refusal(file, 1, "syntax", message) from error
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        message = f"not YAML: {str(error).splitlines()[0]}"
        raise _refusal(file, line, "syntax", message) from error
    except Exception as error:
        # ruamel lets builtin errors through for malformed escapes and directives.
        raise _refusal(file, 1, "syntax", f"not YAML: {error}") from error


def _syntax_message(error: MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    if line <= len(lines) and "\t" in lines[line - 1]:
        return "found a tab, wanted spaces for indentation"
    parts = (error.context, error.problem)
    return "not YAML: " + ", ".join(" ".join(part.split()) for part in parts if part)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


@dataclass(slots=True)
class _Builder:
    """Converts nodes to data, and collects lines and problems."""

    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    above: list[Node] = field(default_factory=list)
    too_many: bool = False

    def build(self, node: Node, path: KeyPath, line: int | None = None) -> object:
        line = line or _line(node)
        self.lines[path] = line
        obstacle = self._obstacle(node)
        if obstacle:
            self._report(line, path, obstacle)
            return None
        if self.too_many:
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, line)
        self.above.append(node)
        try:
            if isinstance(node, SequenceNode):
                return [self.build(one, (*path, i)) for i, one in enumerate(node.value)]
            return {
                key: self.build(value, (*path, key), at)
                for key, value, at in self._entries(node, path)
            }
        finally:
            self.above.pop()

    def _report(self, line: int, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), message))

    def _obstacle(self, node: Node) -> str | None:
        if any(node is parent for parent in self.above):
            return "an alias that contains itself; write the values out"
        if len(self.above) > MAX_DEPTH:
            return f"nested too deeply, wanted at most {MAX_DEPTH} levels"
        if len(self.lines) > MAX_VALUES and not self.too_many:
            self.too_many = True
            return f"aliases expand to more than {MAX_VALUES:,} values; write the values out"
        kind = str(node.tag or "").removeprefix(_STANDARD_TAG)
        if kind not in _PLAIN_TAGS:
            return f"tag {_printable(str(node.tag))!r} is not allowed, wanted plain values"
        return None

    def _entries(self, node: MappingNode, path: KeyPath) -> Iterator[tuple[str, Node, int]]:
        first_line: dict[str, int] = {}
        for key_node, value in node.value:
            line = _line(key_node)
            if key_node.tag == _STANDARD_TAG + "merge":
                self._report(line, path, "merge keys '<<' are not allowed; write the keys out")
            elif not isinstance(key_node, ScalarNode):
                self._report(line, path, "a key is a list or mapping, wanted a text")
            elif _has_surrogate(key_node.value):
                self._report(line, path, f"key {_printable(key_node.value)}: {_SURROGATE}")
            elif key_node.value in first_line:
                first = first_line[key_node.value]
                self._report(
                    line,
                    (*path, key_node.value),
                    f"duplicate key, given first in line {first}; keep one",
                )
            else:
                first_line[key_node.value] = line
                yield key_node.value, value, line

    def _scalar(self, node: ScalarNode, path: KeyPath, line: int) -> object:
        text = str(node.value)
        if _has_surrogate(text):
            self._report(line, path, _SURROGATE)
        match str(node.tag).removeprefix(_STANDARD_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() in {"true", "yes", "on"}
            case "int" | "float" as kind:
                return _number(text, kind)
        return text


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _number(text: str, kind: str) -> object:
    plain = text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan")
    try:
        if kind == "float":
            return float(plain)
        return int(plain, 0 if "o" in plain or "x" in plain else 10)
    except ValueError:
        return text

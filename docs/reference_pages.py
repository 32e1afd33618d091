"""Pages that are written from the code each time the site is built, so that they can't go stale."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from sphinx.application import Sphinx

from lbhsweep.cli import command as lbhsweep
from lbhsweep.execution.clusters.spec import (
    AddressCluster,
    CondorCluster,
    LocalCluster,
    SlurmCluster,
)
from lbhsweep.quantities import DECLARATIONS, DIMENSIONS
from lbhsweep.sweep.file.schema import sweep_json_schema
from lbhsweep.sweep.file.spec import SweepSpec

PAGES = Path(__file__).parent / "_generated"
ROOT = Path(__file__).parents[1]
CLUSTERS = {
    "Local": LocalCluster,
    "SLURM (PBS, Grid Engine and LSF alike)": SlurmCluster,
    "HTCondor": CondorCluster,
    "A running scheduler": AddressCluster,
}


def sweep_keys() -> str:
    """Write the reference of sweep files from their model and JSON Schema."""
    schema = sweep_json_schema()
    lines = ["# Keys of a sweep file", ""]
    lines += [
        "Every quantity is a text with its unit, such as `0.4 GPa`. Lists may be ranges,",
        "`{from: 0 GPa, to: 0.4 GPa, step: 0.1 GPa}` or `0 GPa .. 0.4 GPa step 0.1 GPa`.",
        "`lbhsweep schema` prints the JSON Schema with which editors complete the file.",
        "",
    ]
    lines += _section("", SweepSpec, schema, schema)
    return "\n".join(lines)


def _section(
    path: str, model: type[BaseModel], schema: dict[str, Any], root: dict[str, Any]
) -> Iterator[str]:
    """Describe a section's keys, then the sections below it."""
    below = []
    properties = schema.get("properties", {})
    yield from (f"## `{path}`", "") if path else ("## At the top", "")
    for name, field in model.model_fields.items():
        part = _resolved(properties.get(name, {}), root)
        about = " ".join((field.description or "").split())
        inner = _model_of(field.annotation)
        if inner is not None:
            yield f"`{name}`\n: {about} See [below](#{_anchor(path, name)}).\n"
            below.append((name, inner, part))
            continue
        default = "required" if field.is_required() else f"default: {_default(field, part)}"
        yield f"`{name}`\n: {about} {_kind(part)}*{default}.*\n"
    for name, inner, part in below:
        yield from _section(f"{path}.{name}".strip("."), inner, part, root)


def _anchor(path: str, name: str) -> str:
    return f"{path}.{name}".strip(".").replace(".", "-").replace("_", "-")


def _resolved(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = root["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return part


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a section; selections, of which there may be many, count too."""
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _default(field: Any, part: dict[str, Any]) -> str:
    default = part.get("default", field.get_default(call_default_factory=True))
    if default in (None, "", ()):
        return "none"
    return f"`{json.dumps(default, ensure_ascii=False, default=str)}`".replace('"', "")


def _kind(part: dict[str, Any]) -> str:
    """Say what values a key takes, as far as its schema says it in a line."""
    values = part.get("enum") or part.get("items", {}).get("enum")
    if values:
        return f"One of {', '.join(f'`{value}`' for value in values)}. "
    examples = [one for one in part.get("examples", []) if not isinstance(one, dict)]
    return f"For example `{examples[0]}`. ".replace("'", "") if examples else ""


def cluster_keys() -> str:
    """Write the reference of cluster files from their models."""
    lines = ["# Keys of a cluster file", ""]
    for title, model in CLUSTERS.items():
        lines += [f"## {title}", ""]
        for name, field in model.model_fields.items():
            about = " ".join((field.description or "").split())
            required = "required" if field.is_required() else f"default: {_default(field, {})}"
            lines.append(f"`{name}`\n: {about} *{required}.*\n")
    return "\n".join(lines)


def commands() -> str:
    """Write the help of every command."""
    lines = ["# The command line", "", "```text", _help(lbhsweep, "lbhsweep"), "```", ""]
    context = click.Context(lbhsweep)
    for verb in lbhsweep.list_commands(context):
        found = lbhsweep.get_command(context, verb)
        if found is None:
            continue
        named = [(verb, found)]
        if isinstance(found, click.Group):
            named = [(f"{verb} {name}", one) for name, one in found.commands.items()]
        for name, one in named:
            text = _help(one, f"lbhsweep {name}")
            lines += [f"## {name}", "", "```text", text, "```", ""]
    return "\n".join(lines)


def _help(command: click.Command, name: str) -> str:
    return command.get_help(click.Context(command, info_name=name, terminal_width=96))


def quantities() -> str:
    """Write the catalogue of what is stored."""
    lines = ["# Quantities", ""]
    lines += [
        "What `results.zarr` holds, by the observable that measures it. Every average has its",
        "standard error as `<name>_stderr`. Extensive quantities are per formula unit.",
        "",
    ]
    for declared in DECLARATIONS.values():
        summary = declared.summary[0].upper() + declared.summary[1:]
        lines += [f"## {declared.name}", "", f"{summary}.", ""]
        lines += ["| name | unit | groups | axes of its own | what |", "|---|---|---|---|---|"]
        for one in declared.quantities:
            axes, groups = ", ".join(one.dims) or "–", ", ".join(one.groups)
            lines.append(f"| `{one.name}` | {one.units} | {groups} | {axes} | {one.long_name} |")
        lines.append("")
    lines += ["## Axes inside a run", "", "| name | unit | what |", "|---|---|---|"]
    lines += [f"| `{one.name}` | {one.units} | {one.long_name} |" for one in DIMENSIONS.values()]
    return "\n".join(lines) + "\n"


def copied(source: Path, title: str = "") -> str:
    """Take over a page that lies elsewhere in the repository."""
    text = source.read_text(encoding="utf-8")
    return f"# {title}\n\n{text}" if title else text


def write_pages(app: Sphinx) -> None:
    """Write all pages before the site is read."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir()
    pages = {
        "sweep_file": sweep_keys(),
        "cluster_file": cluster_keys(),
        "commands": commands(),
        "quantities": quantities(),
        "design": copied(ROOT / "lbhsweep" / "DESIGN.md"),
        "changelog": copied(ROOT / "CHANGELOG.md"),
    }
    for name, text in pages.items():
        (PAGES / f"{name}.md").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

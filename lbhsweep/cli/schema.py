"""``lbhsweep schema``: the JSON Schema of sweep files."""

from __future__ import annotations

import click

from lbhsweep.cli.examples import examples


@click.command("schema", epilog=examples("lbhsweep schema > sweep.schema.json"))
def command() -> None:
    """Print the JSON Schema of sweep files, for editors.

    An editor with the YAML language server uses it for a file that starts with
    ``# yaml-language-server: $schema=sweep.schema.json``.
    """
    from lbhsweep.sweep.file.schema import sweep_json_schema_text

    click.echo(sweep_json_schema_text(), nl=False)

"""``lbhsweep completion``: completion of commands and options in a shell."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from lbhsweep.cli.examples import examples

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_LBHSWEEP_COMPLETE"
"""Environment variable by which the shell's script asks for completions; click defines its name."""


@click.command(
    "completion",
    epilog=examples(
        'eval "$(lbhsweep completion bash)"  # in ~/.bashrc',
        'eval "$(lbhsweep completion zsh)"  # in ~/.zshrc',
        "lbhsweep completion fish > ~/.config/fish/completions/lbhsweep.fish",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS), required=False)
def command(shell: str | None) -> None:
    """Print a script that makes SHELL complete commands, options and files.

    Without SHELL it is that of $SHELL.
    """
    from lbhsweep.cli import command as lbhsweep

    shell = shell or Path(os.environ.get("SHELL", "")).name
    completion = get_completion_class(shell) if shell in SHELLS else None
    if completion is None:
        raise click.UsageError(f"$SHELL is {shell!r}, wanted one of: {', '.join(SHELLS)}")
    click.echo(completion(lbhsweep, {}, "lbhsweep", VARIABLE).source())

"""The command line: one file for each verb, loaded only when it is called."""

from __future__ import annotations

import select
import sys
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from lbhsweep import __version__
from lbhsweep.cli.one_thread import use_one_thread
from lbhsweep.cli.optional_packages import take_broken_for_absent
from lbhsweep.cli.terminal import replace_what_cannot_be_written
from lbhsweep.errors import ClusterError, LbhsweepError, SimulationError, StoreError

_VERBS = MappingProxyType(
    {
        "init": "Write a commented sweep file after a few questions, or from flags.",
        "explain": "Describe in plain words what a sweep file asks for.",
        "plan": "Show a sweep's grid, what is done and missing, and core-hours.",
        "run": "Run all that is missing of a sweep, and collect the results.",
        "submit": "Run a sweep in the background, or as a SLURM job.",
        "resume": "Continue a folder's sweep as it was last run.",
        "stop": "Stop the driver of a folder, wherever it runs.",
        "retry": "Count failed runs as missing, so that they are repeated.",
        "extend": "Replace the sweep of a folder; what is done stays done.",
        "logs": "Show all attempts and events of one run.",
        "verify": "Read back all records, and compare the results with them.",
        "status": "Show what is done, failed and running in a sweep's folder.",
        "dashboard": "Serve a live page of a sweep on this machine.",
        "analyze": "Read transitions, heat capacities and entropies from the results.",
        "plot": "Draw the figures.",
        "trajectory": "List the trajectories of a sweep, or write one as extended XYZ.",
        "export": "Write runs for LAMMPS, structures, and tables for other programs.",
        "cluster": "Test a cluster file with one worker, or list its keys.",
        "evaluate": "Print energies by term, forces and stress of one structure.",
        "bench": "Measure throughput, where time goes, and conservation of energy.",
        "schema": "Print the JSON Schema of sweep files.",
        "completion": "Print a script by which the shell completes commands and options.",
    }
)
_READERS = ("analyze", "plot", "dashboard")
SOME_FAILED = 3
INTERRUPTED = 130


class _Verbs(click.Group):
    """Loads a verb's module when it is called, so that help and typos need none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command = import_module(f"lbhsweep.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], _VERBS, n=1, cutoff=0.6)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LbhsweepError as error:
            click.echo(str(error), err=True)
            ctx.exit(exit_status(error))
        except EOFError as error:
            # Click takes it for Ctrl-C; it is the end of a file, and an error of ours.
            raise RuntimeError(f"a file ends too early: {error}") from error
        except BrokenPipeError as error:
            if _is_output_closed():
                raise
            # Click would end with status 1 and no word, whichever pipe it was.
            raise RuntimeError(f"a process went away while it was written to: {error}") from error


def _is_output_closed() -> bool:
    """Return whether whoever read what is printed has ended, as ``head -1`` does."""
    watch = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            watch.register(stream.fileno(), 0)
    return bool(watch.poll(0))


def exit_status(error: LbhsweepError) -> int:
    """Return the process's exit status for an error.

    2 where the user's input is wrong, 1 where the machine (storage, cluster) or the physics
    failed.
    """
    return 1 if isinstance(error, ClusterError | StoreError | SimulationError) else 2


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="lbhsweep")
def command() -> None:
    """Sweeps of molecular dynamics of Li2B12H12, and the barocaloric maps read from them.

    Exit status: 0 all done, 2 bad input, 3 some runs failed, 130 interrupted, 1 anything else.
    """


def main() -> None:
    """Run the command line."""
    replace_what_cannot_be_written()
    take_broken_for_absent()
    if sys.argv[1:2] and sys.argv[1] in _READERS:
        use_one_thread()
    try:
        sys.exit(command.main(prog_name="lbhsweep", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as stop:
        if isinstance(stop.__context__, EOFError):
            click.echo("no answer: the input has ended", err=True)
            sys.exit(2)
        click.echo("Interrupted.", err=True)
        sys.exit(INTERRUPTED)

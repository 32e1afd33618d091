"""``lbhsweep init``: a first sweep file, commented."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from lbhsweep.atomic import write_atomically
from lbhsweep.cli.examples import examples
from lbhsweep.cli.terminal import print_json
from lbhsweep.errors import FolderError, SpecError
from lbhsweep.sweep.first_file import QUESTIONS, Answers, check_answer, write_sweep


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each question to the command."""
    for question in reversed(QUESTIONS):
        command = click.option(
            f"--{question.key.replace('_', '-')}",
            question.key,
            type=click.Choice(question.choices) if question.choices else str,
            metavar=None if question.choices else "TEXT",
            help=f"{question.text} [default: {question.default}]",
        )(command)
    return command


@click.command(
    "init",
    epilog=examples(
        "lbhsweep init my.yaml",
        "lbhsweep init my.yaml --protocol ramp --pressure '0 GPa, 0.2 GPa' --replica 3 --yes",
        "lbhsweep init holds.yaml --protocol hold --temperature '500 K, 600 K, 700 K' --yes",
    ),
)
@click.argument("sweep", type=click.Path(path_type=Path))
@_options
@click.option("--yes", is_flag=True, help="Ask nothing; use the defaults of all options not given.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; asks nothing.")
def command(sweep: Path, yes: bool, force: bool, as_json: bool, **given: str | None) -> None:
    """Write SWEEP, a commented sweep file, from options and a few questions.

    Asks for what isn't given as an option, if there is a terminal.
    """
    if sweep.exists() and not force:
        raise FolderError(f"{sweep}: the file exists; choose another name, or add --force")
    asks = sys.stdin.isatty() and not (yes or as_json)
    answers: Answers = {}
    for question in QUESTIONS:
        if not question.asked(answers):
            if given[question.key] is not None:
                raise click.UsageError(
                    f"--{question.key.replace('_', '-')}: not for a {answers['protocol']}"
                )
            continue
        answer = given[question.key]
        if answer is not None:
            answers[question.key] = _checked(answers, question.key)(answer)
        elif asks:
            answers[question.key] = click.prompt(
                question.text,
                default=question.default_for(answers),
                type=click.Choice(question.choices) if question.choices else None,
                value_proc=None if question.choices else _checked(answers, question.key),
                err=True,
            )
        else:
            answers[question.key] = question.default_for(answers)
    text = write_sweep(sweep.stem, answers)
    write_atomically(sweep, text.encode())
    if as_json:
        print_json({"written": str(sweep), "sweep": text})
    else:
        click.echo(f"written: {sweep}\nnext:    lbhsweep explain {sweep}")


def _checked(answers: Answers, key: str) -> Callable[[str], str]:
    """Build a check that refuses an answer which a sweep file can't contain."""

    def check(answer: str) -> str:
        try:
            check_answer(answers, key, answer)
        except SpecError as error:
            wrong = "; ".join(problem.message for problem in error.problems)
            raise click.UsageError(f"{key}: {wrong}") from error
        return answer

    return check

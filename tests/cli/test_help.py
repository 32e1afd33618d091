"""Help that can be trusted: every verb shows examples, and each of them is a valid command."""

import shlex

import click
import pytest
from click.testing import CliRunner

from lbhsweep.cli import command as lbhsweep
from lbhsweep.cli.examples import HEADING

GROUPS = ("cluster", "export")
VERBS = [name for name in lbhsweep.list_commands(click.Context(lbhsweep)) if name not in GROUPS]
WORDS = [(verb,) for verb in VERBS] + [
    (group, name)
    for group in GROUPS
    for name in lbhsweep.get_command(click.Context(lbhsweep), group).commands
]


def helped(*words):
    result = CliRunner().invoke(lbhsweep, [*words, "--help"])
    assert result.exit_code == 0
    return result.output


def example_lines(words):
    _, _, lines = helped(*words).partition(HEADING)
    return [line.strip() for line in lines.splitlines() if line.strip()]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_each_verb_has_examples_that_parse(words):
    lines = example_lines(words)
    assert lines
    for line in lines:
        line = line.removeprefix('eval "$(').replace(')"', "")
        program, word, *rest = shlex.split(line.partition(" > ")[0], comments=True)
        assert program == "lbhsweep"
        command = lbhsweep.get_command(click.Context(lbhsweep), word)
        if isinstance(command, click.Group):
            word, *rest = rest
            command = command.commands[word]
        command.make_context(word, rest)


def test_the_list_of_verbs_and_their_own_help_agree():
    listed = helped()
    for verb in (*VERBS, *GROUPS):
        assert f"\n  {verb} " in listed


def test_a_wrong_verb_is_refused_with_status_2():
    result = CliRunner().invoke(lbhsweep, ["plotte"])
    assert result.exit_code == 2
    assert "No such command" in result.output

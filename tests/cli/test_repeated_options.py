"""Options that may be given several times take commas too."""

import click
import pytest
from click.testing import CliRunner

from lbhsweep.cli import command
from lbhsweep.cli.repeated import split_at_commas

WITH_COMMAS_OF_THEIR_OWN = {"--sbatch"}
"""Options of sbatch are passed on as they are: --mail-type=END,FAIL is one."""


def commands(group, name="lbhsweep"):
    context = click.Context(group)
    for one in group.list_commands(context):
        found = group.get_command(context, one)
        if isinstance(found, click.Group):
            yield from commands(found, f"{name} {one}")
        else:
            yield f"{name} {one}", found


def test_every_repeated_option_takes_commas():
    repeated = {
        (name, option.opts[0]): option.callback
        for name, one in commands(command)
        for option in one.params
        if isinstance(option, click.Option) and option.multiple
    }
    assert {"--only", "--error"} <= {option for _, option in repeated}
    for (name, option), callback in repeated.items():
        if option not in WITH_COMMAS_OF_THEIR_OWN:
            assert callback is split_at_commas, f"{name} {option}"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (["--only", "a", "--only", "b"], ["a", "b"]),
        (["--only", "a,b"], ["a", "b"]),
        (["--only", "a, b,", "--only", "c"], ["a", "b", "c"]),
        ([], []),
    ],
)
def test_commas_and_repetition_are_the_same(line, names):
    @click.command()
    @click.option("--only", multiple=True, callback=split_at_commas)
    def shown(only):
        click.echo(" ".join(only))

    assert CliRunner().invoke(shown, line).output.split() == names

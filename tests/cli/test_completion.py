"""Completion: what a shell is given to offer."""

import subprocess
import sys

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from lbhsweep.cli import command as lbhsweep
from lbhsweep.cli.completion import SHELLS, VARIABLE
from lbhsweep.plots import FIGURES


def offered(words, begun):
    completion = BashComplete(lbhsweep, {}, "lbhsweep", VARIABLE)
    return {item.value for item in completion.get_completions(words, begun)}


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_names_us(shell):
    result = CliRunner().invoke(lbhsweep, ["completion", shell])
    assert result.exit_code == 0
    assert VARIABLE in result.output


def test_an_unknown_shell_is_refused():
    result = CliRunner(env={"SHELL": "/bin/tcsh"}).invoke(lbhsweep, ["completion"])
    assert result.exit_code == 2
    assert "tcsh" in result.output


def test_verbs_options_and_figures_are_offered():
    assert offered([], "pl") == {"plan", "plot"}
    assert "--rehearsal" in offered(["status"], "--re")
    assert offered(["plot", "DIR", "--only"], "hyst") == {
        name for name in FIGURES if name.startswith("hyst")
    }


def test_verbs_are_offered_without_loading_physics():
    code = (
        "import sys; from click.shell_completion import BashComplete; "
        "from lbhsweep.cli import command; "
        "BashComplete(command, {}, 'lbhsweep', 'X').get_completions([], ''); "
        "loaded = {'numba', 'xarray', 'distributed', 'matplotlib'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(loaded)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr

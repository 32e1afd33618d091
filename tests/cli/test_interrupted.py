"""Only Ctrl-C is taken for Ctrl-C."""

import subprocess
import sys

import click
import pytest

from lbhsweep import cli


@pytest.fixture
def failing(monkeypatch):
    def run(error):
        def broken(*_args, **_options):
            raise error

        monkeypatch.setattr(cli.click.Group, "invoke", broken)
        monkeypatch.setattr("sys.argv", ["lbhsweep", "plan"])
        with pytest.raises(BaseException) as ended:  # noqa: PT011 - which one is what is tested
            cli.main()
        return ended.value

    return run


def test_ctrl_c_ends_with_its_status(failing, capsys):
    assert failing(KeyboardInterrupt()).code == cli.INTERRUPTED
    assert "Interrupted." in capsys.readouterr().err


def test_the_end_of_a_file_is_an_error(failing, capsys):
    error = failing(EOFError("Ran out of input"))
    assert isinstance(error, RuntimeError)
    assert "Ran out of input" in str(error)
    assert "Interrupted" not in capsys.readouterr().err


def test_a_broken_pipe_of_a_process_is_an_error_that_is_printed(failing):
    """click 8.5 ends with status 1 and prints nothing, as where its own output is closed."""
    error = failing(BrokenPipeError(32, "Broken pipe"))
    assert isinstance(error, RuntimeError)
    assert "Broken pipe" in str(error)


def test_a_reader_that_ends_ends_the_command_quietly():
    """As ``lbhsweep … | head -1`` does: no traceback."""
    code = (
        "import click, sys\nfrom lbhsweep import cli\n"
        "def long(*_a, **_o):\n    for _ in range(20_000): click.echo('x' * 50)\n"
        "cli.click.Group.invoke = long\nsys.argv = ['lbhsweep', 'plan']\ncli.main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


def test_an_input_that_ends_before_the_answer_is_no_ctrl_c(monkeypatch, capsys, failing):
    try:
        try:
            raise EOFError
        except EOFError:
            raise click.Abort from None
    except click.Abort as abort:
        found = failing(abort)
    assert found.code == 2
    assert "the input has ended" in capsys.readouterr().err

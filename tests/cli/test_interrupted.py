"""Only Ctrl-C is taken for Ctrl-C."""

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

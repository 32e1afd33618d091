"""A wrong sweep file is refused with all that is wrong, where, and what to do."""

import pytest
from sweep.file import contradictory_keys, malformed_values, malformed_yaml
from sweep.file.sweep_texts import hold, ramp

from lbhsweep.document import parse_document
from lbhsweep.errors import SpecError
from lbhsweep.physics.forcefield import PARAMETERS
from lbhsweep.sweep import load_sweep
from lbhsweep.sweep.load import sweep_from

CASES = (*malformed_yaml.CASES, *malformed_values.CASES, *contradictory_keys.CASES)


@pytest.mark.parametrize(("text", "problems"), CASES)
def test_every_problem_is_said_with_line_and_remedy(text, problems):
    with pytest.raises(SpecError) as caught:
        sweep_from(parse_document(text, "sweep.yaml"))
    assert str(caught.value).splitlines() == [f"sweep.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize("text", [ramp(), hold()])
def test_what_the_cases_start_from_is_right(text):
    assert sweep_from(parse_document(text, "sweep.yaml")).name == "t"


def test_file_that_is_not_there(tmp_path):
    path = tmp_path / "none.yaml"
    message = f"{path}:1: file: can't be read (No such file or directory), wanted a YAML file"
    with pytest.raises(SpecError) as caught:
        load_sweep(path)
    assert str(caught.value) == message


def test_folder(tmp_path):
    with pytest.raises(SpecError) as caught:
        load_sweep(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}:1: file: can't be read (it is a folder), wanted a YAML file"
    )


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: a\ndescription: 9 Å\n".encode("latin-1"))
    with pytest.raises(SpecError) as caught:
        load_sweep(path)
    assert str(caught.value) == f"{path}:2: file: byte 0xc5 is not UTF-8; save the file as UTF-8"


def test_file_of_absurd_size(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("# filler\n" * 120_000)
    with pytest.raises(SpecError) as caught:
        load_sweep(path)
    assert str(caught.value) == (
        f"{path}:1: file: is larger than 1,000,000 bytes; write long lists as ranges"
    )


def test_problems_of_a_parameter_file_name_that_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\nunknown: 1\n")
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(ramp(axes="{pressure: 0 GPa, heating_rate: 2 K/ps, potential: mine.yaml}"))
    with pytest.raises(SpecError) as caught:
        load_sweep(sweep)
    assert {problem.file for problem in caught.value.problems} == {str(tmp_path / "mine.yaml")}


def test_parameter_file_under_a_shipped_name(tmp_path):
    shipped = (PARAMETERS / "lbh-2021.yaml").read_text()
    assert shipped.count("exclusion_depth: 3") == 1
    changed = shipped.replace("exclusion_depth: 3", "exclusion_depth: 2")
    (tmp_path / "mine.yaml").write_text(changed)
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(ramp(axes="{pressure: 0 GPa, heating_rate: 2 K/ps, potential: mine.yaml}"))
    with pytest.raises(SpecError) as caught:
        load_sweep(sweep)
    assert str(caught.value) == (
        f"{sweep}:2: axes.potential: 'mine.yaml' is named 'lbh-2021' but differs from the "
        "shipped set of that name; give it a name of its own"
    )

"""Runs are found by what a user types: ids, labels, or words of labels."""

import pytest

from lbhsweep.document import parse_document
from lbhsweep.errors import RunNotFoundError
from lbhsweep.execution.folder.run_names import find_run, find_runs
from lbhsweep.sweep import expand_grid, run_id
from lbhsweep.sweep.load import sweep_from

SWEEP = """\
name: many axes
axes:
  {pressure: [0 GPa, 0.3 GPa], temperature: [300 K, 600 K], replica: 2, start: [alpha, beta],
   cutoff: [4.5 Å, 9 Å], n_vacancies: [0, 1, 2]}
protocol: {hold: {equilibrate: 1 ps, produce: 1 ps}}
"""
LABELS = {
    run_id(point): point.label
    for point in expand_grid(sweep_from(parse_document(SWEEP, "sweep.yaml"))).points
}


def test_labels_differ_wherever_runs_do():
    assert len(set(LABELS.values())) == len(LABELS) == 96
    assert "lbh-2021 0.3 GPa 300 K r1" in LABELS.values()
    assert "lbh-2021 cutoff 4.5 Å 0 GPa 1 vacancy from beta 600 K r0" in LABELS.values()


def test_words_of_a_label_select_a_run():
    name = find_run(LABELS, "4.5 Å 0.3 GPa 2 vacancies beta 300 K r1")
    assert LABELS[name] == "lbh-2021 cutoff 4.5 Å 0.3 GPa 2 vacancies from beta 300 K r1"
    assert find_run(LABELS, name[:12].upper()) == name
    assert len(find_runs(LABELS, "0.3 GPa r1")) == 24
    exact = "lbh-2021 0 GPa 600 K r0"
    assert LABELS[find_run(LABELS, exact)] == exact, "although others have all its words"


@pytest.mark.parametrize("text", ["r1 300 K", "0.4 GPa", "", "zz"])
def test_a_text_without_match_is_an_error_with_an_example(text):
    with pytest.raises(RunNotFoundError, match=r"such as 'lbh-2021 cutoff 4\.5 Å 0 GPa 300 K r0'"):
        find_run(LABELS, text)


def test_a_text_with_many_matches_is_an_error_with_some():
    with pytest.raises(RunNotFoundError, match="48 runs match 'r1', such as"):
        find_run(LABELS, "r1")

"""A first sweep file, commented, from the answers to a few questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import dumps
from textwrap import wrap
from typing import Literal

from lbhsweep.document import parse_document
from lbhsweep.errors import Problem, SpecError, UnitError
from lbhsweep.sweep.file.spec import (
    AxesSection,
    HoldSection,
    ModelSection,
    RampSection,
    Section,
    SystemSection,
)
from lbhsweep.sweep.load import sweep_from
from lbhsweep.units import parse_quantity

ProtocolName = Literal["ramp", "hold"]
Answers = dict[str, str]
"""Answers as they stand in the file, by the key of their question."""

_WIDTH = 96
_BINS = ("12.5 K", "10 K", "5 K", "2 K", "1 K")
_HEAD = """\
# A sweep for lbhsweep. Every quantity carries its unit.
#   lbhsweep explain {name}.yaml     what this file asks for, in plain words
#   lbhsweep plan {name}.yaml        its grid and what it costs
#   lbhsweep run {name}.yaml --output {name}
name: {quoted}
"""
_FOOT = """
# Not given here, and so by default: all observables that the protocol allows, no trajectories,
# isotropic NPT with steps of 0.5 and 2 fs. For frames of the atoms:
# trajectory: {every: 1 ps}
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a sweep.

    Attributes
    ----------
    key : str
        Name of the answer, and of the key in the file.
    text : str
        As a person is asked.
    default : str
        Answer if none is given.
    of : {'ramp', 'hold'} or None
        Protocol for which it is asked; None for both.
    holds : str
        Default in a hold, where it is another one.
    choices : tuple of str
        All possible answers, if they are few.
    """

    key: str
    text: str
    default: str
    of: ProtocolName | None = None
    holds: str = ""
    choices: tuple[str, ...] = ()

    def asked(self, answers: Answers) -> bool:
        """Return whether it is asked after these answers."""
        return self.of is None or answers.get("protocol") == self.of

    def default_for(self, answers: Answers) -> str:
        """Return the default after these answers."""
        return self.holds if self.holds and answers.get("protocol") == "hold" else self.default


QUESTIONS = (
    Question(
        "protocol",
        "Ramps, with T driven up and down, or holds at constant T",
        "ramp",
        choices=("ramp", "hold"),
    ),
    Question("pressure", "Pressures, a list or a range with a step", "0 GPa, 0.3 GPa"),
    Question(
        "temperature",
        "Temperatures: the range of ramps, or those of holds",
        "300 K .. 750 K",
        holds="450 K .. 650 K step 50 K",
    ),
    Question("heating_rate", "Heating rates of ramps", "5 K/ps", of="ramp"),
    Question("produce", "How long holds are averaged", "200 ps", of="hold"),
    Question("n_vacancies", "Numbers of missing Li", "0"),
    Question("supercell", "Cubic cells along each axis, 104 atoms each", "2"),
    Question("replica", "Replicas, whose scatter gives errors", "2"),
)


def check_answer(answers: Answers, key: str, said: str) -> None:
    """Check one answer, with those before it and the defaults of those after it.

    Raises
    ------
    SpecError
        All that is wrong with a file of this answer.
    """
    write_sweep("sweep", answers | {key: said})


def write_sweep(name: str, answers: Answers) -> str:
    """Write the file.

    Parameters
    ----------
    name : str
        Of the sweep and, with the ending ``.yaml``, of its file.
    answers : dict
        By the keys of `QUESTIONS`; without one its default counts.

    Returns
    -------
    str
        A file that `load_sweep` accepts.

    Raises
    ------
    SpecError
        All that is wrong with the answers.
    """
    full: Answers = {}
    for question in QUESTIONS:
        if question.asked(full):
            full[question.key] = answers.get(question.key, question.default_for(full))
    for key, said in full.items():
        if not said.isprintable():
            raise SpecError([Problem("answer", 1, key, f"got {said!r:.60}, wanted one line")])
    refused: SpecError | None = None
    # The bins must divide the range.
    for width in _BINS if full["protocol"] == "ramp" else _BINS[:1]:
        text = "\n".join(_lines(name, full, width))
        try:
            sweep_from(parse_document(text, f"{name}.yaml"))
        except SpecError as error:
            refused = error
        else:
            return text
    assert refused is not None  # noqa: S101 - there are bins to try
    raise refused


def _lines(name: str, answers: Answers, bin_width: str) -> Iterator[str]:
    value = {key: _listed(said) for key, said in answers.items()}
    yield _HEAD.format(name=name, quoted=dumps(name, ensure_ascii=False))
    yield from _section("system", SystemSection, {"supercell": value["supercell"]})
    one_cell = "1" in answers["supercell"].strip("[] ").replace(",", " ").split()
    yield from _section("model", ModelSection, {"cutoff": "4.5 Å" if one_cell else "9 Å"})
    driven = "heating_rate" if answers["protocol"] == "ramp" else "temperature"
    axes = ("pressure", driven, "n_vacancies", "replica")
    yield "# The grid is the product of the axes."
    yield from _section(
        "axes", AxesSection, {"potential": "lbh-2021"} | {key: value[key] for key in axes}
    )
    yield "protocol:"
    if answers["protocol"] == "ramp":
        keys = {
            "temperature": value["temperature"],
            "bin": bin_width,
            "directions": "[heating, cooling]",
            "equilibrate": "2 ps",
        }
        yield from _section("ramp", RampSection, keys, "  ")
    else:
        keys = {"equilibrate": _settling(value["produce"]), "produce": value["produce"]}
        yield from _section("hold", HoldSection, keys, "  ")
    yield _FOOT.strip()
    yield ""


def _section(
    key: str, model: type[Section], values: Mapping[str, str], indent: str = ""
) -> Iterator[str]:
    """Write one section, above each key its description."""
    yield f"{indent}{key}:"
    for name, value in values.items():
        about = " ".join((model.model_fields[name].description or "").split())
        mark = f"{indent}  # "
        yield from wrap(about, _WIDTH, initial_indent=mark, subsequent_indent=mark)
        yield f"{indent}  {name}: {value}"
    yield ""


def _settling(produce: str) -> str:
    """Choose how long a hold settles: a fifth of its production, at most 40 ps."""
    try:
        length = parse_quantity(produce, "time")
    except UnitError:
        return "40 ps"  # what is wrong with `produce` is said when the whole file is read
    return f"{min(40.0, length / 5):.3g} ps"


def _listed(said: str) -> str:
    """Write values parted by commas as a list of the file."""
    said = said.strip()
    return f"[{said}]" if "," in said and said[0] not in "[{" else said

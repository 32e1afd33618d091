"""Reading a sweep file: a `SweepSpec`, or everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from lbhsweep.document import Document, read_document
from lbhsweep.errors import SpecError
from lbhsweep.sweep.checks.between_keys import findings
from lbhsweep.sweep.file.explain import sound_part, validate
from lbhsweep.sweep.file.spec import SweepSpec


def load_sweep(path: str | Path) -> SweepSpec:
    """Read and check a sweep file.

    Parameters
    ----------
    path : str or Path
        The YAML file; parameter files that it names are relative to its folder.

    Returns
    -------
    SweepSpec
        The sweep, every quantity in base units, every force field loaded.

    Raises
    ------
    SpecError
        Everything that is wrong, each as ``file:line: key: what is wrong, what was expected``.
    """
    return sweep_from(read_document(path))


def sweep_from(document: Document) -> SweepSpec:
    """Check a document already read, as `load_sweep` does."""
    spec, problems = validate(SweepSpec, document)
    sound = spec or sound_part(SweepSpec, document.data, document)
    found = findings(sound, complete=spec is not None)
    problems += [document.problem(path, message) for path, message in found]
    if spec is None or problems:
        raise SpecError(problems)
    spec._files.update(document.named)
    return spec

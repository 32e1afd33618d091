"""Options with which a sweep was run last, kept in its folder so that it can be resumed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lbhsweep.atomic import write_atomically
from lbhsweep.document import kept_name, parse_document
from lbhsweep.store.folder import SweepFolder
from lbhsweep.sweep.file.spec import SweepSpec
from lbhsweep.sweep.grid import Grid, expand_grid
from lbhsweep.sweep.load import sweep_from

THIS_MACHINE = "kind: local\n"
"""The cluster file of a sweep for which none was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options of the command line beside the sweep and the cluster file.

    Attributes
    ----------
    file : str
        Absolute path of the sweep file: parameter files that it names are relative to its folder.
    workers : int or None
        Workers instead of the cluster file's.
    rehearsal : bool
        Whether its runs are synthetic.
    rehearse_seconds, rehearse_failures : float
        Duration and rate of failures of synthetic runs.
    """

    file: str
    workers: int | None = None
    rehearsal: bool = False
    rehearse_seconds: float = 0.0
    rehearse_failures: float = 0.0

    def to_json(self) -> str:
        """Return them as the folder keeps them."""
        return json.dumps(asdict(self)) + "\n"


def files_to_keep(
    folder: SweepFolder, spec: SweepSpec, settings: Settings, cluster_text: str | None = None
) -> dict[str, str]:
    """Return the files that a folder keeps beside its sweep so that it can be resumed.

    Parameters
    ----------
    folder : SweepFolder
        The folder.
    spec : SweepSpec
        The sweep; files that it names are copied.
    settings : Settings
        The other options.
    cluster_text : str, optional
        The cluster file; without it the present one stays.

    Returns
    -------
    dict
        Texts by path in the folder.
    """
    kept = {folder.settings.name: settings.to_json()}
    if cluster_text is not None:
        kept[folder.cluster_yaml.name] = cluster_text
    for name, content in spec.files.items():
        # Structure files have authors' names in all encodings.
        text = content.decode("utf-8-sig", errors="replace")
        kept[f"{folder.inputs.name}/{kept_name(name)}"] = text
    return kept


def keep_sweep(folder: SweepFolder, yaml_text: str, kept: Mapping[str, str]) -> None:
    """Write a sweep and its other files into its folder, whose lock the caller holds.

    The sweep is written last: it must never lie beside copies of files that another sweep named.
    """
    for name, text in {**kept, folder.sweep_yaml.name: yaml_text}.items():
        path = folder.path / name
        path.parent.mkdir(exist_ok=True)
        if path.parent == folder.inputs and path.exists() and path.read_bytes() != text.encode():
            # Earlier runs started from the old copy, so it is kept, though nothing reads it.
            before = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            path.replace(path.with_name(f"before-{before}-{path.name}"))
        write_atomically(path, text.encode())
        if name == folder.cluster_yaml.name:
            # It may name accounts and hosts that the original keeps to its owner.
            path.chmod(0o600)


def read_settings(folder: SweepFolder) -> Settings:
    """Read the options of the last run; those that the folder lacks have their defaults."""
    try:
        return Settings(**json.loads(folder.settings.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Settings(file=str(folder.sweep_yaml))


def folder_grid(folder: SweepFolder) -> Grid:
    """Read the grid of a folder's sweep.

    Raises
    ------
    SpecError
        If its file is no longer valid, for example because a parameter file is missing.
    OSError
        If there is no sweep.
    """
    text = folder.sweep_yaml.read_text(encoding="utf-8-sig")
    settings = read_settings(folder)
    spec = sweep_from(parse_document(text, settings.file, folder.inputs))
    return expand_grid(spec, rehearsal=settings.rehearsal)

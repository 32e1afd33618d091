"""Small grids and records that the tests of the store share."""

from __future__ import annotations

import hashlib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from lbhsweep.quantities import stderr_name
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.record import Record, RecordHeader, RunError
from lbhsweep.store.schema import GridLayout

BINS = (305.0, 315.0, 325.0)
TIMES = (0.5, 1.5)
CELL = {"lattice_vector": ("a", "b", "c"), "component": ("x", "y", "z")}


def run_id_at(at: dict[str, Any]) -> str:
    return hashlib.sha256(repr(sorted(at.items())).encode()).hexdigest()


def planned_cells(coordinates: dict[str, tuple[Any, ...]], skip: set[str] = frozenset()):
    cells = (dict(zip(coordinates, at, strict=True)) for at in product(*coordinates.values()))
    return tuple((run_id_at(at), at) for at in cells if run_id_at(at) not in skip)


def ramp_layout(
    pressures=(0.0, 0.4), replicas=(0, 1), skip: set[str] = frozenset(), **changes: Any
) -> GridLayout:
    coordinates = {
        "potential": ("lbh-2021",),
        "n_vacancies": (0, 2),
        "pressure": pressures,
        "heating_rate": (20.0,),
        "direction": ("cooling", "heating"),
        "replica": replicas,
    }
    fields = {
        "group": "ramp",
        "coordinates": coordinates,
        "planned": planned_cells(coordinates, skip),
        "bin_centres": BINS,
        "inner_axes": CELL,
        "n_formula_units": 4,
        "n_li_sites": 8,
        "molar_mass": {0: 155.7, 2: 152.2},
        "attributes": {"sweep_yaml": "name: tiny\n", "physics_version": 1, "rehearsal": True},
    }
    return GridLayout(**{**fields, **changes})


def hold_layout() -> GridLayout:
    coordinates = {
        "potential": ("lbh-2021", "lbh-2021-fullk"),
        "n_vacancies": (0,),
        "pressure": (0.0, 0.2),
        "temperature": (400.0, 500.0),
        "replica": (0,),
    }
    return GridLayout(
        group="hold",
        coordinates=coordinates,
        planned=planned_cells(coordinates),
        inner_axes={"time": TIMES, **CELL},
        n_formula_units=4,
        n_li_sites=8,
        molar_mass={0: 155.7},
    )


def seed_of(run_id: str) -> int:
    return int(run_id[:8], 16)


def ramp_record(run_id: str, *, n_bins: int = len(BINS), **provenance: Any) -> Record:
    generator = np.random.default_rng(seed_of(run_id))
    names = ("volume", "enthalpy", "lattice_a")
    arrays = {name: generator.normal(size=n_bins) for name in names}
    arrays |= {stderr_name(name): generator.random(size=n_bins) for name in names}
    provenance = {"host": "node1", "pid": 7, "wall_seconds": 2.5, **provenance}
    header = RecordHeader(
        run_id=run_id, point="{}", physics_version=1, status="done", provenance=provenance
    )
    return Record(header, arrays)


def hold_record(run_id: str) -> Record:
    generator = np.random.default_rng(seed_of(run_id))
    arrays = {
        "volume": np.float64(generator.normal()),
        "volume_stderr": np.float64(generator.random()),
        "volume_series": generator.normal(size=len(TIMES)),
        "equilibrated": np.int8(1),
    }
    header = RecordHeader(run_id=run_id, point="{}", physics_version=1, status="done")
    return Record(header, {name: np.asarray(value) for name, value in arrays.items()})


def failed_record(run_id: str, message: str = "two atoms left", attempts: int = 1) -> Record:
    header = RecordHeader(
        run_id=run_id,
        point="{}",
        physics_version=1,
        status="failed",
        error=RunError("lost-atoms", message, 1200),
        attempts=attempts,
        provenance={"host": "node2", "pid": 8, "wall_seconds": 0.5},
    )
    return Record(header, {})


def made_folder(path: Path) -> SweepFolder:
    folder = SweepFolder(path)
    folder.create()
    return folder

"""The dataset's layout for a sweep's grid."""

from __future__ import annotations

import json
from dataclasses import asdict

from lbhsweep import __version__
from lbhsweep.physics.crystal import build_alpha, molar_mass, remove_lithium
from lbhsweep.store.schema import GridLayout
from lbhsweep.sweep.grid import Grid
from lbhsweep.sweep.identity import PHYSICS_VERSION, run_id
from lbhsweep.sweep.sampling import inner_axes


def grid_layout(grid: Grid, yaml_text: str) -> GridLayout:
    """Lay out the dataset of a sweep.

    Parameters
    ----------
    grid : Grid
        The sweep's points; at least one.
    yaml_text : str
        The sweep's YAML, stored with the results.

    Returns
    -------
    GridLayout
        The grid as the store needs it.
    """
    first = grid.points[0]
    structure = build_alpha(first.system.supercell)
    # Masses don't differ between parameter sets of one material.
    force_field = next(iter(grid.force_fields.values()))
    return GridLayout(
        group=grid.group,
        coordinates=grid.coordinates,
        planned=tuple((run_id(point), point.coordinates) for point in grid.points),
        n_formula_units=structure.formula_units,
        n_li_sites=structure.symbols.count("Li"),
        molar_mass={
            int(n): molar_mass(remove_lithium(structure, int(n), seed=0), force_field)
            for n in grid.coordinates["n_vacancies"]
        },
        bin_centres=grid.bin_centres,
        inner_axes=inner_axes(first),
        observables=first.observables,
        follows={run_id(point): point.follows for point in grid.points if point.follows},
        attributes={
            "title": "lbhsweep results",
            "sweep_yaml": yaml_text,
            "package_version": __version__,
            "physics_version": PHYSICS_VERSION,
            "force_fields": json.dumps(
                {name: asdict(one) for name, one in grid.force_fields.items()}, sort_keys=True
            ),
            "rehearsal": first.rehearsal,
        },
    )

"""Results of coexisting phases, drawn as rehearsals draw them, without a folder or a store."""

from functools import cache

import numpy as np
import xarray as xr

from lbhsweep.document import parse_document
from lbhsweep.quantities import CATALOGUE, stderr_name
from lbhsweep.quantities.quantity import flags
from lbhsweep.simulation.rehearsal.coexistence import rehearse_profile
from lbhsweep.simulation.rehearsal.material import transition_K
from lbhsweep.store.schema import Status
from lbhsweep.sweep.grid import expand_grid
from lbhsweep.sweep.load import sweep_from
from lbhsweep.sweep.sampling import inner_axes

SWEEP = """\
name: met
system: {{supercell: [2, 2, 6]}}
axes: {{pressure: [{pressures}], temperature: [{temperatures}], replica: {replicas}}}
protocol: {{coexist: {{phases: [{phases}], prepare: 2 ps, produce: 60 ps}}}}
"""
DIMS = ("potential", "n_vacancies", "pressure", "temperature", "replica")


def sweep_text(pressures=(0.0, 0.4), temperatures=(500, 540, 580, 620, 660, 700), replicas=2,
               phases=("alpha", "beta")):  # fmt: skip
    return SWEEP.format(
        pressures=", ".join(f"{p:g} GPa" for p in pressures),
        temperatures=", ".join(f"{t:g} K" for t in temperatures),
        replicas=replicas,
        phases=", ".join(phases),
    )


@cache
def make_coexistence(seed=1, **axes):
    """Draw the results of a sweep; axes as of `sweep_text`.

    Returns
    -------
    DataTree
        With the group `coexist`.
    """
    text = sweep_text(**axes)
    grid = expand_grid(sweep_from(parse_document(text, "sweep.yaml")), rehearsal=True)
    rng = np.random.default_rng(seed)
    values = {dim: sorted({one.coordinates[dim] for one in grid.points}) for dim in DIMS}
    shape = tuple(len(values[dim]) for dim in DIMS)
    inner = inner_axes(grid.points[0])
    arrays = {}
    for point in grid.points:
        place = tuple(values[dim].index(point.coordinates[dim]) for dim in DIMS)
        for name, array in rehearse_profile(point, rng).items():
            if name not in arrays:
                arrays[name] = np.zeros((*shape, *array.shape), array.dtype)
            arrays[name][place] = array
    variables = {"status": (DIMS, np.full(shape, Status.DONE, dtype=np.int8), flags(Status))}
    for name, array in arrays.items():
        quantity = CATALOGUE[name.removesuffix("_stderr")]
        attributes = {"units": quantity.units, "long_name": quantity.long_name}
        variables[name] = ((*DIMS, *quantity.dims), array, attributes)
        assert name in (quantity.name, stderr_name(quantity.name))
    coords = {dim: (dim, np.array(one, dtype=object if dim == "potential" else None))
              for dim, one in values.items()}  # fmt: skip
    coords |= {dim: (dim, np.array(one, dtype=object if isinstance(one[0], str) else None))
               for dim, one in inner.items()}  # fmt: skip
    coords["pressure"] = (*coords["pressure"], {"units": "GPa", "long_name": "pressure"})
    coords["temperature"] = (*coords["temperature"], {"units": "K", "long_name": "temperature"})
    coords["molar_mass"] = ("n_vacancies", np.array([155.696]))
    attributes = {"schema_version": 1, "rehearsal": 0, "sweep_yaml": text}
    dataset = xr.Dataset(variables, coords)
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), "/coexist": dataset})


def true_transition(pressure):
    """Return T_t of the synthetic material, K."""
    text = sweep_text(pressures=(pressure,), temperatures=(500,), replicas=1)
    grid = expand_grid(sweep_from(parse_document(text, "sweep.yaml")), rehearsal=True)
    return transition_K(grid.points[0])

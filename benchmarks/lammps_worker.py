"""LAMMPS under orders: JSON lines in, JSON lines out; run by the Python that has LAMMPS.

Orders: ``["do", [command, …]]``, ``["time", steps]`` (wall and processor seconds),
``["evaluate"]`` (kcal/mol by term, and forces by atom in kcal/mol/Å), ``["totals", n, steps]``
(total energy, kcal/mol, every so many steps).
Each is answered by ``{"answer": …}`` or ``{"error": "LAMMPS's words"}``.
Knows nothing of lbhsweep, so that it runs in any environment.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from lammps import lammps

TERMS = ("ebond", "eangle", "evdwl", "ecoul", "elong")


def main():
    """Obey until the orders end."""
    program = lammps(cmdargs=["-log", "none", "-screen", "none", *sys.argv[1:]])
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        try:
            answer = {"answer": ORDERS[order](program, *arguments)}
        except Exception as error:
            # LAMMPS's own are plain exceptions; their first line says what is wrong.
            answer = {"error": str(error).partition("\n")[0]}
        print(json.dumps(answer), flush=True)


def do(program, commands):
    """Run commands."""
    for command in commands:
        program.command(command)
    return program.version()


def timed(program, steps):
    """Go on for some steps; the work before the first one is LAMMPS's own and not counted."""
    wall, cpu = time.perf_counter(), time.process_time()
    program.command(f"run {steps} post no")
    loop = program.last_thermo()["CPU"]
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    return [loop, loop * share]


def evaluate(program):
    """Evaluate the configuration."""
    program.command("run 0 post no")
    terms = {term: program.get_thermo(term) for term in TERMS}
    return [terms, list(program.gather_atoms("f", 1, 3))]


def totals(program, n, steps):
    """Sample the total energy n times, `steps` apart."""
    begun = program.extract_global("ntimestep")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "totals"
        program.command("variable now equal step")
        program.command("variable total equal etotal")
        program.command(
            f'fix print all print {steps} "${{now}} ${{total}}" file {path} screen no title ""'
        )
        program.command(f"run {n * steps} post no")
        program.command("unfix print")
        rows = [line.split() for line in path.read_text().splitlines() if line]
    # The first may be that of the start, which the run before has reported already.
    return [float(total) for now, total in rows if int(now) > begun]


ORDERS = {"do": do, "time": timed, "evaluate": evaluate, "totals": totals}

if __name__ == "__main__":
    main()

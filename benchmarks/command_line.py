"""Command lines of the benchmarks: one line on what is wrong, and none of Python's."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from lbhsweep.cli import INTERRUPTED, exit_status
from lbhsweep.cli.bench import wrong_options
from lbhsweep.errors import ForceFieldError, LbhsweepError, SpecError


class Parser(argparse.ArgumentParser):
    """Says in one line what was got and wanted, and exits with 2."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    def error(self, message: str) -> NoReturn:
        """Say it without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def number(low: float, *, above: bool = False) -> Callable[[str], float]:
    """Read a finite number of at least (or above) `low`."""

    def read(text: str) -> float:
        wanted = f"{'more than' if above else 'at least'} {low:g}"
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value < float("inf") or (above and value == low):
            raise argparse.ArgumentTypeError(f"got {text!r}, wanted a number of {wanted}")
        return value

    return read


def whole(low: int) -> Callable[[str], int]:
    """Read a whole number of at least `low`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low:
            raise argparse.ArgumentTypeError(
                f"got {text!r}, wanted a whole number of at least {low}"
            )
        return value

    return read


def cells(text: str) -> list[int]:
    """Read how many cubic cells there are along each axis: ``2`` or ``2,2,3``."""
    try:
        repeats = [int(part) for part in text.split(",")]
    except ValueError:
        repeats = []
    if len(repeats) not in (1, 3) or min(repeats) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted cells such as 2 or 2,2,3")
    return repeats * (3 // len(repeats))


def core(text: str) -> int:
    """Read the number of a core that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    if not text.isdecimal() or int(text) not in allowed:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, wanted one of {', '.join(map(str, allowed))}"
        )
    return int(text)


def stay_on(chosen: int | None) -> None:
    """Run on one core, by default the last."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if chosen is None else chosen})


def say(text: str) -> None:
    """Tell what goes on."""
    print(text, file=sys.stderr, flush=True)


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a benchmark and exit with its status, 130 if it was interrupted."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(INTERRUPTED)
    except (SpecError, ForceFieldError) as error:
        say("\n".join(wrong_options(error)))
        sys.exit(2)
    except LbhsweepError as error:
        say(str(error))
        sys.exit(exit_status(error))

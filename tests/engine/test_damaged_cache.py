"""A damaged file of compiled kernels is compiled again, and never ends a command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """\
import os
from pathlib import Path
from lbhsweep.engine import kernel_cache
kernel_cache.check_files_of(*map(Path, filter(None, [os.environ.get("CHECKED")])))
from kernel_of_test import double
print(double(4.0), sum(double.stats.cache_hits.values()), sum(double.stats.cache_misses.values()))
"""
KERNEL = """\
import numba as nb

@nb.njit(cache=True)
def double(x):
    return 2.0 * x
"""


@pytest.fixture
def call(tmp_path):
    """Call a kernel in a new process: its result, and how often the cache had it and had it not."""
    (tmp_path / "kernel_of_test.py").write_text(KERNEL)
    paths = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": paths}
    environment |= {"CHECKED": str(tmp_path)}

    def run():
        script = [sys.executable, "-c", SCRIPT]
        found = subprocess.run(script, env=environment, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr
        value, hits, misses = found.stdout.split()
        return float(value), int(hits), int(misses)

    return run


def files(tmp_path: Path, ending: str) -> list[Path]:
    return list((tmp_path / "cache").rglob(f"kernel_of_test.*.{ending}"))


DAMAGES = {
    "empty": lambda content: b"",
    "torn": lambda content: content[: len(content) // 2],
    "one byte lost": lambda content: content[:-1],
    "zeros": lambda content: content[:100] + bytes(len(content) - 100),
    "one bit": lambda content: content[:90] + bytes([content[90] ^ 1]) + content[91:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_written_again(call, tmp_path, damage):
    assert call() == (8.0, 0, 1)
    assert call() == (8.0, 1, 0)
    for ending in ("nbi", "nbc"):
        (file,) = files(tmp_path, ending)
        whole = file.read_bytes()
        file.write_bytes(DAMAGES[damage](whole))
        assert call() == (8.0, 0, 1), ending
        assert call() == (8.0, 1, 0), ending


def test_numba_by_itself_reads_the_same_files(call, tmp_path):
    assert call() == (8.0, 0, 1)
    plain = SCRIPT[SCRIPT.index("from kernel_of_test") :]
    found = subprocess.run(
        [sys.executable, "-c", plain],
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["8.0", "1", "0"]


def test_a_cache_that_takes_no_files_costs_time_alone(call, tmp_path):
    assert call() == (8.0, 0, 1)
    for file in (*files(tmp_path, "nbi"), *files(tmp_path, "nbc")):
        # Nothing can be renamed onto a folder, not even by root.
        file.unlink()
        file.mkdir()
    assert call() == (8.0, 0, 1)


def test_kernels_of_others_keep_their_own_files(tmp_path):
    """A notebook's own functions were compiled before this package was imported, and stay so."""
    (tmp_path / "kernel_of_test.py").write_text(KERNEL)
    paths = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": paths}
    plain = SCRIPT[SCRIPT.index("from kernel_of_test") :]
    for script, found in ((plain, "8.0 0 1"), (SCRIPT, "8.0 1 0"), (plain, "8.0 1 0")):
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert done.stdout.strip() == found

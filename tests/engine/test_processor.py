"""What is said of the processor is what numba's code really uses."""

import os
import platform
import subprocess
import sys

import numba as nb
import numpy as np
import pytest

from lbhsweep.engine.processor import processor_features

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="names x86 instructions")

ASK = "from lbhsweep.engine.processor import processor_features as ask; print(ask())"


def asked(**environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    command = [sys.executable, "-c", ASK]
    return subprocess.run(
        command, env=clean | environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_the_chosen_processor_counts_not_the_one_at_hand():
    assert asked(NUMBA_CPU_NAME="generic") == "generic: SSE2; vectors of 128 bits"
    haswell = asked(NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES="")
    assert haswell == "haswell: AVX2, AVX, FMA; vectors of 256 bits"
    skylake = asked(NUMBA_CPU_NAME="skylake-avx512", NUMBA_CPU_FEATURES="-prefer-256-bit")
    assert skylake == "skylake-avx512: AVX-512, AVX2, AVX, FMA; vectors of 512 bits"
    without = asked(NUMBA_CPU_NAME="skylake-avx512", NUMBA_CPU_FEATURES="-avx512f,-fma")
    assert without == "skylake-avx512: AVX2, AVX; vectors of 256 bits"
    assert asked(NUMBA_DISABLE_JIT="1") == "nothing compiled"


@pytest.mark.skipif(bool(nb.config.DISABLE_JIT), reason="looks at compiled code")
def test_compiled_code_uses_what_is_said_and_no_more():
    @nb.njit(fastmath=True, error_model="numpy")
    def line(a, b, c):
        for i in range(a.size):
            a[i] = a[i] * b[i] + c[i]

    line(*np.ones((3, 64)))
    (assembly,) = line.inspect_asm().values()
    said = processor_features()
    assert ("vfmadd" in assembly) == ("FMA" in said)
    assert ("%ymm" in assembly or "%zmm" in assembly) == ("AVX" in said)
    assert "%zmm" not in assembly or "AVX-512" in said

"""Which of the processor's features the compiled kernels use."""

from __future__ import annotations

import re
from functools import cache

import llvmlite.binding as llvm
from numba import config
from numba.core.registry import cpu_target

_PROBE = """
target triple = "{triple}"
declare <16 x float> @llvm.fmuladd.v16f32(<16 x float>, <16 x float>, <16 x float>)
define <16 x float> @floats(<16 x float> %a, <16 x float> %b, <16 x float> %c) {{
  %r = call <16 x float> @llvm.fmuladd.v16f32(<16 x float> %a, <16 x float> %b, <16 x float> %c)
  ret <16 x float> %r
}}
define <8 x i32> @integers(<8 x i32> %a, <8 x i32> %b) {{
  %r = add <8 x i32> %a, %b
  ret <8 x i32> %r
}}
"""
"""The kernels' own operations on vectors as wide as theirs."""


@cache
def processor_features() -> str:
    """Say for which processor numba compiles, and which vector instructions it then uses.

    Read from what LLVM makes of a few vector operations for numba's target, so that
    ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` count as they do for the kernels.

    Returns
    -------
    str
        Such as ``sapphirerapids: AVX-512, AVX2, AVX, FMA; vectors of 512 bits``.
    """
    if config.DISABLE_JIT:
        return "nothing compiled"
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    if not triple.startswith("x86_64"):
        return f"{name} ({triple.partition('-')[0]})"
    target = llvm.Target.from_triple(triple)
    machine = target.create_target_machine(cpu=name, features=features, opt=2)
    module = llvm.parse_assembly(_PROBE.format(triple=triple))
    return f"{name}: {_described(machine.emit_assembly(module))}"


def _described(assembly: str) -> str:
    bits = 512 if "%zmm" in assembly else 256 if "%ymm" in assembly else 128
    marks = {
        "AVX-512": bits == 512,
        "AVX2": re.search(r"\bvpadd.*%ymm", assembly),
        "AVX": bits > 128,
        "FMA": re.search(r"\bvfmadd", assembly),
    }
    found = [mark for mark, there in marks.items() if there] or ["SSE2"]
    return f"{', '.join(found)}; vectors of {bits} bits"

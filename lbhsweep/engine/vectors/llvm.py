"""Vectors of 64 bytes as a numba type, each operation one LLVM vector instruction.

Numba relies on LLVM's loop vectoriser, which gives up on calls, on arrays that might overlap and
on lanes that are dropped or kept.  Here a kernel says what it wants, and LLVM maps it to the
machine: one AVX-512 register, two of AVX2, four of SSE.  The order of sums is that of the source,
so all machines add in the same order.

The functions here can be called from compiled code only; `simd` chooses between them and
`simd_numpy`, which does the same with NumPy's arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numba as nb
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

VECTOR_BYTES = 64

EXACT = ("nsz",)
"""Nothing is reordered or fused but by `fma`, so that kernels with and without energies agree."""
_INT32 = ir.IntType(32)


class VectorType(types.Type):
    """A vector of as many numbers as 64 bytes hold."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.lanes = VECTOR_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"vector({dtype})")


class MaskType(types.Type):
    """One bit for each lane of a vector."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"mask({lanes})")


def _element(dtype: Any) -> Any:
    return ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, vector: VectorType) -> None:
        element = _element(vector.dtype)
        super().__init__(manager, vector, ir.VectorType(element, vector.lanes))


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, mask: MaskType) -> None:
        super().__init__(manager, mask, ir.VectorType(ir.IntType(1), mask.lanes))


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """Put a scalar into all lanes."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_INT32, 0))
    zeros = ir.Constant(ir.VectorType(_INT32, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, undefined, zeros)


def _as_vector(context: Any, builder: Any, value: Any, given: Any, vector: VectorType) -> Any:
    if isinstance(given, VectorType):
        return value
    scalar = context.cast(builder, value, given, vector.dtype)
    return _spread(builder, scalar, context.get_value_type(vector))


def _operand(given: Any, vector: VectorType) -> Any:
    """Type as which an argument is taken: scalars are rounded to the lanes' type."""
    return given if isinstance(given, VectorType) else vector.dtype


def _intrinsic(builder: Any, name: str, vector: Any, n_arguments: int) -> Any:
    suffix = "f32" if isinstance(vector.element, ir.FloatType) else "f64"
    kind = ir.FunctionType(vector, [vector] * n_arguments)
    return cgutils.get_or_insert_function(
        builder.module, kind, f"llvm.{name}.v{vector.count}{suffix}"
    )


def _register_binary(op: Any, emit: Callable[[Any, Any, Any], Any], *, gives_mask: bool) -> None:
    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            vectors = [a for a in args if isinstance(a, VectorType)]
            if len(args) != 2 or not vectors or any(v != vectors[0] for v in vectors):
                return None
            vector = vectors[0]
            result = MaskType(vector.lanes) if gives_mask else vector
            return signature(result, *(_operand(a, vector) for a in args))

    infer_global(op)(Template)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = next(a for a in sig.args if isinstance(a, VectorType))
        x, y = (
            _as_vector(context, builder, value, given, vector)
            for value, given in zip(args, sig.args, strict=True)
        )
        return emit(builder, x, y)

    for left, right in (
        (VectorType, VectorType),
        (VectorType, types.Float),
        (types.Float, VectorType),
    ):
        lower_builtin(op, left, right)(lower)


_register_binary(operator.add, lambda b, x, y: b.fadd(x, y, flags=EXACT), gives_mask=False)
_register_binary(operator.sub, lambda b, x, y: b.fsub(x, y, flags=EXACT), gives_mask=False)
_register_binary(operator.mul, lambda b, x, y: b.fmul(x, y, flags=EXACT), gives_mask=False)
_register_binary(operator.lt, lambda b, x, y: b.fcmp_ordered("<", x, y), gives_mask=True)


def _address(context: Any, builder: Any, sig: Any, args: Any, vector: Any) -> Any:
    """Pointer to the vector that starts at element args[1] of array args[0]."""
    array = context.make_array(sig.args[0])(context, builder, args[0])
    index = context.cast(builder, args[1], sig.args[1], types.uintp)
    return builder.bitcast(builder.gep(array.data, [index]), vector.as_pointer())


@intrinsic
def lanes(typing: Any, array: Any) -> Any:
    """Lanes of a vector, or of the vectors of an array."""
    count = VECTOR_BYTES * 8 // array.dtype.bitwidth

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(ir.IntType(64), count)

    return types.int64(array), generate


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Read a vector from a contiguous array (n,), from element `index` on."""
    vector = VectorType(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address = _address(context, builder, sig, args, context.get_value_type(vector))
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return vector(array, index), generate


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Write a vector into a contiguous array (n,), from element `index` on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address = _address(context, builder, sig, args, args[2].type)
        builder.store(args[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, index, value), generate


def _masked(builder: Any, name: str, vector: Any, result: Any, arguments: list[Any]) -> Any:
    suffix = "f32" if isinstance(vector.element, ir.FloatType) else "f64"
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(
        builder.module, kind, f"llvm.masked.{name}.v{vector.count}{suffix}"
    )
    return builder.call(function, arguments)


@intrinsic
def compress_store(typing: Any, array: Any, index: Any, value: Any, mask: Any) -> Any:
    """Write the lanes that `mask` keeps, side by side, from element `index` on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = args[2].type
        address = _address(context, builder, sig, args, vector)
        first = builder.bitcast(address, vector.element.as_pointer())
        _masked(builder, "compressstore", vector, ir.VoidType(), [args[2], first, args[3]])
        return context.get_dummy_value()

    return types.void(array, index, value, mask), generate


@intrinsic
def expand_load(typing: Any, array: Any, index: Any, mask: Any) -> Any:
    """Read what `compress_store` wrote back into its lanes; zero in the others."""
    result = VectorType(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = context.get_value_type(result)
        address = _address(context, builder, sig, args, vector)
        first = builder.bitcast(address, vector.element.as_pointer())
        zero = ir.Constant(vector, [0.0] * vector.count)
        return _masked(builder, "expandload", vector, vector, [first, args[2], zero])

    return result(array, index, mask), generate


@intrinsic
def mask_bits(typing: Any, mask: Any) -> Any:
    """Write a mask as an integer, lane k as bit k."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(mask.lanes)), ir.IntType(64))

    return types.int64(mask), generate


@intrinsic
def mask_of_bits(typing: Any, array: Any, bits: Any) -> Any:
    """Read a mask for vectors of this array's type from an integer."""
    mask = MaskType(VECTOR_BYTES * 8 // array.dtype.bitwidth)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        narrow = builder.trunc(args[1], ir.IntType(mask.lanes))
        return builder.bitcast(narrow, context.get_value_type(mask))

    return mask(array, types.int64), generate


@intrinsic
def count(typing: Any, mask: Any) -> Any:
    """Count the lanes that a mask keeps."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(mask.lanes))
        return builder.zext(builder.ctpop(bits), ir.IntType(64))

    return types.int64(mask), generate


@intrinsic
def filled(typing: Any, array: Any, value: Any) -> Any:
    """Put a number into all lanes of a vector of this array's type."""
    vector = VectorType(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _as_vector(context, builder, args[1], sig.args[1], vector)

    return vector(array, value), generate


@intrinsic
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, fused where the processor can; scalars go into all lanes."""
    vector = next(x for x in (a, b, c) if isinstance(x, VectorType))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values = [
            _as_vector(context, builder, value, given, vector)
            for value, given in zip(args, sig.args, strict=True)
        ]
        return builder.call(_intrinsic(builder, "fmuladd", values[0].type, 3), values)

    return vector(*(_operand(x, vector) for x in (a, b, c))), generate


def _halves(builder: Any, value: Any) -> Any:
    n = value.type.count
    parts = []
    for first in (0, n // 2):
        indices = ir.Constant(ir.VectorType(_INT32, n // 2), list(range(first, first + n // 2)))
        parts.append(builder.shuffle_vector(value, value, indices))
    return parts


def _estimate(context: Any, builder: Any, value: Any) -> Any | None:
    """Return the processor's estimate of 1/√x for float32 lanes; None if it has none."""
    features = set(context.codegen()._tm_features.split(","))
    for feature, name, width in (
        ("+avx512f", "avx512.rsqrt14.ps.512", 16),
        ("+avx", "avx.rsqrt.ps.256", 8),
        ("+sse", "sse.rsqrt.ps", 4),
    ):
        if feature in features:
            return _in_pieces(builder, f"llvm.x86.{name}", value, width)
    return None


def _in_pieces(builder: Any, name: str, value: Any, width: int) -> Any:
    """Call a function of `width` lanes on each part of a longer vector."""
    if value.type.count > width:
        halves = [_in_pieces(builder, name, half, width) for half in _halves(builder, value)]
        order = ir.Constant(ir.VectorType(_INT32, value.type.count), list(range(value.type.count)))
        return builder.shuffle_vector(*halves, order)
    if value.type.count < width:
        n = value.type.count
        wide = ir.Constant(ir.VectorType(_INT32, 2 * n), [*range(n), *range(n)])
        doubled = builder.shuffle_vector(value, value, wide)
        whole = _in_pieces(builder, name, doubled, width)
        narrow = ir.Constant(ir.VectorType(_INT32, n), list(range(n)))
        return builder.shuffle_vector(whole, whole, narrow)
    arguments = [value]
    if "avx512" in name:
        zero = ir.Constant(value.type, [0.0] * width)
        arguments += [zero, ir.Constant(ir.IntType(width), -1)]
    kind = ir.FunctionType(value.type, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _newton(builder: Any, value: Any, guess: Any) -> Any:
    """Refine a guess y of 1/√x: y (3/2 - x y²/2)."""
    vector = value.type
    fused = _intrinsic(builder, "fmuladd", vector, 3)
    half = builder.fmul(value, _spread(builder, ir.Constant(vector.element, -0.5), vector))
    threehalves = _spread(builder, ir.Constant(vector.element, 1.5), vector)
    factor = builder.call(fused, [builder.fmul(half, guess), guess, threehalves])
    return builder.fmul(guess, factor)


@intrinsic
def inverse_sqrt(typing: Any, x: Any) -> Any:
    """1/√x: in float32 to 4 ulp, in float64 by two Newton steps from there, to 1e-15.

    From the processor's estimate by a Newton step.  Written out, because LLVM finds the estimate
    in one kernel and not in another, and forces would depend on whether energies are wanted.
    x within float32's range.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = args[0]
        single = isinstance(value.type.element, ir.FloatType)
        narrow = ir.VectorType(ir.FloatType(), value.type.count)
        start = value if single else builder.fptrunc(value, narrow)
        guess = _estimate(context, builder, start)
        if guess is None:
            root = builder.call(_intrinsic(builder, "sqrt", narrow, 1), [start])
            guess = builder.fdiv(_spread(builder, ir.Constant(ir.FloatType(), 1.0), narrow), root)
        else:
            guess = _newton(builder, start, guess)
        if single:
            return guess
        wide = builder.fpext(guess, value.type)
        return _newton(builder, value, _newton(builder, value, wide))

    return x(x), generate


@intrinsic
def maximum(typing: Any, a: Any, b: Any) -> Any:
    """Take the larger in each lane; b, a vector or a number, where a is NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        other = _as_vector(context, builder, args[1], sig.args[1], a)
        return builder.select(builder.fcmp_ordered(">", args[0], other), args[0], other)

    return a(a, _operand(b, a)), generate


@intrinsic
def minimum(typing: Any, a: Any, b: Any) -> Any:
    """Take the smaller in each lane; b, a vector or a number, where a is NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        other = _as_vector(context, builder, args[1], sig.args[1], a)
        return builder.select(builder.fcmp_ordered("<", args[0], other), args[0], other)

    return a(a, _operand(b, a)), generate


@intrinsic
def select(typing: Any, mask: Any, a: Any, b: Any) -> Any:
    """Take a where the mask is set and b elsewhere; either may be a number."""
    vector = next(x for x in (a, b) if isinstance(x, VectorType))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y = (
            _as_vector(context, builder, value, given, vector)
            for value, given in zip(args[1:], sig.args[1:], strict=True)
        )
        return builder.select(args[0], x, y)

    return vector(mask, _operand(a, vector), _operand(b, vector)), generate


@intrinsic
def times_power_of_two(typing: Any, value: Any, shifted: Any) -> Any:
    """value·2ᵏ, where `shifted` is k + 1.5·2^m and m the number of mantissa bits.

    The sum left k in the lowest bits of the mantissa; they are added to the exponent.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = value.dtype.bitwidth
        whole = ir.VectorType(ir.IntType(bits), value.lanes)
        mantissa = ir.Constant(whole, [23 if bits == 32 else 52] * value.lanes)
        k = builder.shl(builder.bitcast(args[1], whole), mantissa)
        return builder.bitcast(builder.add(builder.bitcast(args[0], whole), k), args[0].type)

    return value(value, shifted), generate


@intrinsic
def total(typing: Any, value: Any) -> Any:
    """Sum of all lanes, halves first."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rest = args[0]
        while rest.type.count > 1:
            rest = builder.fadd(*_halves(builder, rest))
        return builder.extract_element(rest, ir.Constant(_INT32, 0))

    return value.dtype(value), generate


def _extreme(sign: str) -> Any:
    def define(typing: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            rest = args[0]
            while rest.type.count > 1:
                low, high = _halves(builder, rest)
                rest = builder.select(builder.fcmp_ordered(sign, low, high), low, high)
            return builder.extract_element(rest, ir.Constant(_INT32, 0))

        return value.dtype(value), generate

    return define


smallest = intrinsic(_extreme("<"))
"""Smallest of all lanes."""
largest = intrinsic(_extreme(">"))
"""Largest of all lanes."""

assert not nb.config.DISABLE_JIT  # noqa: S101 - without compilation `plain` is used

"""`Ops`: operations on one element type, a float or a vector of floats, written into an LLVM block.

No operation carries a flag, also where the function around it is compiled with some: nothing is fused that is not fused here, signs of
zeros, NaN and infinities are kept, and nothing is reassociated.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from llvmlite import ir

FLAGS = ()
Number = int | float | Fraction


class Ops:
    """Operations on `lanes` numbers of `dtype` at once; one lane is a plain float, not a vector.

    `fused` tells whether the processor has a fused multiply-add; without it `fma` rounds twice.
    """

    def __init__(self, builder: ir.IRBuilder, dtype: str, lanes: int = 1, fused: bool = True) -> None:
        self.builder, self.dtype, self.lanes, self.fused = builder, dtype, lanes, fused
        self.double = dtype == "float64"
        self.element = ir.DoubleType() if self.double else ir.FloatType()
        self.whole = ir.IntType(64 if self.double else 32)
        self.type = self._wide(self.element)
        self.integers = self._wide(self.whole)
        self.fraction_bits = 52 if self.double else 23
        self.bias = 1023 if self.double else 127

    @classmethod
    def of(cls, builder: ir.IRBuilder, type: ir.Type, fused: bool = True) -> Ops:
        """The operations of a type: float, double, or a vector of one of them."""
        lanes, element = (type.count, type.element) if isinstance(type, ir.VectorType) else (0, type)
        made = cls(builder, "float64" if element == ir.DoubleType() else "float32", max(lanes, 1), fused)
        made.type, made.integers = type, ir.VectorType(made.whole, lanes) if lanes else made.whole
        return made

    def _wide(self, element: ir.Type) -> ir.Type:
        return ir.VectorType(element, self.lanes) if self.lanes > 1 else element

    def _constant(self, type: ir.Type, value: int | float) -> ir.Constant:
        element = type.element if isinstance(type, ir.VectorType) else type
        single = ir.Constant(element, value)
        return ir.Constant(type, [single] * type.count) if isinstance(type, ir.VectorType) else single

    @property
    def label(self) -> str:
        """The type in names of functions, as LLVM spells it there."""
        return f"{f'v{self.type.count}' if isinstance(self.type, ir.VectorType) else ''}{'f64' if self.double else 'f32'}"

    # ---- other widths
    def wider(self) -> Ops:
        """Operations on as many doubles."""
        wide = ir.DoubleType()
        return Ops.of(self.builder, ir.VectorType(wide, self.type.count) if isinstance(self.type, ir.VectorType) else wide, self.fused)

    def widened(self, x: ir.Value) -> ir.Value:
        """float32 as numbers of this type."""
        return self.builder.fpext(x, self.type)

    def narrowed(self, x: ir.Value, to: Ops) -> ir.Value:
        """Numbers of this type rounded to float32."""
        return self.builder.fptrunc(x, to.type)

    # ---- constants
    def const(self, value: Number) -> ir.Constant:
        """A number in all lanes, rounded to the type."""
        return self._constant(self.type, float(value))

    def integer(self, value: int) -> ir.Constant:
        """An integer of the width of the floats, in all lanes."""
        return self._constant(self.integers, value)

    def splat(self, scalar: ir.Value) -> ir.Value:
        """A scalar in all lanes."""
        if not isinstance(self.type, ir.VectorType):
            return scalar
        start = self.builder.insert_element(ir.Constant(self.type, ir.Undefined), scalar, ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.type.count), [ir.IntType(32)(0)] * self.type.count)
        return self.builder.shuffle_vector(start, ir.Constant(self.type, ir.Undefined), mask)

    def real(self, n: ir.Value) -> ir.Value:
        """An integer scalar as a float in all lanes."""
        return self.splat(self.builder.sitofp(n, self.element))

    # ---- arithmetic
    def add(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.fadd(x, y, flags=FLAGS)

    def sub(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.fsub(x, y, flags=FLAGS)

    def mul(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.fmul(x, y, flags=FLAGS)

    def div(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.fdiv(x, y, flags=FLAGS)

    def neg(self, x: ir.Value) -> ir.Value:
        return self.builder.fneg(x, flags=FLAGS)

    def fma(self, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
        """x*y + z, rounded once where the processor can."""
        return self.call("fma", x, y, z) if self.fused else self.add(self.mul(x, y), z)

    def residual(self, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
        """z - x*y for an x*y near z: exact with a fused operation, else by halves of the factors."""
        if self.fused:
            return self.fma(self.neg(x), y, z)
        (a, a_), (c, c_) = self.halves(x), self.halves(y)
        rest = self.sub(self.sub(self.sub(z, self.mul(a, c)), self.mul(a, c_)), self.mul(a_, c))
        return self.sub(rest, self.mul(a_, c_))

    def halves(self, x: ir.Value) -> tuple[ir.Value, ir.Value]:
        """x as a sum of two numbers whose products with such numbers are exact: the upper bits, and the rest."""
        upper = self.from_bits(self.builder.and_(self.bits(x), self.integer(-1 << (27 if self.double else 12))))
        return upper, self.sub(x, upper)

    def exact_sum(self, x: ir.Value, y: ir.Value) -> tuple[ir.Value, ir.Value]:
        """x + y rounded, and what rounding took, for all x and y."""
        total = self.add(x, y)
        second = self.sub(total, x)
        return total, self.add(self.sub(x, self.sub(total, second)), self.sub(y, second))

    def ordered_sum(self, x: ir.Value, y: ir.Value) -> tuple[ir.Value, ir.Value]:
        """x + y rounded, and what rounding took, where |x| >= |y| or x is 0."""
        total = self.add(x, y)
        return total, self.add(self.sub(x, total), y)

    def exact_product(self, x: ir.Value, y: ir.Value) -> tuple[ir.Value, ir.Value]:
        """x*y rounded, and what rounding took."""
        product = self.mul(x, y)
        return product, self.neg(self.residual(x, y, product))

    def polynomial(self, x: ir.Value, coefficients: Sequence[Number]) -> ir.Value:
        """The sum of coefficients[k] x^k, by Horner's rule."""
        total = self.const(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            total = self.fma(total, x, self.const(coefficient))
        return total

    def call(self, name: str, *arguments: ir.Value) -> ir.Value:
        """An LLVM intrinsic from the type to itself; on vectors without an instruction for it LLVM goes lane by lane."""
        full = f"llvm.{name}.{self.label}"
        module = self.builder.module
        function = module.globals.get(full) or ir.Function(module, ir.FunctionType(self.type, [self.type] * len(arguments)), full)
        return self.builder.call(function, arguments, fastmath=FLAGS)

    # ---- comparison and choice
    def less(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """x < y; false where one is NaN, as are the three that follow."""
        return self.builder.fcmp_ordered("<", x, y)

    def at_most(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.fcmp_ordered("<=", x, y)

    def same(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.fcmp_ordered("==", x, y)

    def ordered(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """Neither is NaN."""
        return self.builder.fcmp_ordered("ord", x, y)

    def either(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.or_(x, y)

    def both(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.builder.and_(x, y)

    def select(self, condition: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
        """x where the condition holds, else y."""
        return self.builder.select(condition, x, y)

    def clamp(self, x: ir.Value, low: Number, high: Number) -> ir.Value:
        """x moved into an interval; NaN stays NaN."""
        high_, low_ = self.const(high), self.const(low)
        x = self.select(self.less(high_, x), high_, x)
        return self.select(self.less(x, low_), low_, x)

    # ---- bits
    def bits(self, x: ir.Value) -> ir.Value:
        return self.builder.bitcast(x, self.integers)

    def from_bits(self, n: ir.Value) -> ir.Value:
        return self.builder.bitcast(n, self.type)

    def absolute(self, x: ir.Value) -> ir.Value:
        """|x|, by its bits."""
        return self.from_bits(self.builder.and_(self.bits(x), self.integer((1 << (self.whole.width - 1)) - 1)))

    def with_sign(self, x: ir.Value, y: ir.Value) -> ir.Value:
        """The non-negative x with the sign of y."""
        sign = self.builder.and_(self.bits(y), self.integer(-1 << (self.whole.width - 1)))
        return self.from_bits(self.builder.or_(self.bits(x), sign))

    def nearest(self, x: ir.Value) -> tuple[ir.Value, ir.Value]:
        """The nearest integer of a small x, as a float and as an integer: the lowest bits of x + 1.5 * 2^fraction."""
        shift = self.const(1.5 * 2.0**self.fraction_bits)
        moved = self.add(x, shift)
        return self.sub(moved, shift), self.builder.sub(self.bits(moved), self.bits(shift))

    def small_real(self, n: ir.Value) -> ir.Value:
        """Small integers of the width of the floats as floats, exactly; also where there is no instruction for it."""
        if not self.double:
            return self.builder.sitofp(n, self.type)
        shift = self.const(1.5 * 2.0**self.fraction_bits)
        return self.sub(self.from_bits(self.builder.add(n, self.bits(shift))), shift)

    def two_to(self, n: ir.Value) -> ir.Value:
        """2^n for integers n of normal powers."""
        return self.from_bits(self.builder.shl(self.builder.add(n, self.integer(self.bias)), self.integer(self.fraction_bits)))

    def scaled(self, x: ir.Value, n: ir.Value) -> ir.Value:
        """x * 2^n, in two factors: gradual underflow, and overflow to infinity."""
        half = self.builder.ashr(n, self.integer(1))
        return self.mul(self.mul(x, self.two_to(half)), self.two_to(self.builder.sub(n, half)))

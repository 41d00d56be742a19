"""Arrays and C functions by their addresses: what a callback knows is one address, and all else is found from there.

A table (n, 6) int64 holds a row for each array: its address and up to five lengths. Views are contiguous, as the
arrays must be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from soundscape.compiled import kernel


def _at(kind: Any) -> Any:
    """An intrinsic that makes a pointer to `kind` of an address."""

    @intrinsic  # type: ignore[untyped-decorator]
    def pointer(typing_context: Any, address: Any) -> Any:
        def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(kind)(types.int64), generated

    return pointer


float32_at, float64_at, int64_at, uint8_at = (
    _at(kind) for kind in (types.float32, types.float64, types.int64, types.uint8)
)


@intrinsic  # type: ignore[untyped-decorator]
def fence(typing_context: Any) -> Any:
    """What was written before is seen by others before what is written after: processors may reorder else."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generated


@intrinsic  # type: ignore[untyped-decorator]
def call(typing_context: Any, function: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Call a C function by its address, with up to four integers or pointers; what it gives is one."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = ir.IntType(64)
        pointer = builder.inttoptr(arguments[0], ir.FunctionType(number, [number] * 4).as_pointer())
        return builder.call(pointer, arguments[1:])

    return types.int64(*(types.int64,) * 5), generated


@kernel
def line32(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a,) float32."""
    return carray(float32_at(table[n, 0]), (table[n, 1],), np.float32)


@kernel
def sheet32(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b) float32."""
    return carray(float32_at(table[n, 0]), (table[n, 1], table[n, 2]), np.float32)


@kernel
def box32(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b, c) float32."""
    return carray(float32_at(table[n, 0]), (table[n, 1], table[n, 2], table[n, 3]), np.float32)


@kernel
def stack32(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b, c, d) float32."""
    return carray(float32_at(table[n, 0]), (table[n, 1], table[n, 2], table[n, 3], table[n, 4]), np.float32)


@kernel
def bank32(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b, c, d, e) float32."""
    shape = (table[n, 1], table[n, 2], table[n, 3], table[n, 4], table[n, 5])
    return carray(float32_at(table[n, 0]), shape, np.float32)


@kernel
def line64(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a,) float64."""
    return carray(float64_at(table[n, 0]), (table[n, 1],), np.float64)


@kernel
def sheet64(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b) float64."""
    return carray(float64_at(table[n, 0]), (table[n, 1], table[n, 2]), np.float64)


@kernel
def box64(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b, c) float64."""
    return carray(float64_at(table[n, 0]), (table[n, 1], table[n, 2], table[n, 3]), np.float64)


@kernel
def whole_line(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a,) int64."""
    return carray(int64_at(table[n, 0]), (table[n, 1],), np.int64)


@kernel
def whole_sheet(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a, b) int64."""
    return carray(int64_at(table[n, 0]), (table[n, 1], table[n, 2]), np.int64)


@kernel
def bytes_of(table, n):  # type: ignore[no-untyped-def]
    """Row `n` of the table as (a,) uint8."""
    return carray(uint8_at(table[n, 0]), (table[n, 1],), np.uint8)

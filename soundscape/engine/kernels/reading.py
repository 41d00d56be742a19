"""From sources in memory to the arena: what the mix will read next, for all voices in one call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from soundscape.compiled import kernel

ADDRESS, STRIDE, LENGTH, OFFSET, PLACE, RING, FIRST, LAST, FILLED, N_COLUMNS = range(10)
"""Columns of a source: address of its first sample (0: not one that can be read here), samples from one frame to the
next, its frames, what is added to a frame of the axis to have one of the source, place in the arena, length of its ring
there (0: none), frames of the axis that it is held from and up to, and up to which it is there."""


NEVER = 1 << 62


@intrinsic  # type: ignore[untyped-decorator]
def _samples_at(typing_context: Any, address: Any) -> Any:
    """Pointer to the float32 at an address."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.CPointer(types.float32)(types.int64), generated


@kernel
def bring(until, least, now, aside, order, sources, dry, arena):  # type: ignore[no-untyped-def]
    """Fill the arena as far ahead as it holds, for sources that do not last to frame `until`, or have `least` missing.

    order     (n,) int64: slots
    sources   (n_slots, N_COLUMNS) int64
    dry       (1,) int64: frame up to which all sources last now
    arena     (n,) float32; the first frames of a ring stand behind its last once more
    """
    dry[0] = NEVER
    for n in range(order.size):
        slot = order[n]
        address, ring, filled = sources[slot, ADDRESS], sources[slot, RING], sources[slot, FILLED]
        first, last, hold = sources[slot, FIRST], sources[slot, LAST], sources[slot, LAST]
        if address == 0 or filled >= last:
            continue
        if ring > 0:
            hold = min(last, max(now - aside, first) + ring)
        if filled >= min(until + aside, last) and hold - filled < least:
            dry[0] = min(dry[0], filled - aside)
            continue
        stride, length = sources[slot, STRIDE], sources[slot, LENGTH]
        samples = carray(_samples_at(address), (length * stride,), np.float32)
        while filled < hold:
            at = filled - first
            count = hold - filled
            if ring > 0:
                at %= ring
                count = min(count, ring - at)
            place = np.uint64(sources[slot, PLACE] + at)
            begin = filled + sources[slot, OFFSET]
            low, high = min(max(0, -begin), count), max(0, min(count, length - begin))
            for k in range(np.uint64(min(low, count))):
                arena[place + k] = 0.0
            for k in range(np.uint64(max(high, low)), np.uint64(count)):
                arena[place + k] = 0.0
            if high > low:
                step, to, source = np.uint64(stride), place + np.uint64(low), np.uint64((begin + low) * stride)
                if stride == 1:
                    for k in range(np.uint64(high - low)):
                        arena[to + k] = samples[source + k]
                else:
                    for k in range(np.uint64(high - low)):
                        arena[to + k] = samples[source + k * step]
            if ring > 0 and at < 32:
                for k in range(np.uint64(min(count, 32 - at))):
                    arena[place + np.uint64(ring) + k] = arena[place + k]
            filled += count
        sources[slot, FILLED] = filled
        if filled < last:
            dry[0] = min(dry[0], filled - aside)

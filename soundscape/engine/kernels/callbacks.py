"""The engine's body as C functions: what a device is given to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import carray, cfunc, types

from soundscape.compiled import kernel
from soundscape.engine.kernels.body import (
    AIRS,
    ARENA,
    AROUND,
    AUDIO_PORTS,
    BLOCK,
    BUS,
    CALLS,
    CAUGHT_UP,
    CHANNELS,
    CLEAR_OUT,
    CLOCK,
    DELIVERED,
    EVENT_COUNT,
    EVENT_GET,
    FREEWHEELS,
    GAINS,
    IS_DENSE,
    KNOWN,
    LEVELS,
    MIDI,
    MIDI_BYTES,
    MIDI_EVENT,
    MIDI_FILLED,
    MIDI_LOST,
    MIDI_OUT,
    MIDI_PORTS,
    MIDI_READ,
    MIDI_WRITTEN,
    MIX_ROWS,
    MOST_QUANTA,
    N_ORDER,
    N_TABLE,
    N_UNDERFLOWS,
    ORDER,
    OUT_PORTS,
    OUT_READ,
    OUT_ROW,
    OUT_WRITTEN,
    PLACES,
    PORT_BUFFER,
    PROCESS,
    RAMP,
    READS,
    SINC,
    SPEEDS,
    STAGE,
    STATE,
    USLEEP,
    VOICES,
    WRITE_OUT,
    give_back,
    process,
    reach,
)
from soundscape.engine.kernels.leaving import leave
from soundscape.engine.kernels.memory import (
    box32,
    bytes_of,
    call,
    fence,
    float32_at,
    int64_at,
    line32,
    line64,
    sheet32,
    uint8_at,
    whole_line,
    whole_sheet,
)
from soundscape.engine.kernels.mixing import mix

OUTPUT_UNDERFLOW = 4
"""PortAudio's flag: nothing was ready when the device wanted it."""

NAP_US, MOST_NAPS = 20, 50_000
"""Whether it has caught up is looked at so often, for some seconds at most: JACK waits ten for a client."""


def _callback(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a C function, kept on disk where that can be."""

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return cfunc(signature, cache=True, error_model="numpy")(function)
        except RuntimeError:
            return cfunc(signature, error_model="numpy")(function)

    return compiled


@kernel
def _keep_pace(state, calls):  # type: ignore[no-untyped-def]
    """Where the server runs free of any clock, wait for whoever gives the commands: it has no other time to keep."""
    n_naps = 0
    while state[FREEWHEELS] != 0 and state[CAUGHT_UP] < state[DELIVERED] and n_naps < MOST_NAPS:
        if calls[USLEEP] == 0:
            return
        call(calls[USLEEP], NAP_US, 0, 0, 0)
        fence()
        n_naps += 1


@kernel
def _hear(table, state, calls, n_frames):  # type: ignore[no-untyped-def]
    """Copy what came in by every MIDI port, stamped with its frame."""
    ports, events, kept = whole_line(table, MIDI_PORTS), whole_sheet(table, MIDI), bytes_of(table, MIDI_BYTES)
    event = whole_line(table, MIDI_EVENT)
    for port in range(ports.size):
        if ports[port] == 0:
            continue
        buffer = call(calls[PORT_BUFFER], ports[port], n_frames, 0, 0)
        count = call(calls[EVENT_COUNT], buffer, 0, 0, 0) & 0xFFFFFFFF
        for n in range(count):
            if call(calls[EVENT_GET], table[MIDI_EVENT, 0], buffer, n, 0) & 0xFFFFFFFF:
                continue
            at, size = state[MIDI_WRITTEN], event[1]
            # A reader that is behind by all bytes there is room for is behind by the events too.
            if at - state[MIDI_READ] >= events.shape[0] or size > kept.size // 4:
                state[MIDI_LOST] += 1
                continue
            raw = carray(uint8_at(event[2]), (size,), np.uint8)
            first = state[MIDI_FILLED]
            for k in range(size):
                kept[(first + k) % kept.size] = raw[k]
            row = at % events.shape[0]
            events[row, 0] = state[DELIVERED] + (event[0] & 0xFFFFFFFF)
            events[row, 1], events[row, 2], events[row, 3] = port, first, size
            state[MIDI_FILLED] = first + size
            fence()
            state[MIDI_WRITTEN] = at + 1


@kernel
def _answer(table, state, calls, n_frames):  # type: ignore[no-untyped-def]
    """Send what is waiting for the MIDI ports out: rows (port, size, message)."""
    ports, waiting = whole_line(table, OUT_PORTS), bytes_of(table, MIDI_OUT)
    for port in range(ports.size):
        if ports[port] != 0:
            call(calls[CLEAR_OUT], call(calls[PORT_BUFFER], ports[port], n_frames, 0, 0), 0, 0, 0)
    written = state[OUT_WRITTEN]
    fence()
    while state[OUT_READ] < written:
        at = OUT_ROW * (state[OUT_READ] % (waiting.size // OUT_ROW))
        to, size = np.int64(waiting[at]), np.int64(waiting[at + 1])
        if to < ports.size and ports[to] != 0:
            buffer = call(calls[PORT_BUFFER], ports[to], n_frames, 0, 0)
            call(calls[WRITE_OUT], buffer, 0, table[MIDI_OUT, 0] + at + 2, size)
        fence()
        state[OUT_READ] += 1


@_callback(types.int64(*(types.int64,) * 4))
def stretch(address: int, first: int, n_quanta: int, _unused: int) -> int:
    """Mix, room, loudspeakers, limiter: so many quanta to `BLOCK`; 1 where something in it was no number.

    A function of its own, called by its address: what surrounds it would have the compiler go through all of it again.
    """
    table = carray(int64_at(address), (N_TABLE, 6), np.int64)
    state, known = whole_line(table, STATE), whole_line(table, KNOWN)
    bus = box32(table, BUS)[:n_quanta]
    mix(state[CLOCK] // 64, n_quanta, whole_line(table, ORDER)[: state[N_ORDER]], whole_sheet(table, VOICES),
        line32(table, ARENA), sheet32(table, GAINS), line64(table, PLACES), line64(table, SPEEDS),
        sheet32(table, AIRS), sheet32(table, LEVELS), sheet32(table, SINC), line32(table, RAMP),
        known[IS_DENSE] != 0, whole_sheet(table, READS), sheet32(table, STAGE), line32(table, AROUND),
        whole_line(table, MIX_ROWS), bus)  # fmt: skip
    give_back(table, bus)
    reach(table, bus, box32(table, CHANNELS)[:n_quanta])
    is_poisoned: Any = leave(table, state, n_quanta, sheet32(table, BLOCK)[first : first + 64 * n_quanta])
    return 1 if is_poisoned else 0


@_callback(types.int64(types.int64, types.int64))
def plain(address: int, n_frames: int) -> int:
    """Whoever pulls by himself: the frames are in `BLOCK` after it."""
    process(carray(int64_at(address), (N_TABLE, 6), np.int64), n_frames)
    return 0


@_callback(types.int32(types.uint32, types.voidptr))
def for_jack(n_frames: int, memory: Any) -> int:
    """JACK's process callback: MIDI in, then frames to one port for each channel, then MIDI out."""
    table = carray(memory, (N_TABLE, 6), np.int64)
    state, calls, block = whole_line(table, STATE), whole_line(table, CALLS), sheet32(table, BLOCK)
    ports, known = whole_line(table, AUDIO_PORTS), whole_line(table, KNOWN)
    n = np.int64(n_frames)
    _keep_pace(state, calls)
    _hear(table, state, calls, n)
    is_playable = n <= known[MOST_QUANTA] * 64
    if is_playable:
        call(calls[PROCESS], table.ctypes.data, n, 0, 0)
    for channel in range(ports.size):
        if ports[channel] == 0:
            continue
        out = carray(float32_at(call(calls[PORT_BUFFER], ports[channel], n, 0, 0)), (n,), np.float32)
        if is_playable and channel < block.shape[1]:
            for k in range(n):
                out[k] = block[k, channel]
        else:
            out[:] = 0.0
    _answer(table, state, calls, n)
    return 0


@_callback(types.int32(types.voidptr, types.voidptr, types.uint64, types.voidptr, types.uint64, types.voidptr))
def for_portaudio(_heard: Any, out: Any, n_frames: int, _times: Any, flags: int, memory: Any) -> int:
    """PortAudio's stream callback: frames as they are, one after the other."""
    table = carray(memory, (N_TABLE, 6), np.int64)
    state, block, known = whole_line(table, STATE), sheet32(table, BLOCK), whole_line(table, KNOWN)
    n = np.int64(n_frames)
    played = carray(out, (n, block.shape[1]), np.float32)
    if n > known[MOST_QUANTA] * 64:
        played[:] = 0.0
        return 0
    if flags & OUTPUT_UNDERFLOW:
        state[N_UNDERFLOWS] += 1
    call(whole_line(table, CALLS)[PROCESS], table.ctypes.data, n, 0, 0)
    for k in range(n):
        for channel in range(block.shape[1]):
            played[k, channel] = block[k, channel]
    return 0

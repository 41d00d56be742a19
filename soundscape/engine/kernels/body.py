"""The whole engine as one compiled function: commands in, frames out. A device calls it; so does who renders a journal.

All it knows is a table of arrays (`soundscape.engine.kernels.memory`). Other threads give it commands and read its
receipts through rings, each with one writer and one reader. It waits for nobody and allocates nothing.
"""

from __future__ import annotations

import numpy as np

from soundscape.compiled import kernel
from soundscape.engine.kernels.convolving import convolve
from soundscape.engine.kernels.finishing import add_decoded, align, cross_over
from soundscape.engine.kernels.memory import (
    bank32,
    box32,
    box64,
    bytes_of,
    call,
    fence,
    line32,
    line64,
    sheet32,
    sheet64,
    stack32,
    whole_line,
    whole_sheet,
)
from soundscape.engine.kernels.mixing import FADE_IN, RELEASE, RELEASE_N, ROWS, START, STOP
from soundscape.engine.kernels.room import answer

(STATE, KNOWN, SCALARS, CALLS, TIME, COMMANDS, VALUES, RECEIPTS, VOICES, ORDER, INDICES, LASTS, ARENA, GAINS,
 PLACES, SPEEDS, AIRS, GROUPS, LEVELS, SINC, RAMP, READS, STAGE, AROUND, MIX_ROWS, BUS, CHANNELS, DECODER,
 PEAK_TABLE, LINE, BETWEEN, PEAKS, WANTED, RECENT, HELD, LIMITER, GAIN, PAST, READY, BLOCK, TAPE, METERS,
 WIPES, AUDIO_PORTS, CROSSING) = range(45)  # fmt: skip
ALIGNMENT = CROSSING + 5
ROOM = ALIGNMENT + 4
"""Of a room that is computed: fourteen rows. Of one that was measured: its matrix, what comes back, and then banks."""
ROOM_BANK = ROOM + 14
BANK = ROOM_BANK + 3 * 10
MIDI = BANK + 3 * 10
MIDI_BYTES, MIDI_PORTS, MIDI_EVENT, OUT_PORTS, MIDI_OUT = range(MIDI + 1, MIDI + 6)
N_TABLE = MIDI + 6
"""Rows of the table. A bank has up to three levels of ten arrays."""

(CLOCK, DELIVERED, N_READY, N_ORDER, COMMANDS_READ, COMMANDS_WRITTEN, RECEIPTS_READ, RECEIPTS_WRITTEN, RECEIPTS_LOST,
 GATE, WIPED_ROW, WIPED_BYTES, N_CALLS, SPENT_NS, WORST_NS, N_LATE, N_POISONED, MIDI_READ, MIDI_WRITTEN, MIDI_LOST,
 MIDI_FILLED, OUT_READ, OUT_WRITTEN, LONGEST_BLOCK, N_UNDERFLOWS, FREEWHEELS, CAUGHT_UP) = range(27)  # fmt: skip
N_STATE = 32
OUT_ROW = 64
"""Bytes of a row of `MIDI_OUT`: port, size, and the message."""

(N_BUS, N_CHANNELS, IS_DENSE, ROOM_KIND, FINISH_KIND, CROSSES, ALIGNS, MOST_QUANTA, RATE_HZ, SEND, N_ROOM_LEVELS,
 N_LEVELS) = range(12)  # fmt: skip
ROOM_IS_AHEAD, IS_AHEAD, N_KNOWN = 12, 15, 18
"""What does not change; three rows each for the levels of both banks."""
NO_ROOM, COMPUTED, MEASURED = range(3)
STRAIGHT, BY_MATRIX, BY_BANK = range(3)

DULLING, CEILING, REACH, RELEASE_SHARE, HIGHEST, MAKE_UP, N_SCALARS = range(7)
(CLOCK_GETTIME, SEM_POST, SEMAPHORE, PORT_BUFFER, EVENT_COUNT, EVENT_GET, CLEAR_OUT, WRITE_OUT,
 STRETCH, PROCESS, USLEEP, N_CALLABLE) = range(12)  # fmt: skip
MONOTONIC = 1

TO_START, TO_STOP, TO_LEVEL, TO_PANIC = range(1, 5)
"""Kinds of a command: (kind, slot or group, frame, frames, index); its value stands beside it."""
STARTED, STOPPED, LEVELLED, PANICKED, RAN_DRY, POISONED = range(1, 7)
"""Kinds of a receipt: (kind, slot or group, index, frame it took effect, frame it was taken, late frames)."""

OPEN, CLOSING, WIPING, OPENING = range(4)
WIPED_AT_ONCE = 1 << 17
"""Bytes that are wiped in a quantum: less than the time of the mix that does not happen."""
LATE_FADE = 64
MASTER = 1
"""Group of everything; 0 is the one that never moves."""
QUIET, FULL = np.float32(0.0), np.float32(1.0)
U64 = np.uint64(64)


@kernel
def _tell(table, state, kind, place, index, frame, late):  # type: ignore[no-untyped-def]
    """Write a receipt, or count it where nobody has read the last ones."""
    receipts = whole_sheet(table, RECEIPTS)
    at = state[RECEIPTS_WRITTEN]
    if at - state[RECEIPTS_READ] >= receipts.shape[0]:
        state[RECEIPTS_LOST] += 1
        return
    row = at % receipts.shape[0]
    receipts[row, 0], receipts[row, 1], receipts[row, 2] = kind, place, index
    receipts[row, 3], receipts[row, 4], receipts[row, 5] = frame, state[CLOCK], late
    fence()
    state[RECEIPTS_WRITTEN] = at + 1


@kernel
def _start(table, state, slot, index):  # type: ignore[no-untyped-def]
    """Let a voice in, in its place; one that comes late begins where it would have been by now."""
    voices, order, indices = whole_sheet(table, VOICES), whole_line(table, ORDER), whole_line(table, INDICES)
    now, start, stop = state[CLOCK], voices[slot, START], voices[slot, STOP]
    late = max(now - start, 0)
    if stop <= now:
        _tell(table, state, STARTED, slot, index, stop, late)
        return
    if late > 0:
        voices[slot, ROWS] += now // 512 - start // 512
        voices[slot, FADE_IN] = min(max(voices[slot, FADE_IN] - late, LATE_FADE), stop - now)
        voices[slot, START] = start = now
    indices[slot] = index
    at = state[N_ORDER]
    while at > 0:
        other = order[at - 1]
        if voices[other, START] < start or (voices[other, START] == start and indices[other] < index):
            break
        order[at] = other
        at -= 1
    order[at] = slot
    state[N_ORDER] += 1
    _tell(table, state, STARTED, slot, index, start, late)


@kernel
def _stop(table, state, slot, index, frame, n_frames):  # type: ignore[no-untyped-def]
    """Let a voice fade; one that is fading already goes no slower."""
    voices, indices = whole_sheet(table, VOICES), whole_line(table, INDICES)
    # A voice that has not begun fades as one that had begun before it would by now: nothing of it can click.
    begin = frame if voices[slot, START] >= state[CLOCK] else max(frame, state[CLOCK])
    if indices[slot] == index and voices[slot, RELEASE] + voices[slot, RELEASE_N] > begin + n_frames:
        voices[slot, RELEASE], voices[slot, RELEASE_N] = begin, n_frames
    _tell(table, state, STOPPED, slot, index, begin, begin - frame)


@kernel
def _level_at(groups, group, frame):  # type: ignore[no-untyped-def]
    since, length = frame - groups[group, 2], groups[group, 3]
    if since >= length:
        return groups[group, 1]
    return groups[group, 0] + (groups[group, 1] - groups[group, 0]) * (since / length)


@kernel
def _level(table, state, group, index, n_frames, value):  # type: ignore[no-untyped-def]
    """Let a level go to a value, straight, from what it is now."""
    groups = sheet64(table, GROUPS)
    groups[group, 0] = _level_at(groups, group, state[CLOCK])
    groups[group, 1], groups[group, 2], groups[group, 3] = value, state[CLOCK], n_frames
    _tell(table, state, LEVELLED, group, index, state[CLOCK], 0)


@kernel
def _take(table, state):  # type: ignore[no-untyped-def]
    """Do what was asked since the last time."""
    commands, values = whole_sheet(table, COMMANDS), line64(table, VALUES)
    written = state[COMMANDS_WRITTEN]
    fence()
    while state[COMMANDS_READ] < written:
        row = state[COMMANDS_READ] % commands.shape[0]
        kind, place, frame = commands[row, 0], commands[row, 1], commands[row, 2]
        n_frames, index = commands[row, 3], commands[row, 4]
        if kind == TO_START:
            _start(table, state, place, index)
        elif kind == TO_STOP:
            _stop(table, state, place, index, frame, n_frames)
        elif kind == TO_LEVEL:
            _level(table, state, place, index, n_frames, values[row])
        elif kind == TO_PANIC:
            if state[GATE] == OPEN or state[GATE] == OPENING:
                state[GATE] = CLOSING
            _tell(table, state, PANICKED, 0, index, state[CLOCK], 0)
        fence()
        state[COMMANDS_READ] += 1


@kernel
def _leave_out(table, state, until):  # type: ignore[no-untyped-def]
    """Forget voices that have sounded; let those fade whose source was not brought in time."""
    voices, order, lasts = whole_sheet(table, VOICES), whole_line(table, ORDER), whole_line(table, LASTS)
    indices = whole_line(table, INDICES)
    now, kept = state[CLOCK], 0
    for n in range(state[N_ORDER]):
        slot = order[n]
        end = min(voices[slot, STOP], voices[slot, RELEASE] + voices[slot, RELEASE_N])
        if end <= now:
            indices[slot] = -1
            continue
        last = lasts[slot]
        if voices[slot, START] < until and min(end, until) > last:
            voices[slot, RELEASE], voices[slot, RELEASE_N] = max(now, last), LATE_FADE
            _tell(table, state, RAN_DRY, slot, indices[slot], voices[slot, RELEASE], 0)
        order[kept] = slot
        kept += 1
    state[N_ORDER] = kept


@kernel
def _bank(table, first, n_levels, is_ahead, send, bus, out):  # type: ignore[no-untyped-def]
    known = whole_line(table, KNOWN)
    for n in range(n_levels):
        row = first + 10 * n
        convolve(bus, send, known[is_ahead + n], bank32(table, row), stack32(table, row + 1), sheet32(table, row + 2),
                 sheet32(table, row + 3), whole_line(table, row + 4), line32(table, row + 5), line32(table, row + 6),
                 sheet32(table, row + 7), sheet32(table, row + 8), box32(table, row + 9), out)  # fmt: skip


@kernel
def give_back(table, bus):  # type: ignore[no-untyped-def]
    """What the room gives back."""
    known = whole_line(table, KNOWN)
    if known[ROOM_KIND] == COMPUTED:
        answer(sheet32(table, ROOM), whole_line(table, ROOM + 1), line32(table, ROOM + 2), sheet64(table, ROOM + 3),
               sheet64(table, ROOM + 4), box64(table, ROOM + 5), sheet32(table, ROOM + 6),
               whole_sheet(table, ROOM + 7), sheet32(table, ROOM + 8), line64(table, SCALARS)[DULLING],
               whole_sheet(table, ROOM + 9), line32(table, ROOM + 10), sheet32(table, ROOM + 11),
               whole_line(table, ROOM + 12), sheet32(table, ROOM + 13), bus)  # fmt: skip
    elif known[ROOM_KIND] == MEASURED:
        out = box32(table, ROOM + 1)[: bus.shape[0]]
        out[:] = 0.0
        _bank(table, ROOM_BANK, known[N_ROOM_LEVELS], ROOM_IS_AHEAD, known[SEND], bus, out)
        add_decoded(out, sheet32(table, ROOM), bus)


@kernel
def reach(table, bus, channels):  # type: ignore[no-untyped-def]
    """From the bus to loudspeakers."""
    known = whole_line(table, KNOWN)
    if known[FINISH_KIND] == STRAIGHT:
        channels[:] = bus[:, : channels.shape[1]]
    else:
        channels[:] = 0.0
        if known[FINISH_KIND] == BY_MATRIX:
            add_decoded(bus, sheet32(table, DECODER), channels)
        else:
            _bank(table, BANK, known[N_LEVELS], IS_AHEAD, 0, bus, channels)
    if known[CROSSES]:
        cross_over(line32(table, CROSSING), whole_line(table, CROSSING + 1), box64(table, CROSSING + 2),
                   box64(table, CROSSING + 3), sheet64(table, CROSSING + 4), channels)  # fmt: skip
    if known[ALIGNS]:
        align(whole_line(table, ALIGNMENT), line32(table, ALIGNMENT + 1), sheet32(table, ALIGNMENT + 2),
              whole_line(table, ALIGNMENT + 3), channels)  # fmt: skip


@kernel
def _forget(table, state):  # type: ignore[no-untyped-def]
    """After the gate has closed: no voice sounds, and the limiter has heard nothing."""
    order, indices, recent = whole_line(table, ORDER), whole_line(table, INDICES), line64(table, RECENT)
    for n in range(state[N_ORDER]):
        indices[order[n]] = -1
    state[N_ORDER] = state[WIPED_ROW] = state[WIPED_BYTES] = 0
    sheet32(table, PAST)[:] = 0.0
    recent[:] = 1.0
    line64(table, HELD)[:] = 1.0
    limiter = line64(table, LIMITER)
    limiter[0], limiter[1], limiter[2], limiter[3] = 1.0, recent.size, 1.0, 0.0
    state[GATE] = WIPING


@kernel
def _wipe(table, state):  # type: ignore[no-untyped-def]
    """Put zeros into what holds sound, so much at a time that it takes no longer than a mix."""
    wipes, left = whole_sheet(table, WIPES), WIPED_AT_ONCE
    while state[WIPED_ROW] < wipes.shape[0] and left > 0:
        n_bytes = wipes[state[WIPED_ROW], 1]
        n = min(left, n_bytes - state[WIPED_BYTES])
        held = bytes_of(wipes, state[WIPED_ROW])
        held[state[WIPED_BYTES] : state[WIPED_BYTES] + n] = 0
        state[WIPED_BYTES] += n
        left -= n
        if state[WIPED_BYTES] >= n_bytes:
            state[WIPED_ROW] += 1
            state[WIPED_BYTES] = 0
    if state[WIPED_ROW] >= wipes.shape[0]:
        state[GATE] = OPENING


@kernel
def put_levels(table, now, n_quanta):  # type: ignore[no-untyped-def]
    """Gain of every group where each quantum begins and ends."""
    groups, levels = sheet64(table, GROUPS), sheet32(table, LEVELS)
    for group in range(groups.shape[0]):
        for q in range(n_quanta + 1):
            levels[group, q] = np.float32(_level_at(groups, group, now + 64 * q))


@kernel
def _advance(table, state, first, n_quanta):  # type: ignore[no-untyped-def]
    """The next quanta to the rows of `BLOCK` from `first` on, whatever the gate does."""
    calls, block = whole_line(table, CALLS), sheet32(table, BLOCK)
    at = 0
    while at < n_quanta:
        gate = state[GATE]
        if gate == WIPING:
            block[first + 64 * at : first + 64 * at + 64] = 0.0
            _wipe(table, state)
            state[CLOCK] += 64
            _leave_out(table, state, state[CLOCK])
            at += 1
            continue
        n = n_quanta - at if gate == OPEN else 1
        now = state[CLOCK]
        _leave_out(table, state, now + 64 * n)
        put_levels(table, now, n)
        is_poisoned = call(calls[STRETCH], table.ctypes.data, first + 64 * at, n, 0) != 0
        state[CLOCK] = now + 64 * n
        if is_poisoned:
            state[N_POISONED] += 1
            _tell(table, state, POISONED, 0, -1, now, 0)
        if gate == CLOSING or is_poisoned:
            _forget(table, state)
        elif gate == OPENING:
            state[GATE] = OPEN
        at += n


@kernel
def _nanoseconds(table):  # type: ignore[no-untyped-def]
    calls, time = whole_line(table, CALLS), whole_line(table, TIME)
    if calls[CLOCK_GETTIME] == 0:
        return 0
    call(calls[CLOCK_GETTIME], MONOTONIC, table[TIME, 0], 0, 0)
    return time[0] * 1_000_000_000 + time[1]


@kernel
def process(table, n_frames):  # type: ignore[no-untyped-def]
    """The next frames of a host's block, to the first rows of `BLOCK` (n, n_channels)."""
    state, known = whole_line(table, STATE), whole_line(table, KNOWN)
    began = _nanoseconds(table)
    _take(table, state)
    block, ready, most = sheet32(table, BLOCK), sheet32(table, READY), known[MOST_QUANTA]
    n = min(state[N_READY], n_frames)
    block[:n] = ready[64 - state[N_READY] : 64 - state[N_READY] + n]
    state[N_READY] -= n
    while n + 64 <= n_frames:
        n_quanta = min((n_frames - n) // 64, most)
        _advance(table, state, n, n_quanta)
        n += 64 * n_quanta
    if n < n_frames:
        _advance(table, state, n, 1)
        ready[:] = block[n : n + 64]
        state[N_READY] = 64 - (n_frames - n)
    tape, delivered = sheet32(table, TAPE), state[DELIVERED]
    at = delivered % tape.shape[0]
    n_first = min(n_frames, tape.shape[0] - at)
    tape[at : at + n_first] = block[:n_first]
    tape[: n_frames - n_first] = block[n_first:n_frames]
    fence()
    state[DELIVERED] = delivered + n_frames
    spent = _nanoseconds(table) - began
    state[SPENT_NS] += spent
    if state[FREEWHEELS] == 0:  # else nobody waits for it
        state[WORST_NS] = max(state[WORST_NS], spent)
        state[N_LATE] += spent > n_frames * 1_000_000_000 // known[RATE_HZ]
    state[LONGEST_BLOCK] = max(state[LONGEST_BLOCK], n_frames)
    fence()
    state[N_CALLS] += 1
    calls = whole_line(table, CALLS)
    if calls[SEM_POST] != 0:
        call(calls[SEM_POST], calls[SEMAPHORE], 0, 0, 0)

"""The engine as one compiled function with all it needs in memory: a device calls it, and who renders a journal.

Nothing here decides what sounds; `soundscape.engine.player` does. No device, no file and no clock are known.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundscape.engine.answer import MeasuredAnswer, answer_of
from soundscape.engine.convolution import FilterBank
from soundscape.engine.finish import TAPS, peak_reach, peak_table
from soundscape.engine.finishing import Finish
from soundscape.engine.interpolation import sinc_table
from soundscape.engine.kernels import STAGE, body
from soundscape.engine.reverb import Reverb
from soundscape.engine.slots import Slots
from soundscape.engine.voices import QUANTUM
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import ROOMS, Room
from soundscape.units import Samples, gain_of

MOST_FRAMES = 8192
"""Frames a host may ask for at once."""
N_COMMANDS = N_RECEIPTS = 4096
N_MIDI, N_MIDI_BYTES = 16_384, 1 << 18
N_PORTS, MOST_CHANNELS = 16, 64
LOOKAHEAD_FRAMES = 64
MARGIN = 0.977
"""-0.2 dB: a limiter that looks ahead for 1.3 ms alone moves its gain so fast that there are peaks between samples."""


@dataclass(frozen=True, slots=True)
class BodySettings:
    """How much a body may hold; all of it is allocated when it is made.

    `gain_db`: of everything, before the limiter: what brings a piece to its loudness. `ceiling_db`: dBTP that nothing
    goes above. `release_s`: time in which the limiter lets go. `tape_s`: how much of what was heard is kept for who
    records it.
    """

    max_voices: int = 1024
    arena_frames: int = 1 << 25
    gain_rows: int = 1 << 17
    ring_frames: int = 1 << 17
    n_groups: int = 64
    gain_db: float = 0.0
    ceiling_db: float = -1.0
    release_s: float = 0.1
    tape_s: float = 8.0

    def __post_init__(self) -> None:
        if not self.ceiling_db <= 0.0:
            raise ValueError(f"a ceiling is 0 dBTP or lower, got {self.ceiling_db}")
        if self.n_groups < 2 or not self.tape_s > 0.0 or not self.release_s > 0.0:
            raise ValueError(f"{self.n_groups} groups, {self.tape_s} s of tape, release in {self.release_s} s")


class Told(NamedTuple):
    """What became of a command, or what happened without one."""

    kind: int
    """One of `kernels.body`: STARTED, STOPPED, LEVELLED, PANICKED, RAN_DRY, POISONED."""
    place: int
    voice: int
    """Index of the voice; -1 where it was none."""
    frame: int
    """When it takes effect."""
    taken: int
    """Frame of the mix at which it was taken."""
    late_frames: int


class Load(NamedTuple):
    """What the callback has spent."""

    n_calls: int
    spent_ns: int
    worst_ns: int
    n_late: int
    """Calls that took longer than their frames last."""
    longest_block: int


class Body:
    """Memory of an engine, and the compiled function that plays it.

    Parameters
    ----------
    renderer
        Of up to 64 channels.
    rate_hz : > 0
    room
        None: no room.

    Raises
    ------
    ValueError
        If the layout has more channels than a device can have.
    """

    def __init__(self, renderer: Renderer, *, rate_hz: int = 48_000, room: Room | Response | None = None,
                 settings: BodySettings | None = None) -> None:  # fmt: skip
        given, place = settings or BodySettings(), ROOMS["none"] if room is None else room
        n_channels = renderer.layout.n_channels
        if n_channels > MOST_CHANNELS:
            raise ValueError(f"{renderer.layout.name} has {n_channels} channels; a device has {MOST_CHANNELS} at most")
        self.renderer, self.rate_hz, self.settings, self.n_channels = renderer, rate_hz, given, n_channels
        n_bus, most = renderer.n_bus + place.n_sends, MOST_FRAMES // QUANTUM
        self.slots = Slots(n_bus, batch_frames=MOST_FRAMES, max_voices=given.max_voices,
                           arena_frames=given.arena_frames, gain_rows=given.gain_rows, ring_frames=given.ring_frames,
                           grows=False, reads_in_place=False, fills_first=True)  # fmt: skip
        self._table = np.zeros((body.N_TABLE, 6), np.int64)
        self._kept: dict[int, NDArray[np.generic]] = {}
        self._lay_out(n_bus, most)
        self._room(place, most)
        self._loudspeakers(most)
        self._limiter()
        self._wipes()
        self.n_asked = 0
        """Commands since the body was made, sent or not."""
        self._touch()
        self._call = self._connect()

    def _lay_out(self, n_bus: int, most: int) -> None:
        given, slots, n_channels = self.settings, self.slots, self.n_channels
        self.state = np.zeros(body.N_STATE, np.int64)
        self.known = np.zeros(body.N_KNOWN, np.int64)
        self.known[[body.N_BUS, body.N_CHANNELS, body.IS_DENSE, body.MOST_QUANTA, body.RATE_HZ]] = (
            n_bus, n_channels, self.renderer.is_dense, most, self.rate_hz)  # fmt: skip
        self.scalars, self.calls = np.zeros(body.N_SCALARS), np.zeros(body.N_CALLABLE, np.int64)
        self.groups = np.tile([1.0, 1.0, 0.0, 1.0], (given.n_groups, 1))
        self.meters = np.zeros((n_channels, 3))
        self.tape = np.zeros((int(given.tape_s * self.rate_hz) + MOST_FRAMES, n_channels), np.float32)
        self.block = np.zeros((MOST_FRAMES + QUANTUM, n_channels), np.float32)
        self._commands, self._values = np.zeros((N_COMMANDS, 5), np.int64), np.zeros(N_COMMANDS)
        self._receipts = np.zeros((N_RECEIPTS, 6), np.int64)
        self.indices = np.full(given.max_voices, -1, np.int64)
        self.midi, self.midi_bytes = np.zeros((N_MIDI, 4), np.int64), np.zeros(N_MIDI_BYTES, np.uint8)
        self.midi_ports, self.out_ports = np.zeros(N_PORTS, np.int64), np.zeros(N_PORTS, np.int64)
        self.audio_ports = np.zeros(MOST_CHANNELS, np.int64)
        self.midi_out = np.zeros((N_COMMANDS, body.OUT_ROW), np.uint8)
        rows: dict[int, NDArray[Any]] = {
            body.STATE: self.state, body.KNOWN: self.known, body.SCALARS: self.scalars, body.CALLS: self.calls,
            body.TIME: np.zeros(2, np.int64), body.COMMANDS: self._commands, body.VALUES: self._values,
            body.RECEIPTS: self._receipts, body.VOICES: slots.voices,
            body.ORDER: np.zeros(given.max_voices, np.int64), body.INDICES: self.indices, body.LASTS: slots.lasts,
            body.ARENA: slots.arena, body.GAINS: slots.gains, body.PLACES: slots.places, body.SPEEDS: slots.speeds,
            body.AIRS: slots.airs, body.GROUPS: self.groups,
            body.LEVELS: np.ones((given.n_groups, most + 1), np.float32), body.SINC: sinc_table(),
            body.RAMP: np.arange(QUANTUM, dtype=np.float32), body.READS: np.zeros((2, QUANTUM), np.int64),
            body.STAGE: np.zeros((5, STAGE), np.float32), body.AROUND: np.zeros(STAGE, np.float32),
            body.MIX_ROWS: np.zeros(4, np.int64), body.BUS: np.zeros((most, n_bus, QUANTUM), np.float32),
            body.CHANNELS: np.zeros((most, n_channels, QUANTUM), np.float32),
            body.READY: np.zeros((QUANTUM, n_channels), np.float32), body.BLOCK: self.block, body.TAPE: self.tape,
            body.METERS: self.meters, body.MIDI: self.midi, body.MIDI_BYTES: self.midi_bytes,
            body.MIDI_PORTS: self.midi_ports, body.MIDI_EVENT: np.zeros(3, np.int64),
            body.OUT_PORTS: self.out_ports, body.MIDI_OUT: self.midi_out, body.AUDIO_PORTS: self.audio_ports,
        }  # fmt: skip
        for row, array in rows.items():
            self._keep(row, array)

    def _keep(self, row: int, array: NDArray[Any]) -> None:
        """Write where an array is into the table, and keep it from being given back."""
        if not array.flags.c_contiguous:
            raise ValueError(f"row {row} of the table is not contiguous")
        self._kept[row] = array
        self._table[row, 0] = array.ctypes.data
        self._table[row, 1 : 1 + array.ndim] = array.shape

    def _room(self, place: Room | Response, most: int) -> None:
        answer = answer_of(place, self.renderer, self.rate_hz, most)
        self._sounding: list[NDArray[np.generic]] = []
        if isinstance(answer, Reverb):
            self.known[body.ROOM_KIND] = body.COMPUTED
            self.scalars[body.DULLING] = answer.echoes.dulling
            for n, array in enumerate(answer.arrays):
                self._keep(body.ROOM + n, array)
            self._sounding += answer.sounding
        elif isinstance(answer, MeasuredAnswer):
            self.known[body.ROOM_KIND], self.known[body.SEND] = body.MEASURED, answer.send
            self._keep(body.ROOM, answer.matrix)
            self._keep(body.ROOM + 1, answer.out)
            self._bank(answer.bank, body.ROOM_BANK, body.N_ROOM_LEVELS, body.ROOM_IS_AHEAD)

    def _bank(self, bank: FilterBank, first: int, n_levels: int, is_ahead: int) -> None:
        self.known[n_levels] = len(bank.levels)
        for n, level in enumerate(bank.levels):
            self.known[is_ahead + n] = level.is_ahead
            for k, array in enumerate(level.arrays):
                self._keep(first + 10 * n + k, array)
            self._sounding += level.sounding

    def _loudspeakers(self, most: int) -> None:
        finish = Finish(self.renderer, self.rate_hz, most)
        if finish.matrix is not None:
            self.known[body.FINISH_KIND] = body.BY_MATRIX
            self._keep(body.DECODER, finish.matrix)
        elif finish.bank is not None:
            self.known[body.FINISH_KIND] = body.BY_BANK
            self._bank(finish.bank, body.BANK, body.N_LEVELS, body.IS_AHEAD)
        if finish.crossing is not None:
            self.known[body.CROSSES] = 1
            for n, array in enumerate(finish.crossing.arrays):
                self._keep(body.CROSSING + n, array)
            self._sounding += finish.crossing.sounding
        if finish.alignment.is_needed:
            self.known[body.ALIGNS] = 1
            for n, array in enumerate(finish.alignment.arrays):
                self._keep(body.ALIGNMENT + n, array)
            self._sounding += finish.alignment.sounding

    def _limiter(self) -> None:
        window = max(TAPS, LOOKAHEAD_FRAMES)
        self.latency_frames = window - 1 + TAPS // 2
        ceiling = gain_of(self.settings.ceiling_db)
        self.scalars[[body.CEILING, body.REACH, body.RELEASE_SHARE, body.HIGHEST, body.MAKE_UP]] = (
            ceiling * MARGIN, peak_reach(), 1.0 - math.exp(-1.0 / (self.settings.release_s * self.rate_hz)), ceiling,
            gain_of(self.settings.gain_db)
        )  # fmt: skip
        rows: dict[int, NDArray[Any]] = {
            body.PEAK_TABLE: peak_table(), body.LINE: np.zeros(QUANTUM + TAPS - 1, np.float32),
            body.BETWEEN: np.zeros(QUANTUM, np.float32), body.PEAKS: np.zeros(QUANTUM, np.float32),
            body.WANTED: np.ones(QUANTUM), body.RECENT: np.ones(window), body.HELD: np.ones(window),
            body.LIMITER: np.array([1.0, window, 1.0, 0.0]), body.GAIN: np.ones(QUANTUM),
            body.PAST: np.zeros((self.latency_frames + QUANTUM, self.n_channels), np.float32),
        }  # fmt: skip
        for row, array in rows.items():
            self._keep(row, array)

    def _wipes(self) -> None:
        rows = [(array.ctypes.data, array.nbytes) for array in self._sounding]
        self._keep(body.WIPES, np.array(rows, np.int64).reshape(-1, 2))

    def _touch(self) -> None:
        """Let every page be there before it is needed in a hurry."""
        for array in (self.tape, self.slots.gains, self.slots.airs, self.slots.places, self.slots.speeds):
            array.fill(0)

    def _connect(self) -> Callable[[int, int], int]:
        """Write the addresses of functions where the callback finds them; compiles what was never compiled here."""
        from soundscape.engine.kernels.callbacks import plain, stretch  # compiled when they are first wanted

        self.calls[body.STRETCH], self.calls[body.PROCESS] = stretch.address, plain.address
        for row, name in ((body.CLOCK_GETTIME, "clock_gettime"), (body.USLEEP, "usleep")):
            if (function := getattr(ctypes.CDLL(None), name, None)) is not None:
                self.calls[row] = ctypes.cast(function, ctypes.c_void_p).value or 0
        call: Callable[[int, int], int] = ctypes.CFUNCTYPE(ctypes.c_int64, *(ctypes.c_int64,) * 2)(plain.address)
        return call

    @property
    def address(self) -> int:
        """What a callback is given: where the table is."""
        return int(self._table.ctypes.data)

    @property
    def clock(self) -> int:
        """Frame that the next quantum begins with."""
        return int(self.state[body.CLOCK])

    @property
    def delivered(self) -> int:
        """Frames that were given to the host."""
        return int(self.state[body.DELIVERED])

    def command(self, kind: int, place: int, frame: int, n_frames: int, index: int, value: float = 0.0) -> bool:
        """Ask for something, once it is sent; False where the ring is full, and nothing was asked."""
        if self.n_asked - self.state[body.COMMANDS_READ] >= N_COMMANDS:
            return False
        row = self.n_asked % N_COMMANDS
        self._commands[row] = kind, place, frame, n_frames, index
        self._values[row] = value
        self.n_asked += 1
        return True

    def send(self) -> None:
        """Let what was asked be done at the next call, all of it at the same one."""
        self.state[body.COMMANDS_WRITTEN] = self.n_asked

    def told(self) -> Iterator[Told]:
        """What happened since this was last asked."""
        while self.state[body.RECEIPTS_READ] < self.state[body.RECEIPTS_WRITTEN]:
            at = int(self.state[body.RECEIPTS_READ])
            yield Told(*self._receipts[at % N_RECEIPTS].tolist())
            self.state[body.RECEIPTS_READ] = at + 1

    @property
    def is_free(self) -> bool:
        """Whether its host runs free of any clock: nothing is late then, and each call waits for `catch_up`."""
        return bool(self.state[body.FREEWHEELS])

    def run_free(self, *, on: bool) -> None:
        """Say whether its host runs free of any clock from now on."""
        self.catch_up(self.delivered)
        self.state[body.FREEWHEELS] = on

    def catch_up(self, frame: int) -> None:
        """Say that all there was to ask until so many frames were delivered is asked."""
        self.state[body.CAUGHT_UP] = frame

    def pull(self, n_frames: int) -> Samples:
        """Next `n_frames` as (n_frames, n_channels) float32, made here and now; a device calls the same function."""
        if not 0 <= n_frames <= MOST_FRAMES:
            raise ValueError(f"a host asks for {MOST_FRAMES} frames at most, not for {n_frames}")
        self._call(self.address, n_frames)
        return self.block[:n_frames].copy()

    def heard(self, since: int) -> tuple[Samples, int]:
        """What was given to the host from frame `since` on, and how many frames of it are lost."""
        until = self.delivered
        lost = max(0, until - since - (len(self.tape) - MOST_FRAMES))
        places = np.arange(since + lost, until) % len(self.tape)
        return self.tape[places], lost

    def incoming(self) -> Iterator[tuple[int, int, bytes]]:
        """MIDI that has come in by JACK: (frame, port, bytes)."""
        while self.state[body.MIDI_READ] < self.state[body.MIDI_WRITTEN]:
            at = int(self.state[body.MIDI_READ])
            frame, port, first, size = self.midi[at % N_MIDI].tolist()
            raw = self.midi_bytes[np.arange(first, first + size) % N_MIDI_BYTES].tobytes()
            self.state[body.MIDI_READ] = at + 1
            yield frame, port, raw

    def send_midi(self, port: int, raw: bytes) -> bool:
        """Send a message of up to 62 bytes to a MIDI port out; False where there is no room for it."""
        at = int(self.state[body.OUT_WRITTEN])
        if len(raw) > body.OUT_ROW - 2 or at - self.state[body.OUT_READ] >= N_COMMANDS:
            return False
        row = self.midi_out[at % N_COMMANDS]
        row[0], row[1] = port, len(raw)
        row[2 : 2 + len(raw)] = np.frombuffer(raw, np.uint8)
        self.state[body.OUT_WRITTEN] = at + 1
        return True

    @property
    def load(self) -> Load:
        """What the callback has spent since the body was made, or since `forget_worst`."""
        rows = (body.N_CALLS, body.SPENT_NS, body.WORST_NS, body.N_LATE, body.LONGEST_BLOCK)
        return Load(*(int(self.state[row]) for row in rows))

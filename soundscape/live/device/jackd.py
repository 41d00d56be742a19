"""JACK: the callback is given to the server itself, MIDI comes stamped with its frame, connections have names."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Event
from typing import Any

from soundscape.engine.body import MOST_FRAMES, N_PORTS, Body
from soundscape.engine.kernels import body as of
from soundscape.errors import DeviceError
from soundscape.live.device import Asked
from soundscape.live.device.bell import Bell
from soundscape.live.device.patchbay import MIDI_IN, MIDI_OUT, Patchbay

try:
    import jack
except ModuleNotFoundError:
    jack = None
except OSError:  # the package is there, and libjack is not
    jack = None

_MOST_NEWS = 16
_FUNCTIONS = {
    of.PORT_BUFFER: "jack_port_get_buffer", of.EVENT_COUNT: "jack_midi_get_event_count",
    of.EVENT_GET: "jack_midi_event_get", of.CLEAR_OUT: "jack_midi_clear_buffer", of.WRITE_OUT: "jack_midi_event_write",
}  # fmt: skip


def open_device(body: Body, asked: Asked, *, is_clocked: bool = True) -> JackDevice:
    """Become a client of the server that runs; none is started."""
    if jack is None:
        raise DeviceError("JACK cannot be reached: JACK-Client or libjack is not installed",
                          hint="pip install 'soundscape[live]' and install jackd2 or pipewire-jack; "
                          "or use --device portaudio, --device null")  # fmt: skip
    try:
        client = jack.Client(asked.client, no_start_server=True)
    except jack.JackError as error:
        raise DeviceError(f"no JACK server answers: {error}",
                          hint="start jackd or PipeWire, or use --device portaudio or null") from error  # fmt: skip
    try:
        return JackDevice(body, client, asked)
    except BaseException:
        client.close()
        raise


class JackDevice:
    """A client with a port for each loudspeaker, and as many MIDI ports as controllers need."""

    def __init__(self, body: Body, client: Any, asked: Asked) -> None:
        if client.samplerate != body.rate_hz:
            raise DeviceError(f"JACK runs at {client.samplerate} Hz, the piece at {body.rate_hz} Hz",
                              hint="start the server at the piece's rate, or set rate_hz in the settings")  # fmt: skip
        if client.blocksize > MOST_FRAMES:
            raise DeviceError(f"JACK's blocks of {client.blocksize} frames are longer than {MOST_FRAMES}",
                              hint="start the server with a shorter period")  # fmt: skip
        self._client, self._body, self._bell = client, body, Bell(body)
        self._n_xruns, self._lost = 0, ""
        self._changed = Event()
        self._news: deque[str] = deque(maxlen=_MOST_NEWS)
        self.about = f"JACK, {body.n_channels} channels, blocks of {client.blocksize}"
        self.block_frames = client.blocksize
        names = [speaker.name for speaker in body.renderer.layout.speakers]
        self._outs = [client.outports.register(f"out_{n:02d}_{name}") for n, name in enumerate(names, 1)]
        self._midi_in = [client.midi_inports.register(f"{MIDI_IN}_{n}") for n in range(1, _n_midi(asked) + 1)]
        self._midi_out = [client.midi_outports.register(f"{MIDI_OUT}_{n}") for n in range(1, _n_midi(asked) + 1)]
        self._patchbay = Patchbay(client, self._outs, self._midi_in, self._midi_out, asked)
        self._give()
        client.set_xrun_callback(self._missed)
        client.set_shutdown_callback(self._ended)
        client.set_freewheel_callback(self._run_free)
        client.set_port_registration_callback(self._ports_changed, only_available=False)

    def _give(self) -> None:
        """Write what the callback needs to know where it finds it, and hand it over."""
        lib, ffi = jack._lib, jack._ffi
        for place, name in _FUNCTIONS.items():
            self._body.calls[place] = int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))
        for ports, rows in ((self._outs, self._body.audio_ports), (self._midi_in, self._body.midi_ports),
                            (self._midi_out, self._body.out_ports)):  # fmt: skip
            rows[:] = 0
            rows[: len(ports)] = [int(ffi.cast("uintptr_t", port._ptr)) for port in ports]
        from soundscape.engine.kernels.callbacks import for_jack  # compiled when it is first wanted

        callback = ffi.cast("JackProcessCallback", for_jack.address)
        if lib.jack_set_process_callback(self._client._ptr, callback, ffi.cast("void*", self._body.address)):
            raise DeviceError("JACK does not take the callback", hint="is another program using the client's name?")

    def start(self) -> None:
        """Begin to pull, and connect."""
        self._client.activate()
        self.tend()

    def close(self) -> None:
        """Leave the server."""
        self._body.run_free(on=False)  # nobody catches up any more
        if not self._lost:
            self._client.deactivate()
        self._client.close()

    def wait(self, timeout_s: float) -> None:
        """Until a block was pulled."""
        self._bell.wait(timeout_s)

    def tend(self) -> tuple[str, ...]:
        """Connect what is there and was wanted; ports come and go with their controllers and cards.

        Not while the server runs free: it has taken the card away then, and gives it back by itself.
        """
        told = [self._news.popleft() for _ in range(len(self._news))]
        if self._body.is_free:
            return tuple(told)
        self._changed.clear()
        return (*told, *self._patchbay.tend())

    @property
    def has_changed(self) -> bool:
        """Whether ports have come or gone since `tend`."""
        return self._changed.is_set()

    @property
    def latency_frames(self) -> int:
        """A block: what the server plays while the next one is made."""
        return int(self.block_frames)

    @property
    def n_xruns(self) -> int:
        """Blocks that the server missed."""
        return self._n_xruns

    @property
    def lost(self) -> str:
        """Why the server is gone."""
        return self._lost

    @property
    def connections(self) -> Mapping[str, tuple[str, ...]]:
        """What is connected now; what was wanted where nothing is."""
        return self._patchbay.wanted if self._lost else self._patchbay.connections

    @property
    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """What was asked for, with what people have joined and parted since."""
        return self._patchbay.wanted

    @property
    def midi_names(self) -> tuple[str, ...]:
        """What plays to each MIDI input, by all its names; of one that nothing has played to, the input's own."""
        return self._patchbay.midi_names

    @property
    def midi_there(self) -> tuple[str, ...]:
        """Those of `midi_names` that something plays to now."""
        return self._patchbay.midi_there

    def _missed(self, _delay_us: float) -> None:
        self._n_xruns += not self._body.is_free

    def _run_free(self, begins: bool) -> None:  # noqa: FBT001
        self._body.run_free(on=begins)
        self._news.append("the server runs free of the clock: the show keeps pace with it" if begins else
                          "the server keeps time again")  # fmt: skip

    def _ended(self, _status: Any, reason: str) -> None:
        self._lost = reason or "the JACK server has gone"

    def _ports_changed(self, _port: Any, is_registered: bool) -> None:  # noqa: FBT001
        self._patchbay.has_gone |= not is_registered
        self._changed.set()


def _n_midi(asked: Asked) -> int:
    return min(N_PORTS, max(4, len(asked.midi_in)))

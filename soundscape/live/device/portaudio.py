"""PortAudio: ALSA, Core Audio, WASAPI. The callback is given to it as it is.

PortAudio hangs for ever when a device it plays to is gone; so nothing is closed then, and the process is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from soundscape.engine.body import MOST_FRAMES, Body
from soundscape.engine.kernels import body as of
from soundscape.errors import DeviceError
from soundscape.live.device import Asked
from soundscape.live.device.bell import Bell

try:
    import sounddevice
except ModuleNotFoundError:
    sounddevice = None
except OSError:  # the package is there, and the library is not
    sounddevice = None

USUAL_FRAMES = 256
_STUCK_S = 2.0


def open_device(body: Body, asked: Asked, *, is_clocked: bool = True) -> PortAudioDevice:
    """Open the device whose name holds the words asked for, or the usual one."""
    if sounddevice is None:
        raise DeviceError("PortAudio cannot be reached: sounddevice or libportaudio is not installed",
                          hint="pip install 'soundscape[live]', and on Linux install libportaudio2; "
                          "or use --device jack, --device null")  # fmt: skip
    return PortAudioDevice(body, asked)


def is_there() -> bool:
    """Whether PortAudio can be reached."""
    return sounddevice is not None


def devices() -> tuple[str, ...]:
    """Names of what can be played to, with their channels."""
    if sounddevice is None:
        return ()
    apis = sounddevice.query_hostapis()
    return tuple(f"{row['name']} ({apis[row['hostapi']]['name']}, {row['max_output_channels']} channels)"
                 for row in sounddevice.query_devices() if row["max_output_channels"])  # fmt: skip


class PortAudioDevice:
    """A stream of the device."""

    midi_names: tuple[str, ...] = ()
    midi_there: tuple[str, ...] = ()

    def __init__(self, body: Body, asked: Asked) -> None:
        from soundscape.engine.kernels.callbacks import for_portaudio  # compiled when it is first wanted

        self._body, self._bell = body, Bell(body)
        self._seen, self._seen_s = -1, time.monotonic()
        self.block_frames = asked.block_frames or USUAL_FRAMES
        if not 1 <= self.block_frames <= MOST_FRAMES:
            raise DeviceError(f"blocks of {self.block_frames} frames", hint=f"they go from 1 to {MOST_FRAMES}")
        ffi = sounddevice._ffi
        try:
            self._stream: Any = sounddevice._StreamBase(
                "output", samplerate=body.rate_hz, blocksize=self.block_frames, device=asked.name or None,
                channels=body.n_channels, dtype="float32", latency="low",
                callback=ffi.cast("PaStreamCallback *", for_portaudio.address),
                userdata=ffi.cast("void *", body.address),
            )  # fmt: skip
        except (sounddevice.PortAudioError, ValueError) as error:
            has = "; ".join(devices()) or "none"
            raise DeviceError(f"cannot play {body.n_channels} channels at {body.rate_hz} Hz to "
                              f"{asked.name or 'the usual device'}: {error}",
                              hint=f"there are: {has}; or use --device null") from error  # fmt: skip
        self.about = f"{asked.name or 'the usual device'}, {body.n_channels} channels, blocks of {self.block_frames}"
        self.latency_frames = int(self._stream.latency * body.rate_hz)

    def start(self) -> None:
        """Begin to pull."""
        self._stream.start()

    def close(self) -> None:
        """Let go; not where the device is gone, for that would hang."""
        if not self.lost:
            self._stream.close()

    def wait(self, timeout_s: float) -> None:
        """Until a block was pulled."""
        self._bell.wait(timeout_s)

    def tend(self) -> tuple[str, ...]:
        """Nothing here goes by name."""
        return ()

    @property
    def n_xruns(self) -> int:
        """Blocks for which nothing was ready in time."""
        return int(self._body.state[of.N_UNDERFLOWS])

    @property
    def lost(self) -> str:
        """Whether nobody has pulled for some time."""
        now, seen = time.monotonic(), int(self._body.state[of.N_CALLS])
        if seen != self._seen:
            self._seen, self._seen_s = seen, now
        return "the sound card has gone, or hangs" if now - self._seen_s > _STUCK_S else ""

    @property
    def connections(self) -> Mapping[str, tuple[str, ...]]:
        """Nothing here goes by name."""
        return {}

    @property
    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """Nothing is joined or parted by hand."""
        return {}

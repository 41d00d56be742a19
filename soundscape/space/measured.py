"""Rooms that were measured: an impulse response from a file instead of walls and times.

Nothing here convolves; the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.audio.files import audio_blocks, audio_info
from soundscape.audio.resampling import resample
from soundscape.errors import AudioError
from soundscape.space.beds import KINDS, PAIR_DEG, ambix_from, bed_gains, pair
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room, room_named
from soundscape.space.trajectory import Points

LONGEST_S = 60.0
USUAL_LEVEL_DB = -14.0
_QUIETEST = 1e-9
_PAIR_M: Points = np.array([[0.0, 2.0, 0.0]])


@dataclass(frozen=True, slots=True)
class MeasuredRoom:
    """A room as its impulse response in a file.

    `level_db`: the answer of a source at the reference distance against its direct sound, as of `Room`. `sound_field`:
    what the channels of the file are, `ambix`, `fuma` or `a-format`, where they are a sound field; 4, 9 or 16 channels
    are `ambix` unless the layout has as many.
    """

    path: str
    level_db: float = USUAL_LEVEL_DB
    sound_field: str = ""

    def __post_init__(self) -> None:
        if not -120.0 <= self.level_db <= 20.0:
            raise ValueError(f"level_db goes from -120 to 20, got {self.level_db}")
        if self.sound_field and self.sound_field not in KINDS:
            raise ValueError(f"sound_field is one of {', '.join(KINDS)}, got {self.sound_field!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """An impulse response at the rate of a mix: `samples` (n_frames, n_channels) float64, of energy 1 in all."""

    room: MeasuredRoom
    samples: NDArray[np.float64]
    rate_hz: int

    is_silent = False
    n_sends = 1

    @property
    def ringing_s(self) -> float:
        """How long it sounds after what excites it."""
        return len(self.samples) / self.rate_hz

    def entering(self, renderer: Renderer) -> NDArray[np.float64]:
        """How its channels come onto a bus: (n_channels, n_bus).

        One comes from all round, two stand as a stereo pair, a sound field is decoded, as many as the layout has go
        each to its own loudspeaker.

        Raises
        ------
        AudioError
            If it has any other number of channels.
        """
        n_channels = self.samples.shape[1]
        layout = renderer.layout
        kind = self.room.sound_field
        if not kind and n_channels == layout.n_channels and not renderer.is_dense:
            return np.eye(n_channels)
        if not kind and n_channels <= 2:
            here = np.vstack(pair(_PAIR_M, PAIR_DEG)) if n_channels == 2 else _PAIR_M
            return renderer.panner.gains(here, 0.0 if n_channels == 2 else 360.0)
        if not kind and isqrt(n_channels) ** 2 != n_channels:
            raise AudioError(f"{self.room.path}: an impulse response of {n_channels} channels fits no {layout.name}",
                             hint=f"{_listed({1, 2, 4, layout.n_channels})} channels do")  # fmt: skip
        try:
            ambix_from(kind or "ambix", n_channels)
        except AudioError as error:
            raise AudioError(f"{self.room.path}: the impulse response: {error}", hint=error.hint) from error
        return renderer.in_each_zone(lambda panner, zone: bed_gains(panner, zone, kind or "ambix", n_channels))


def _listed(counts: set[int]) -> str:
    *all_but_last, last = map(str, sorted(counts))
    return f"{', '.join(all_but_last)} or {last}"


def read_response(room: MeasuredRoom, rate_hz: int) -> Response:
    """Impulse response of a measured room, at the rate of a mix.

    Raises
    ------
    AudioError
        If the file cannot be read, is empty or silent, or lasts longer than `LONGEST_S`.
    """
    path = Path(room.path)
    info = audio_info(path)
    if info.duration_s > LONGEST_S:
        raise AudioError(f"{path}: an impulse response of {info.duration_s:.1f} s ({info.n_frames} frames), "
                         f"at most {LONGEST_S:g} s", hint="cut it where it has died away")  # fmt: skip
    blocks = list(audio_blocks(path))
    if not sum(len(block) for block in blocks):
        raise AudioError(f"{path}: an impulse response of 0 frames", hint="name the file of a measured room")
    samples = np.concatenate(blocks)
    if info.rate_hz != rate_hz:
        samples = resample(samples, info.rate_hz, rate_hz)
    energy = float(np.sum(np.square(samples, dtype=np.float64)))
    if energy < _QUIETEST:
        raise AudioError(f"{path}: the impulse response is silent", hint="name the file of a measured room")
    return Response(room, samples.astype(np.float64) / np.sqrt(energy), rate_hz)


def room_of(room: str | Room | MeasuredRoom, rate_hz: int) -> Room | Response:
    """The room itself, read where it is a measured one."""
    if isinstance(room, MeasuredRoom):
        return read_response(room, rate_hz)
    return room_named(room) if isinstance(room, str) else room

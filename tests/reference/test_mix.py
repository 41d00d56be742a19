"""The mix against its float64 twin, written from what a voice means and not from how the kernel works."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.engine.engine import render_plan
from soundscape.engine.plan import Plan, plan
from soundscape.engine.voices import GRID, Voice
from soundscape.space.layout import layout_named
from tests.engine.scenes import arrangement, noise
from tests.engine.test_engine import SCENE

BELOW_DB = -120.0


def envelope(voice: Voice) -> NDArray[np.float64]:
    since = np.arange(voice.n_frames) + 0.5
    left = voice.n_frames - since
    rise = np.sin(np.pi / 2 * np.minimum(since / max(voice.fade_in, 1e-9), 1.0))
    return rise * np.sin(np.pi / 2 * np.minimum(left / max(voice.fade_out, 1e-9), 1.0))


def straight(voice: Voice, source: NDArray[np.float64]) -> NDArray[np.float64]:
    played = np.zeros(voice.n_frames)
    part = source[voice.source_start : voice.source_start + voice.n_frames]
    played[: len(part)] = part
    return played


def bent(voice: Voice, source: NDArray[np.float64], frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """The source between its frames: a sinc of 32 taps under a Kaiser window, at the nearest 4096th of a frame."""
    row, into = frames // GRID - voice.start // GRID, frames % GRID
    rise = (voice.speeds[row + 1] - voice.speeds[row]) / GRID
    places = voice.positions[row] + into * (voice.speeds[row] + rise * into / 2)
    whole = np.floor(places).astype(int)
    away = np.arange(32) - 15 - np.round((places - whole) * 4096)[:, None] / 4096
    taps = np.sinc(away) * np.i0(9.0 * np.sqrt(np.maximum(0.0, 1.0 - (away / 16) ** 2)))
    at = whole[:, None] + np.arange(32) - 15
    heard = np.where((at >= 0) & (at < len(source)), source[at.clip(0, len(source) - 1)], 0.0)
    return np.asarray((heard * taps).sum(axis=1) / taps.sum(axis=1))


def mixed(planned: Plan) -> NDArray[np.float64]:
    out = np.zeros((planned.n_frames, planned.layout.n_channels))
    for voice in planned.voices:
        frames = np.arange(voice.start, voice.stop)
        source = noise(voice.key)[:, voice.channel].astype(np.float64)
        played = bent(voice, source, frames) if voice.is_bent else straight(voice, source)
        rows = (voice.start // GRID + np.arange(len(voice.gains))) * GRID
        for channel in range(out.shape[1]):
            gains = np.interp(frames, rows, voice.gains[:, channel].astype(np.float64))
            out[voice.start : voice.stop, channel] += played * envelope(voice) * gains
    return out


@pytest.mark.parametrize("layout_name", ["stereo", "5.1", "7.1.4"])
def test_the_kernel_is_its_twin_below_minus_120_db(layout_name: str) -> None:
    planned = plan(arrangement(*SCENE), layout_named(layout_name))
    twin = mixed(planned)
    error = np.concatenate(list(render_plan(planned, noise))) - twin
    assert 20 * np.log10(np.abs(error).max() / np.abs(twin).max()) < BELOW_DB

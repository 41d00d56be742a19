"""The room against its float64 twin: Jot's network written sample by sample, as a textbook draws it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import hadamard

from soundscape.engine.reverb import Reverb
from soundscape.space.layout import Layout, layout_named
from soundscape.space.room import ROOMS

RATE_HZ = 48_000
N_QUANTA = 150
BELOW_DB = -120.0
Floats = NDArray[np.float64]


def answered(reverb: Reverb, sends: Floats, layout: Layout) -> Floats:
    """What the lines and the walls answer to two sends (n_frames, 2): (n_frames, n_channels)."""
    lengths, taps = reverb._lengths, reverb._taps
    gain, lows, low_pole, highs, high_pole = reverb._filters.astype(np.float64)
    outputs, walls = reverb._outputs.astype(np.float64), reverb._tap_gains.astype(np.float64)
    mixing = hadamard(16) / 4.0
    lines, low, high = np.zeros((len(sends), 16)), np.zeros(16), np.zeros(16)
    out = np.zeros((len(sends), layout.n_channels))
    for n in range(len(sends)):
        passed = np.array([lines[n - length, line] if n >= length else 0.0 for line, length in enumerate(lengths)])
        passed *= gain
        low += low_pole * (passed - low)
        passed += lows * low
        high += high_pole * (passed - high)
        passed = high + highs * (passed - high)
        out[n] = outputs @ passed
        for tap, wall in zip(taps[1:], walls[1:], strict=True):
            if n >= tap:
                out[n] += wall * sends[n - tap].sum()
        lines[n] = mixing.T @ passed
        if n >= taps[0]:
            lines[n] += np.tile(sends[n - taps[0]], 8)
    return out


@pytest.mark.parametrize(("name", "layout_name"), [("hall", "stereo"), ("corridor", "5.1")])
def test_a_room_is_its_twin_below_minus_120_db(name: str, layout_name: str) -> None:
    layout = layout_named(layout_name)
    sends = np.random.default_rng(4).uniform(-0.5, 0.5, (N_QUANTA * 64, 2)).astype(np.float32)
    bus = np.zeros((N_QUANTA, layout.n_channels + 2, 64), np.float32)
    bus[:, -2:] = sends.reshape(N_QUANTA, 64, 2).transpose(0, 2, 1)
    reverb = Reverb(ROOMS[name], layout, RATE_HZ)
    reverb.add(bus)
    made = bus[:, :-2].transpose(0, 2, 1).reshape(-1, layout.n_channels)
    twin = answered(reverb, sends.astype(np.float64), layout)
    assert np.abs(twin).max() > 0.01
    assert 20 * np.log10(np.abs(made - twin).max() / np.abs(twin).max()) < BELOW_DB

"""Rooms measured from outside, as an acoustician would: reverberation times by octave, level, density of echoes."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from soundscape.engine.decay import losses_of
from soundscape.engine.reverb import Reverb
from soundscape.engine.surround import mixtures
from soundscape.space.layout import layout_named
from soundscape.space.panners import panner_for
from soundscape.space.room import OCTAVES_HZ, ROOMS, Room
from soundscape.space.sends import N_SENDS

RATE_HZ = 48_000
Floats = NDArray[np.float64]


def answers(room: Room, seconds: float, layout_name: str = "quad") -> Floats:
    """Answers to one sample in each send: (6, n_frames, n_channels)."""
    layout = layout_named(layout_name)
    out = []
    for send in range(N_SENDS):
        bus = np.zeros((int(seconds * RATE_HZ) // 64, layout.n_channels + N_SENDS, 64), np.float32)
        bus[0, layout.n_channels + send, 0] = 1.0
        Reverb(room, RATE_HZ, mixtures(layout), panner_for(layout).gains).add(bus)
        out.append(bus[:, : layout.n_channels].transpose(0, 2, 1).reshape(-1, layout.n_channels))
    return np.array(out, np.float64)


def fading_s(answer: Floats, middle_hz: float) -> float:
    """Reverberation time of an octave: the slope from -5 to -25 dB of the energy still to come (ISO 3382-1).

    The answer passes the filter backwards, so that the filter's own ringing falls before what it rings after.
    """
    octave = butter(6, [middle_hz / 2**0.5, middle_hz * 2**0.5], "bandpass", fs=RATE_HZ, output="sos")
    left = np.cumsum((sosfilt(octave, answer[:, ::-1], axis=1) ** 2).sum(axis=(0, 2)))[::-1]
    left_db = 10.0 * np.log10(left / left[0] + 1e-30)
    first, last = np.flatnonzero(left_db < -5.0)[0], np.flatnonzero(left_db < -25.0)[0]
    return float(-60.0 / np.polyfit(np.arange(first, last) / RATE_HZ, left_db[first:last], 1)[0])


def without_walls(room: Room) -> Room:
    """The tail of a room alone: walls that reflect nothing send no early echo."""
    return replace(room, walls=(0.0,) * 6)


def any_room(seed: int) -> Room:
    """Times that differ from octave to octave by up to a factor of two."""
    rng = np.random.default_rng(seed)
    steps = np.cumsum([rng.uniform(-1.0, 1.5), *rng.uniform(-1.0, 1.0, 7)])
    times_s = tuple(float(time_s) for time_s in np.clip(2.0**steps, 0.25, 5.0))
    width_m, depth_m, height_m = rng.uniform((4.0, 4.0, 3.0), (12.0, 20.0, 6.0)).tolist()
    return Room(f"room {seed}", times_s, 0.01, (width_m, depth_m, height_m), -12.0)


def off_by(room: Room) -> Floats:
    """Error of each octave's time, as a share of it."""
    tail = answers(without_walls(room), 0.75 * max(room.rt60_s) + 0.3)
    return np.array([fading_s(tail, hz) for hz in OCTAVES_HZ]) / room.rt60_s - 1.0


@pytest.mark.parametrize("name", list(ROOMS)[1:])
def test_every_octave_rings_as_long_as_the_room_says(name: str) -> None:
    assert np.abs(off_by(ROOMS[name])).max() < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_octaves_ring_as_they_are_told_where_neighbours_differ_by_up_to_two(seed: int) -> None:
    """At 63 and 125 Hz a small room has some twenty modes in an octave: there each of them counts."""
    off = np.abs(off_by(any_room(seed)))
    assert off[:2].max() < 0.08
    assert off[2:].max() < 0.05


N_ROOMS = 32 if os.environ.get("SOUNDSCAPE_WHOLE_DAY") else 16


@pytest.mark.long
def test_many_rooms_ring_as_long_as_they_say() -> None:
    off = np.array([off_by(any_room(seed)) for seed in range(3, 3 + N_ROOMS)])
    assert np.abs(off).max() < 0.08
    assert np.sqrt(np.mean(np.square(off), axis=0)).max() < 0.03
    assert np.abs(np.mean(off, axis=0)).max() < 0.02


def test_a_smooth_room_rings_so_with_its_echoes_too() -> None:
    answer = answers(ROOMS["gallery"], 1.5)
    measured_s = [fading_s(answer, hz) for hz in OCTAVES_HZ]
    np.testing.assert_allclose(measured_s, ROOMS["gallery"].rt60_s, rtol=0.05)


@pytest.mark.parametrize("lengths", [(80, 3000), (500, 1500), (1600, 4800)])
def test_no_line_ever_gains_whatever_times_are_asked(lengths: tuple[int, int]) -> None:
    rng = np.random.default_rng(6)
    hz = np.concatenate([[0.0], np.geomspace(0.5, RATE_HZ / 2, 5000)])
    for _ in range(12):
        times_s = tuple(float(time_s) for time_s in np.exp(rng.uniform(np.log(0.05), np.log(60.0), 8)))
        made = losses_of(times_s, np.geomspace(*lengths, 16).astype(np.int64), RATE_HZ)
        assert np.abs(made.response(hz, RATE_HZ)).max() < 1.0
        poles = np.array([np.roots([1.0, *row[2:]]) for row in made.sections.reshape(-1, 4)])
        assert np.abs(poles).max() < 1.0


@pytest.mark.parametrize("name", ["gallery", "courtyard", "corridor"])
def test_a_room_is_as_loud_as_it_says_from_every_side_and_leaves_the_lfe_alone(name: str) -> None:
    answer = answers(ROOMS[name], 1.5, "5.1")
    levels_db = 10.0 * np.log10((answer**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(levels_db, ROOMS[name].level_db, atol=0.1)
    assert not answer[..., 3].any()


def test_diffusion_moves_energy_from_echoes_to_the_tail() -> None:
    shares = []
    for diffusion in (0.0, 0.5, 1.0):
        answer = answers(replace(ROOMS["courtyard"], diffusion=diffusion, predelay_s=0.5), 1.5)
        early = (answer[:, : RATE_HZ // 2] ** 2).sum() / (answer**2).sum()
        shares.append(early)
    np.testing.assert_allclose(shares, [0.9, 0.55, 0.2], atol=0.02)


def density(answer: Floats, window_s: float = 0.02) -> Floats:
    """Normalised echo density every 5 ms: 1 where samples spread as Gaussian noise does (Abel and Huang, AES 121)."""
    window = np.hanning(round(window_s * RATE_HZ))
    window /= window.sum()
    found = []
    for first in range(0, len(answer) - len(window), RATE_HZ // 200):
        part = answer[first : first + len(window)]
        found.append(window @ (np.abs(part) > np.sqrt(window @ part**2)) / math.erfc(0.5**0.5))
    return np.array(found)


def test_a_hall_is_dense_after_160_ms_and_stays_so() -> None:
    answer = answers(ROOMS["hall"], 0.6)
    found = np.mean([density(channel) for send in answer for channel in send.T], axis=0)
    at_s = np.arange(len(found)) * 0.005 + 0.01
    assert found[at_s < 0.02].max() < 0.5
    assert found[at_s > 0.08].min() > 0.5
    assert found[at_s > 0.16].min() > 0.9

"""The room against its float64 twin: echoes and Jot's network written as a textbook draws them, sample by sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import hadamard

from soundscape.engine.early import PLACES
from soundscape.engine.reverb import Reverb
from soundscape.engine.surround import directions, mixtures
from soundscape.space.layout import layout_named
from soundscape.space.panners import panner_for
from soundscape.space.room import ROOMS, Room
from soundscape.space.sends import N_SENDS
from soundscape.space.trajectory import Points

RATE_HZ = 48_000
N_QUANTA = 150
BELOW_DB = -120.0
Floats = NDArray[np.float64]


def harmonics(points_m: Points) -> Floats:
    """First order of Ambisonics, W Y Z X of N3D: every place sounds in every channel."""
    x, y, z = points_m.T / np.linalg.norm(points_m, axis=1)
    return np.stack([np.ones(len(x)), -(3**0.5) * x, 3**0.5 * z, 3**0.5 * y], axis=-1)


def made(room: Room, bus_name: str) -> Reverb:
    if bus_name == "harmonics":
        return Reverb(room, RATE_HZ, directions(harmonics), harmonics)
    layout = layout_named(bus_name)
    return Reverb(room, RATE_HZ, mixtures(layout), panner_for(layout).gains)


def sent(reverb: Reverb, sends: Floats, blocks: list[int]) -> NDArray[np.float32]:
    """Answer to sends (n_frames, 6), asked for in blocks of so many quanta: (n_frames, n_bus)."""
    n_bus = len(reverb.outputs)
    bus = np.zeros((len(sends) // 64, n_bus + N_SENDS, 64), np.float32)
    bus[:, n_bus:] = sends.reshape(-1, 64, N_SENDS).transpose(0, 2, 1)
    for first, last in zip(np.cumsum([0, *blocks[:-1]]), np.cumsum(blocks), strict=True):
        reverb.add(bus[first:last])
    return bus[:, :n_bus].transpose(0, 2, 1).reshape(-1, n_bus)


def echoed(reverb: Reverb, sends: Floats) -> Floats:
    """Twin of the echoes: each reflection dulls by three taps, then the echo is late and comes from its place."""
    echoes = reverb.echoes
    out = np.zeros((len(sends), len(reverb.outputs)))
    for send, order, delay, gain, place in zip(echoes.sends, echoes.orders, echoes.delays, echoes.gains, echoes.places,
                                               strict=True):  # fmt: skip
        wave = sends[:, send]
        for _ in range(order):
            wave = np.convolve(wave, [echoes.dulling, 1.0 - 2.0 * echoes.dulling, echoes.dulling])[: len(sends)]
        out[delay:] += gain * wave[: len(sends) - delay, None] * reverb.panned[place]
    return out


def rung(reverb: Reverb, sends: Floats) -> Floats:
    """Twin of the tail: lines of their whole length, eight sections in a row, a Hadamard matrix."""
    lengths, mixing = reverb.lengths, hadamard(16) / 4.0
    sections = reverb.losses.sections.transpose(1, 2, 0)
    state = np.zeros((len(sections), 2, 16))
    entered, out = np.zeros((len(sends), 16)), np.zeros((len(sends), len(reverb.outputs)))
    lines = np.arange(16)
    for n in range(len(sends)):
        passed = np.where(n >= lengths, entered[n - lengths, lines], 0.0) * reverb.losses.gains
        for (b1, b2, a1, a2), (one, two) in zip(sections, state, strict=True):
            heard = passed + one
            one[:], two[:] = b1 * passed - a1 * heard + two, b2 * passed - a2 * heard
            passed = heard
        out[n] = reverb.outputs @ passed
        fed = np.where(n >= reverb.feeds, sends[n - reverb.feeds, np.arange(N_SENDS)], 0.0) * reverb.feed_gains
        entered[n] = mixing @ (passed + fed.sum(axis=1))
    return out


@pytest.mark.parametrize(("name", "bus_name"), [("hall", "stereo"), ("corridor", "5.1"), ("courtyard", "harmonics")])
def test_a_room_is_its_twin_below_minus_120_db(name: str, bus_name: str) -> None:
    sends = np.random.default_rng(4).uniform(-0.5, 0.5, (N_QUANTA * 64, N_SENDS)).astype(np.float32).astype(np.float64)
    reverb = made(ROOMS[name], bus_name)
    answer = sent(reverb, sends, [N_QUANTA])
    for part in (echoed(reverb, sends), rung(reverb, sends)):
        assert np.abs(part).max() > 0.005
    twin = echoed(reverb, sends) + rung(reverb, sends)
    assert 20 * np.log10(np.abs(answer - twin).max() / np.abs(twin).max()) < BELOW_DB


def test_blocks_do_not_change_the_bits() -> None:
    sends = np.random.default_rng(5).uniform(-0.5, 0.5, (N_QUANTA * 64, N_SENDS))
    whole = sent(made(ROOMS["cave"], "7.1.4"), sends, [N_QUANTA])
    split = sent(made(ROOMS["cave"], "7.1.4"), sends, [1, 2, 40, 7, 64, 36])
    assert whole.any()
    np.testing.assert_array_equal(split, whole)


def test_silence_stays_silence() -> None:
    assert not sent(made(ROOMS["hall"], "7.1.4"), np.zeros((64 * 100, N_SENDS)), [100]).any()


def test_what_has_died_away_is_nothing() -> None:
    """Filters would keep the tiniest numbers for ever, and processors are slow at them."""
    reverb = made(ROOMS["courtyard"], "stereo")
    sends = np.zeros((64 * 15_000, N_SENDS))
    sends[0] = 1.0
    sent(reverb, sends, [15_000])
    assert not reverb._state.any()


def test_a_tail_dies_away_however_long_it_runs() -> None:
    room = replace(ROOMS["corridor"], rt60_s=(0.3, 4.0, 0.05, 3.0, 0.2, 6.0, 0.1, 0.0))
    sends = np.zeros((64 * 7500, N_SENDS))
    sends[0] = 1.0
    answer = np.abs(sent(made(room, "stereo"), sends, [7500]))
    assert answer[:48_000].max() > 1e-3
    assert answer[-48_000:].max() < 1e-6 * answer.max()


def test_echoes_come_from_where_the_walls_are() -> None:
    """With one wall, each send has one echo: as late as its mirror image is farther, from the place nearest to it."""
    room = replace(ROOMS["hall"], walls=(0.9, 0.0, 0.0, 0.0, 0.0, 0.0))
    echoes = made(room, "5.1").echoes
    assert echoes.sends.tolist() == list(range(N_SENDS))
    assert (echoes.orders == 1).all()
    from_left_m = 12.0
    for send, station_m in ((1, 2.7), (3, 2.7)):
        towards = -1.0 if send == 1 else 1.0
        far_m = 2.0 * from_left_m + towards * station_m
        assert echoes.delays[send] + 1 == pytest.approx((far_m - station_m) / 343.0 * RATE_HZ, abs=0.51)
        np.testing.assert_allclose(PLACES[echoes.places[send]], [-1.0, 0.0, 0.0], atol=1e-9)


def test_a_courtyard_hears_no_echo_from_a_ceiling() -> None:
    highest = {}
    for name in ("courtyard", "hall"):
        echoes = made(ROOMS[name], "7.1.4").echoes
        highest[name] = PLACES[echoes.places[echoes.sends != 4]][:, 2].max()
    assert highest["courtyard"] < 0.1
    assert highest["hall"] > 0.7


def test_left_mirrors_right() -> None:
    """What is sent left echoes in the channels on the left as what is sent right does on the right."""
    layout = layout_named("7.1.4")
    heard = [channel for channel in range(layout.n_channels) if channel not in layout.lfe_channels]
    points_m = layout.points_m[heard]
    mirror = [int(np.linalg.norm(points_m - point * [-1.0, 1.0, 1.0], axis=1).argmin()) for point in points_m]
    for name in ("gallery", "corridor", "courtyard"):
        reverb = made(ROOMS[name], "7.1.4")
        pulses = np.zeros((N_SENDS, 8192, N_SENDS))
        pulses[np.arange(N_SENDS), 0, np.arange(N_SENDS)] = 1.0
        energies = np.array([(echoed(reverb, pulse) ** 2).sum(axis=0)[heard] for pulse in pulses])
        np.testing.assert_allclose(energies[[0, 3, 2, 1, 4, 5]][:, mirror], energies, rtol=1e-6, atol=1e-12)
        towards = energies @ points_m[:, 0]
        assert towards[1] < -1e-6
        assert towards[3] > 1e-6


def test_sixteen_directions_surround_the_listener_evenly() -> None:
    units = directions(lambda points_m: points_m).T
    assert units.shape == (16, 3)
    np.testing.assert_allclose(units.sum(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.eigvalsh(units.T @ units), 16.0 / 3.0, rtol=0.02)
    apart_deg = np.degrees(np.arccos(np.clip(units @ units.T - 2.0 * np.eye(16), -1.0, 1.0)))
    assert apart_deg.min() > 45.0
    mirrored = units * [-1.0, 1.0, 1.0]
    assert np.linalg.norm(units[:, None] - mirrored, axis=-1).min(axis=1).max() < 1e-9

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, find_peaks, sosfiltfilt

from recordings.make import path_of
from recordings.models import TAKES
from recordings.models.contacts import (
    BOLT_HEAD,
    HEAVY,
    HINGE,
    PIVOT,
    RING,
    Body,
    Rub,
    answer,
    bearing_of,
    leaf_body,
    ring_body,
    rubbed,
    struck,
)
from recordings.models.gates import bolt, chain, creak, drawn, dropped, hall, knock, slam
from recordings.take import RATE_HZ
from soundscape.analysis.analyse import analyse
from soundscape.audio.files import read_audio

Samples = np.ndarray


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def taken(name: str) -> Samples:
    samples, rate_hz = read_audio(path_of(TAKES[name]))
    assert (rate_hz, samples.shape[1]) == (RATE_HZ, 1)
    return np.asarray(samples[:, 0], np.float64)


def between(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    return sosfiltfilt(butter(2, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), samples)


def t60_s(samples: Samples) -> float:
    """From the fall of what is still to come (Schroeder, JASA 37, 1965) between -5 and -25 dB."""
    left = np.cumsum(samples[::-1] ** 2)[::-1]
    left_db = 10.0 * np.log10(left / left[0] + 1e-12)
    return float(3.0 * (np.argmax(left_db < -25.0) - np.argmax(left_db < -5.0)) / RATE_HZ)


def rise_s(samples: Samples) -> float:
    """From 10 % of the peak to the peak of what 1 ms holds."""
    envelope = np.sqrt(np.convolve(samples**2, np.ones(48) / 48.0, "same"))
    return float((envelope.argmax() - np.argmax(envelope > 0.1 * envelope.max())) / RATE_HZ)


def drawn_at(speed_m_per_s: float, rub: Rub, *, on_kg: float = 20.0) -> tuple[Samples, Samples]:
    drive = np.full(2 * RATE_HZ, speed_m_per_s)
    bearing = bearing_of(rng(), 10, low_hz=300.0, high_hz=5_000.0, t60_s=0.04, mass_kg=on_kg)
    return rubbed(rng(), drive, np.ones(len(drive)), rub, bearing)


def slips_per_s(slips: Samples) -> float:
    return float(np.count_nonzero(np.diff(slips[RATE_HZ // 2 :]) > 0.0) / (len(slips) / RATE_HZ - 0.5))


@pytest.mark.parametrize("rub", [PIVOT, HINGE])
def test_slips_come_as_often_as_the_speed_makes_up_for_what_one_lets_go(rub: Rub) -> None:
    even = replace(rub, rough=0.0, ageing=0.0, stribeck_m_per_s=1e-5)
    slip_m = (1.0 + np.exp(-np.pi * rub.damping)) * (rub.static_n - rub.sliding_n) / rub.stiffness_n_per_m
    for speed_m_per_s in (0.005, 0.01, 0.02):
        _, slips = drawn_at(speed_m_per_s, even, on_kg=1e6)
        every_s = slip_m / speed_m_per_s + np.pi * np.sqrt(rub.mass_kg / rub.stiffness_n_per_m)
        assert slips_per_s(slips) == pytest.approx(1.0 / every_s, rel=0.1)


def test_a_pivot_rests_more_than_it_slips_and_never_twice_alike() -> None:
    force, slips = drawn_at(0.012, PIVOT)
    assert 0.01 < slips.mean() < 0.2
    assert force.max() > 1.3 * PIVOT.sliding_n
    apart = np.diff(np.flatnonzero(np.diff(slips) > 0.0))
    assert 0.2 < apart.std() / apart.mean() < 0.8


def test_a_pivot_drawn_fast_enough_with_friction_that_does_not_fall_slides() -> None:
    _, slips = drawn_at(0.3, replace(PIVOT, sliding_n=PIVOT.static_n, rough=0.0, ageing=0.0, damping=0.5))
    assert slips[RATE_HZ // 2 :].mean() > 0.99


@pytest.mark.parametrize(("rub", "on_kg"), [(PIVOT, 30.0), (HINGE, 3_000.0)])
def test_the_smallest_change_of_the_push_stays_small(rub: Rub, on_kg: float) -> None:
    for speed_m_per_s in (0.002, 0.02):
        one, other = (drawn_at(speed_m_per_s * more, rub, on_kg=on_kg)[0] for more in (1.0, 1.0 + 1e-12))
        assert np.abs(one - other).max() < 1e-6 * one.std()


def test_a_creak_is_pulses_that_are_neither_a_tone_nor_a_noise() -> None:
    sound = creak(rng(), 2.0, speed_m_per_s=0.01)[: 2 * RATE_HZ]
    envelope = np.sqrt(np.convolve(between(sound, 1_000.0, 6_000.0) ** 2, np.ones(48) / 48.0, "same"))
    pulses, _ = find_peaks(envelope, prominence=0.25 * np.percentile(envelope, 98), distance=100)
    assert 20.0 < len(pulses) / 2.0 < 300.0
    apart = np.diff(pulses)
    assert apart.std() / apart.mean() > 0.3


def test_a_leaf_has_as_many_modes_as_its_size_and_stiffness_give() -> None:
    leaf = leaf_body(rng(), HEAVY, at=(0.0, 0.0))
    speed = np.sqrt(HEAVY.along_m_per_s * HEAVY.across_m_per_s)
    per_hz = np.sqrt(3.0) * HEAVY.width_m * HEAVY.height_m / (HEAVY.thickness_m * speed)
    assert np.count_nonzero((leaf.hz > 500.0) & (leaf.hz < 4_500.0)) == pytest.approx(4_000.0 * per_hz, rel=0.2)
    late = answer(leaf, 0.5)
    assert t60_s(between(late, 150.0, 300.0)) > 3.0 * t60_s(between(late, 2_000.0, 4_000.0))


def test_a_light_blow_lasts_longer_than_a_hard_one_as_hertz_has_it() -> None:
    unmoved = Body(np.array([100.0]), np.array([0.1]), np.array([1e9]), np.ones(1))
    hammer = replace(RING, loss_s_per_m=0.0, weight_n=0.0)
    for speed_m_per_s in (0.5, 4.0):
        force = struck(hammer, speed_m_per_s, unmoved, 0.02)
        deepest_m = (1.25 * hammer.mass_kg * speed_m_per_s**2 / hammer.stiffness_n_per_m15) ** 0.4
        assert np.count_nonzero(force > 1.0) / RATE_HZ == pytest.approx(2.94 * deepest_m / speed_m_per_s, rel=0.1)
        assert force.sum() / RATE_HZ == pytest.approx(2.0 * hammer.mass_kg * speed_m_per_s, rel=0.03)


def test_a_knock_rises_at_once_and_its_ring_is_not_in_tune() -> None:
    ring = ring_body(rng(), radius_m=0.1, bar_m=0.018, t60_s=0.3)
    sound = knock(rng(), leaf_body(rng(), HEAVY, at=(0.8, 0.4)), ring, speed_m_per_s=1.5)
    assert rise_s(sound) < 0.005
    ratios = ring.hz[2::2] / ring.hz[0]
    assert ratios[:2] == pytest.approx([2.83, 5.42], rel=0.05)
    assert np.abs(ratios - np.rint(ratios)).max() > 0.1


def test_a_bolt_rubs_and_ends_in_a_clack() -> None:
    sound = bolt(rng(), 0.7, speed_m_per_s=0.2)
    level = np.sqrt(np.convolve(sound**2, np.ones(480) / 480.0, "same"))
    assert level.argmax() / RATE_HZ == pytest.approx(0.7, abs=0.02)
    rubs = level[RATE_HZ // 20 : round(0.66 * RATE_HZ)]
    assert -45.0 < 20.0 * np.log10(np.median(rubs) / level.max()) < -12.0
    assert struck(BOLT_HEAD, 1.0, ring_body(rng(), radius_m=0.1, bar_m=0.02, t60_s=0.1), 0.01).max() > 1_000.0


def test_a_hall_dies_away_as_asked_and_booms() -> None:
    late = hall(rng(), rt60_s=2.6)[:, 0]
    for low_hz, high_hz, share in ((40.0, 90.0, 1.13), (130.0, 350.0, 1.15), (500.0, 2_000.0, 1.0)):
        assert t60_s(between(late, low_hz, high_hz)) == pytest.approx(2.6 * share, rel=0.12)
    assert t60_s(between(late, 6_000.0, 12_000.0)) < 0.6 * 2.6


def test_a_slam_begins_broad_and_leaves_a_boom() -> None:
    sound = slam(rng(), speed_m_per_s=1.8)
    for low_hz, high_hz in ((200.0, 800.0), (800.0, 3_000.0), (3_000.0, 9_000.0)):
        assert rise_s(between(sound, low_hz, high_hz)) < 0.015
    heard = taken("gate_slam")[round(4.9 * RATE_HZ) : round(8.9 * RATE_HZ)]
    front = heard[: RATE_HZ // 2]
    assert front[np.abs(front).argmax()] ** 2 > 100.0 * np.mean(heard[RATE_HZ:] ** 2)
    boom = between(heard, 40.0, 200.0)
    first = np.abs(boom).argmax()
    assert t60_s(boom[first : first + 2 * RATE_HZ]) > 1.0


def test_a_chain_is_many_blows_that_come_faster_the_faster_it_is_drawn_or_the_further_it_has_fallen() -> None:
    slow, fast = (np.count_nonzero(drawn(rng(), 2.0, m_per_s=speed)[1] > 0.2 * speed) for speed in (0.5, 1.0))
    assert slow > 100
    assert fast == pytest.approx(2.0 * slow, rel=0.2)
    at_s, speed_m_per_s = dropped(rng(), length_m=2.0, height_m=0.5)
    lands = len(at_s) // 5
    assert np.ptp(at_s[:lands]) == pytest.approx(np.sqrt(2 * 2.5 / 9.81) - np.sqrt(2 * 0.5 / 9.81), abs=0.03)
    assert speed_m_per_s[lands - 1] == pytest.approx(speed_m_per_s[0] * np.sqrt(5.0), rel=1e-6)
    sound = chain(rng(), *drawn(rng(), 1.5, m_per_s=0.8), 1.6)
    envelope = np.sqrt(np.convolve(between(sound, 1_500.0, 12_000.0) ** 2, np.ones(96) / 96.0, "same"))
    blows, _ = find_peaks(envelope, prominence=0.1 * envelope.max(), distance=200)
    assert len(blows) > 15


PLAYED_S = {
    "gate_creak_heavy": (0.8, 4.9, 7.8, 12.7, 16.0),
    "gate_creak_far": (0.8, 4.9, 7.8, 12.7, 16.0),
    "gate_hinge": (0.8, 3.6, 6.0, 9.5, 11.7),
    "gate_bolt": (0.8, 3.0, 5.2, 8.0, 10.3),
    "gate_knocker": (0.8, 1.3, 1.8, 4.2, 4.7, 5.2, 5.8, 8.4, 8.9, 11.2, 11.7, 12.2),
    "gate_knocker_dc": (0.8, 2.3, 3.8, 6.2, 7.7),
    "gate_slam": (0.8, 5.0, 9.4, 13.6),
    "gate_slam_clipped": (0.8, 5.8),
    "gate_chain": (0.8, 5.0, 8.2, 11.4),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAYED_S)
def test_takes_are_cut_as_played_and_have_the_faults_meant(name: str) -> None:
    heard = analyse(Path(path_of(TAKES[name])))
    events = [segment for segment in heard.segments if segment.kind in ("event", "note")]
    within = [one for one in events for other in events if other.start_s < one.start_s and one.end_s <= other.end_s]
    starts_s = [segment.start_s for segment in events if segment not in within]
    assert starts_s == pytest.approx(PLAYED_S[name], abs=0.15)
    assert len(within) <= (len(starts_s) if name == "gate_bolt" else 0)  # a bolt that slid may be heard as it strikes
    assert heard.recording.faults == TAKES[name].faults


def test_the_clipped_slam_is_cut_off_and_the_offset_knocks_stand_off_zero() -> None:
    assert np.count_nonzero(np.abs(taken("gate_slam_clipped")) > 0.999) > 200
    assert np.median(taken("gate_knocker_dc")) == pytest.approx(0.015, abs=0.001)
    assert abs(np.median(taken("gate_knocker"))) < 0.001

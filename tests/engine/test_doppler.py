"""Sources that come and go, against the closed form: what is emitted at t is heard at t + (d(t) - d(0)) / c."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import hilbert

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.bending import MOST_MACH
from soundscape.engine.engine import render_plan
from soundscape.engine.plan import plan
from soundscape.engine.voices import SourceKey
from soundscape.score.curve import Curve
from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.layout import layout_named
from soundscape.space.trajectory import Trajectory
from soundscape.units import Samples

RATE_HZ = 48_000
HZ = 1000.0
TAKE = Recording("d" * 32, "wave.wav", RATE_HZ, 1, 12 * RATE_HZ)
WHOLE = Segment("d:12", TAKE.id, 0.0, 12.0)
LAYOUT = layout_named("mono")
PASSES = Trajectory((0.0, 4.0), ((-40.0, 2.0, 0.0), (40.0, 2.0, 0.0)))
"""By at 20 m/s, at 2 m."""

Floats = NDArray[np.float64]


def wave(key: SourceKey) -> Samples:
    n_frames = round((key.end_s - key.start_s) / key.speed * RATE_HZ)
    return np.sin(2.0 * np.pi * HZ * np.arange(n_frames) / RATE_HZ)[:, None].astype(np.float32)


def heard(event: Event, source: object = wave) -> Floats:
    planned = plan(Arrangement((event,), (TAKE,)), LAYOUT)
    return np.concatenate(list(render_plan(planned, source)))[:, 0].astype(np.float64)  # type: ignore[arg-type]


def pitch(samples: Floats, at_s: float, width_s: float = 0.05) -> float:
    """Frequency about a moment, against that of the wave: how fast the phase of its tone goes."""
    middle, half = round(at_s * RATE_HZ), round(width_s * RATE_HZ / 2)
    phase = np.unwrap(np.angle(hilbert(samples[middle - 3 * half : middle + 3 * half])))[2 * half : 4 * half]
    return float(np.polyfit(np.arange(2 * half), phase, 1)[0] * RATE_HZ / (2.0 * np.pi * HZ))


def closed_form(path: Trajectory, at_s: float) -> float:
    """Pitch that is heard at `at_s`, by how fast the distance changed when it was emitted."""
    emitted_s = np.arange(0.0, 2.0 * at_s + 1.0, 1e-5)
    far_m = np.linalg.norm(path.at(emitted_s), axis=1)
    heard_s = emitted_s + (far_m - far_m[0]) / SOUND_M_PER_S
    n = int(np.searchsorted(heard_s, at_s))
    return float((emitted_s[n + 50] - emitted_s[n - 50]) / (heard_s[n + 50] - heard_s[n - 50]))


def test_a_source_that_passes_is_higher_before_and_lower_after() -> None:
    """Far off, f' = f / (1 -+ v / c): a little more than 1 + v / c before, a little less than 1 - v / c after."""
    samples = heard(Event(0.0, 4.0, WHOLE, "car", PASSES, doppler=True))
    mach = 20.0 / SOUND_M_PER_S
    assert pitch(samples, 0.2) == pytest.approx(1.0 / (1.0 - mach), rel=0.002)
    assert pitch(samples, 3.7) == pytest.approx(1.0 / (1.0 + mach), rel=0.002)


@pytest.mark.parametrize("at_s", [0.3, 1.2, 1.8, 1.95, 2.2, 3.0])
def test_all_along_the_pitch_is_that_of_the_closed_form(at_s: float) -> None:
    samples = heard(Event(0.0, 4.0, WHOLE, "car", PASSES, doppler=True))
    assert pitch(samples, at_s, 0.03) == pytest.approx(closed_form(PASSES, at_s), abs=0.002)


@pytest.mark.parametrize("path", [
    PASSES, Trajectory((0.0, 3.0), ((0.0, 300.0, 0.0), (0.0, 150.0, 0.0))),
    Trajectory((0.5, 1.0, 3.0), ((0.0, 2.0, 0.0), (9.0, 2.0, 0.0), (0.0, 2.0, 5.0))),
])  # fmt: skip
@pytest.mark.parametrize("start_s", [0.0, 0.1237])
def test_clicks_are_heard_when_their_sound_arrives_and_the_first_moment_at_once(
    path: Trajectory, start_s: float
) -> None:
    emitted_s = np.array([0.002, 0.3, 0.75, 1.1, 2.0, 2.8])

    def clicks(key: SourceKey) -> Samples:
        samples = 0.0 * wave(key)
        samples[np.round(emitted_s * RATE_HZ).astype(int)] = 1.0
        return samples

    samples = np.abs(heard(Event(start_s, 4.0, WHOLE, "car", path, doppler=True, fade_in_s=0.0), clicks))
    far_m = np.linalg.norm(path.at(np.concatenate([[0.0], emitted_s])), axis=1)
    arrives = (start_s + emitted_s + (far_m[1:] - far_m[0]) / SOUND_M_PER_S) * RATE_HZ
    found = [
        first + int(samples[first : first + 400].argmax()) for first in (np.round(arrives) - 200).astype(int).clip(0)
    ]
    np.testing.assert_allclose(found, arrives, atol=2.0)


def test_a_still_source_is_untouched_bit_for_bit() -> None:
    path = Trajectory((0.0, 1.0), ((3.0, 40.0, 1.0), (3.0, 40.0, 1.0)))
    plain, doppler = (Event(0.013, 0.5, WHOLE, "owl", path, doppler=doppler) for doppler in (False, True))
    np.testing.assert_array_equal(heard(doppler), heard(plain))


def test_a_source_that_circles_keeps_its_pitch() -> None:
    """On a circle the distance stays: corners of a polygon of a hundred sides come nearer by a millimetre."""
    angles = np.linspace(0.0, 2.0 * np.pi, 101)
    points = tuple((2.0 * float(np.cos(a)), 2.0 * float(np.sin(a)), 0.0) for a in angles)
    path = Trajectory(tuple(np.linspace(0.0, 2.0, 101).tolist()), points)
    samples = heard(Event(0.0, 2.0, WHOLE, "bee", path, doppler=True))
    assert pitch(samples, 1.0, 0.2) == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize(("far_m", "ratio"), [(600.0, 1.0 / (1.0 + MOST_MACH)), (-600.0, 1.0 / (1.0 - MOST_MACH))])
def test_faster_than_half_the_speed_of_sound_is_as_if_it_were_half(far_m: float, ratio: float) -> None:
    """400 m/s, going and coming: beyond the speed of sound no tone of its own would be left."""
    start_m = 0.5 if far_m > 0.0 else 800.0
    path = Trajectory((0.0, 1.5), ((0.0, start_m, 0.0), (0.0, start_m + far_m, 0.0)))
    samples = heard(Event(0.0, 1.4, WHOLE, "jet", path, doppler=True))
    assert pitch(samples, 0.5) == pytest.approx(ratio, rel=0.002)


def test_a_path_that_jumps_changes_speed_by_no_more_than_that_and_goes_on() -> None:
    path = Trajectory((0.0, 0.5, 0.5001, 1.0), ((0.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 5000.0, 0.0), (0.0, 1.0, 0.0)))
    (voice,) = plan(Arrangement((Event(0.0, 1.5, WHOLE, "ghost", path, doppler=True),), (TAKE,)), LAYOUT).voices
    assert voice.speeds.min() >= 1.0 / (1.0 + MOST_MACH) - 1e-9
    assert voice.speeds.max() <= 1.0 / (1.0 - MOST_MACH) + 1e-9
    assert (np.diff(voice.positions) > 0.0).all()
    samples = heard(Event(0.0, 1.5, WHOLE, "ghost", path, doppler=True))
    assert np.isfinite(samples).all()
    assert np.abs(samples[: RATE_HZ // 2]).max() > 0.9


def test_a_bend_multiplies_what_the_way_does() -> None:
    bend = Curve((0.0,), (7.0,))
    samples = heard(Event(0.0, 4.0, WHOLE, "siren", PASSES, doppler=True, bend=bend))
    for at_s in (0.3, 3.0):
        expected = 2.0 ** (7.0 / 12.0) * closed_form(PASSES, at_s)
        assert pitch(samples, at_s) == pytest.approx(expected, rel=0.002)


def test_a_bend_that_changes_is_emitted_by_the_source_as_it_changes() -> None:
    """An octave up after a second, on a source that stands off and goes away at 40 m/s: heard later by what it went."""
    path = Trajectory((0.0, 10.0), ((0.0, 100.0, 0.0), (0.0, 500.0, 0.0)))
    bend = Curve((0.0, 1.0, 1.01), (0.0, 0.0, 12.0))
    samples = heard(Event(0.0, 2.0, WHOLE, "siren", path, doppler=True, bend=bend))
    late_s = 40.0 / SOUND_M_PER_S
    slower = 1.0 / (1.0 + late_s)
    assert pitch(samples, 1.0 + late_s - 0.03, 0.03) == pytest.approx(slower, rel=0.003)
    assert pitch(samples, 1.0 + late_s + 0.05, 0.03) == pytest.approx(2.0 * slower, rel=0.003)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(-100, 100), st.floats(-100, 100)), min_size=2, max_size=5),
       st.sampled_from([None, 3.0]))  # fmt: skip
def test_the_source_is_always_where_what_is_heard_was_emitted(
    legs: list[tuple[float, float, float]], higher: float | None
) -> None:
    """Between rows of the grid the speed goes straight: that is off by half a row times what the speed turned."""
    times_s = np.cumsum([leg[0] for leg in legs])
    path = Trajectory(tuple(times_s.tolist()), tuple((x, y, 0.0) for _, x, y in legs))
    emitted_s = np.arange(0.0, 2.0 * times_s[-1] + 2.0, 1e-3)
    far_m = np.linalg.norm(path.at(emitted_s), axis=1)
    assume(not path.is_still and np.abs(np.diff(far_m)).max() < MOST_MACH * SOUND_M_PER_S * 1e-3)
    bend = higher and Curve((0.0,), (higher,))
    event = Event(0.0, float(times_s[-1]), WHOLE, "fly", path, doppler=True, bend=bend)
    (voice,) = plan(Arrangement((event,), (TAKE,)), LAYOUT).voices
    heard_s = emitted_s + (far_m - far_m[0]) / SOUND_M_PER_S
    rows_s = np.arange(len(voice.positions)) * 512 / RATE_HZ
    ratio = 2.0 ** ((higher or 0.0) / 12.0)
    off_s = ratio * (np.abs(np.diff(1e-3 / np.diff(heard_s))).sum() * 256 / RATE_HZ + 1e-4)
    np.testing.assert_allclose(voice.positions / RATE_HZ, ratio * np.interp(rows_s, heard_s, emitted_s), atol=off_s)

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from soundscape.audio.loudness import Meter, loudness
from soundscape.exhibit.exhibit import Caps
from soundscape.exhibit.levelled import ASIDE_DB, OPENING_S, Levelled, bring
from soundscape.exhibit.windows import window_frames
from soundscape.units import Samples
from tests.exhibit.days import RATE_HZ, plan_of, wind

N_FRAMES = window_frames(RATE_HZ)
STEREO = (1.0, 1.0)
OPEN = Caps(-10.0, -5.0, 0.0)


def noise(seed: int, level_db: float) -> Samples:
    rng = np.random.default_rng(seed)
    return (10.0 ** (level_db / 20.0) * rng.standard_normal((N_FRAMES, 2))).astype(np.float32)


def raw(*levels_db: float) -> list[Samples]:
    return [noise(n, level_db) for n, level_db in enumerate(levels_db)]


def levelled(made: list[Samples], caps: Caps, *, first: int = 0, duration_s: float = 3600.0,
             levels_db: tuple[tuple[float, float], ...] = ((0.0, 0.0),)) -> Iterator[Samples]:  # fmt: skip
    day = plan_of(wind(0.0, 10.0), duration_s=duration_s, levels_db=levels_db)
    of = Levelled(day, caps, rate_hz=RATE_HZ, weights=STEREO, n_frames=N_FRAMES)
    return (samples for samples, _ in of.windows((one.copy() for one in made[max(0, first - 1) :]), first))


def test_a_minute_that_is_too_loud_is_as_loud_as_hours_may_be() -> None:
    caps = Caps(-40.0, -20.0, 0.0)
    out = list(levelled(raw(-60.0, -30.0, -30.0, -60.0, -60.0), caps))
    assert loudness(out[1], RATE_HZ, STEREO).integrated_lufs == pytest.approx(caps.hours_lufs - ASIDE_DB, abs=0.05)
    assert loudness(np.concatenate(out), RATE_HZ, STEREO).integrated_lufs <= caps.hours_lufs


def test_a_minute_that_is_soft_enough_is_left_alone() -> None:
    made = raw(-60.0, -50.0, -60.0, -50.0)
    out = list(levelled(made, OPEN))
    assert np.array_equal(out[1], made[1])


def test_from_minute_to_minute_the_level_goes_straight() -> None:
    made = raw(-60.0, -30.0, -60.0, -30.0, -60.0)
    out = np.concatenate(list(levelled(made, Caps(-40.0, -20.0, 0.0))))
    open_at = int(OPENING_S * RATE_HZ)
    gains_db = 20.0 * np.log10(out[open_at:, 0] / np.concatenate(made)[open_at : len(out), 0])
    assert gains_db.min() < -8.0
    assert np.abs(np.diff(gains_db)).max() < 0.01


def test_no_moment_passes_its_cap_wherever_it_is() -> None:
    caps = Caps(-34.0, -30.0, 0.0)
    made = raw(*(-60.0,) * 5)
    for window, at_s in ((0, 30.0), (1, 59.8), (2, 0.05), (2, 20.0), (2, 20.9), (3, 40.0)):
        first = int(at_s * RATE_HZ)
        made[window][first : first + RATE_HZ // 3] *= 300.0  # a slam, 50 dB above
    made[1][30 * RATE_HZ : 30 * RATE_HZ + 200] *= 1e4  # nothing before it, and all of it at once
    for window in range(4):
        made[window] = np.ascontiguousarray(made[window])
    before, after = Meter(RATE_HZ, STEREO), Meter(RATE_HZ, STEREO)
    for samples, out in zip(made, levelled(made, caps), strict=False):
        before.update(samples)
        after.update(out)
    assert before.result().momentary_max_lufs > caps.momentary_lufs + 10.0
    assert after.result().momentary_max_lufs <= caps.momentary_lufs
    assert after.result().integrated_lufs <= caps.hours_lufs


def test_a_moment_is_turned_down_where_it_is_and_not_all_minute() -> None:
    made = raw(*(-60.0,) * 4)
    made[1][30 * RATE_HZ : 30 * RATE_HZ + RATE_HZ // 3] *= 300.0
    out = list(islice(levelled(made, Caps(-20.0, -20.0, 0.0)), 2))[1]
    quiet = slice(0, 25 * RATE_HZ)
    assert np.allclose(out[quiet], made[1][quiet], rtol=1e-3)
    gain_db = 20.0 * np.log10(np.abs(out[:, 0]) / np.maximum(np.abs(made[1][:, 0]), 1e-12) + 1e-12)
    assert np.abs(np.diff(gain_db[:: RATE_HZ // 10])).max() < 6.0  # no step that is heard


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_window_alone_has_the_level_of_the_day(first: int) -> None:
    made = raw(-60.0, -30.0, -45.0, -28.0, -60.0, -60.0)
    caps = Caps(-40.0, -38.0, 0.0)
    day = list(levelled(made, caps, levels_db=((0.0, -3.0), (100.0, -9.0))))
    assert np.array_equal(next(levelled(made, caps, first=first, levels_db=((0.0, -3.0), (100.0, -9.0)))), day[first])


def test_profiles_are_softer_from_their_time_on_without_a_step() -> None:
    made = raw(*(-40.0,) * 4)
    out = np.concatenate(list(levelled(made, OPEN, levels_db=((0.0, 0.0), (90.0, -12.0), (150.0, -6.0)))))

    def heard_db(at_s: float) -> float:
        stretch = slice(int(at_s * RATE_HZ), int((at_s + 1.0) * RATE_HZ))
        whole = np.concatenate(made)
        return float(20.0 * np.log10(np.std(out[stretch]) / np.std(whole[stretch])))

    assert [heard_db(at_s) for at_s in (70.0, 101.0, 148.0, 161.0)] == pytest.approx(
        [0.0, -12.0, -12.0, -6.0], abs=0.01
    )
    assert -12.0 < heard_db(94.0) < 0.0


def test_the_doors_open_and_close_softly_and_a_closed_exhibit_is_silent() -> None:
    out = np.concatenate(list(levelled(raw(*(-40.0,) * 4), OPEN, duration_s=100.0)))
    assert np.abs(out[: RATE_HZ // 10]).max() < 0.01 * np.abs(out[20 * RATE_HZ :]).max()
    middle = int(OPENING_S / 2 * RATE_HZ)
    assert np.std(out[middle : middle + 800]) == pytest.approx(0.5 * np.std(out[10 * RATE_HZ : 12 * RATE_HZ]), rel=0.2)
    assert not out[100 * RATE_HZ + 512 :].any()  # gains go straight to the next row
    closed = next(levelled(raw(-40.0, -40.0), OPEN, levels_db=((0.0, -np.inf),)))
    assert not closed.any()


def test_between_rows_the_gain_is_a_straight_line() -> None:
    rng = np.random.default_rng(3)
    gains, ramp = rng.uniform(0.0, 1.0, 5), np.repeat((np.arange(8) / 8).astype(np.float32), 3)
    samples = rng.standard_normal((32, 3)).astype(np.float32)
    lines = np.interp(np.arange(32) / 8, np.arange(5), gains)
    expected = samples * lines[:, None]
    bring(gains, ramp, samples.reshape(-1))
    assert np.allclose(samples, expected, atol=1e-6)

from __future__ import annotations

import numpy as np
import pytest

from soundscape.exhibit.deck import FADE_S, Deck, body_for
from soundscape.units import Samples

RATE_HZ = 8000
WINDOW = 20 * 512 * 2
"""Some two and a half seconds: more than one chunk would be too quick to see a seam."""
BLOCK = 512


def window(number: int, n_channels: int = 2, level: float = 0.01) -> Samples:
    return (level * np.random.default_rng(number).standard_normal((WINDOW, n_channels))).astype(np.float32)


FALLBACK = np.full((5 * RATE_HZ, 2), 0.05, np.float32)


def deck_of(windows: dict[int, Samples], n_channels: int = 2, ceiling_db: float = -1.0) -> Deck:
    body = body_for(n_channels, rate_hz=RATE_HZ, ceiling_db=ceiling_db)
    fallback = FALLBACK[:, :1].repeat(n_channels, axis=1)
    return Deck(body, lambda _, number: windows.get(number), fallback, window_frames=WINDOW, reads=True)


def pulled(deck: Deck, n_frames: int) -> Samples:
    blocks = []
    for _ in range(-(-n_frames // BLOCK)):
        blocks.append(deck.body.pull(BLOCK))
        deck.turn()
    return np.concatenate(blocks)


@pytest.mark.parametrize("n_channels", [1, 2, 12, 24])
def test_windows_come_out_bit_for_bit_from_any_frame_on(n_channels: int) -> None:
    windows = {n: window(n, n_channels) for n in range(8)}
    whole = np.concatenate(list(windows.values()))
    deck = deck_of(windows, n_channels)
    late = 3 * 512 + 1000
    deck.follow("day", late)
    out = pulled(deck, 6 * WINDOW)
    lag = deck.body.latency_frames + 2 * 64
    joined = lag + RATE_HZ  # the first 20 ms fade in
    assert np.array_equal(out[joined : 5 * WINDOW], whole[late + joined - lag : late + 5 * WINDOW - lag])
    assert deck.told() == ()
    deck.close()


def test_a_missing_window_is_bridged_without_a_silence_and_the_day_goes_on_in_its_place() -> None:
    windows = {n: window(n) for n in range(12) if n not in (3, 4)}
    deck = deck_of(windows)
    deck.follow("day", 0)
    out = pulled(deck, 10 * WINDOW)
    told = [(one.what, one.why) for one in deck.told()]
    assert told == [("fallback", "a window is missing"), ("stems", "")]
    lag = deck.body.latency_frames + 2 * 64
    whole = np.concatenate([windows.get(n, np.zeros((WINDOW, 2), np.float32)) for n in range(10)])
    after = slice(6 * WINDOW, 9 * WINDOW)
    assert np.array_equal(out[after.start + lag : after.stop + lag], whole[after])
    loud = np.sqrt(np.convolve((out**2).mean(axis=1), np.full(400, 1 / 400), "same"))
    assert loud[RATE_HZ : 9 * WINDOW].min() > 0.004  # never softer than the windows themselves, or the bed, halfway
    assert out[int(3.5 * WINDOW) :][: WINDOW // 2].mean() == pytest.approx(0.05, rel=0.02)  # the bed alone
    assert np.abs(np.diff(out[3 * WINDOW + RATE_HZ : 4 * WINDOW], axis=0)).max() < 1e-3  # where it goes round too
    deck.close()


def test_what_is_torn_or_of_other_channels_is_bridged_too() -> None:
    windows = {n: window(n) for n in range(12)}
    windows[2], windows[5] = windows[2][: WINDOW // 3], window(5, 3)
    deck = deck_of(windows)
    deck.follow("day", 0)
    pulled(deck, 9 * WINDOW)
    assert [one.what for one in deck.told()] == ["fallback", "stems", "fallback", "stems"]
    assert deck.n_fallbacks == 2
    deck.close()


def test_another_plan_takes_over_where_both_are_alike() -> None:
    old, new = {n: window(n) for n in range(12)}, {n: window(n if n < 3 else n + 50) for n in range(12)}
    plans = {"old": old, "new": new}
    body = body_for(2, rate_hz=RATE_HZ, ceiling_db=-1.0)
    deck = Deck(body, lambda key, number: plans[key].get(number), FALLBACK, window_frames=WINDOW, reads=True)
    deck.follow("old", 0)
    head = pulled(deck, WINDOW // 2)
    deck.changed("new")
    out = np.concatenate([head, pulled(deck, 7 * WINDOW)])
    lag = deck.body.latency_frames + 2 * 64
    whole = np.concatenate(list(new.values()))
    assert np.array_equal(out[RATE_HZ : 7 * WINDOW], whole[RATE_HZ - lag : 7 * WINDOW - lag])
    deck.close()


def test_levels_never_rise_above_what_was_rendered_and_shut_is_silent() -> None:
    windows = {n: np.full((WINDOW, 2), 0.1, np.float32) for n in range(20)}
    deck = deck_of(windows)
    deck.follow("day", 0)
    pulled(deck, WINDOW)
    deck.level(12.0)
    pulled(deck, RATE_HZ)
    assert pulled(deck, 512).max() == pytest.approx(0.1)
    deck.level(-20.0)
    out = pulled(deck, int(2 * FADE_S * RATE_HZ))
    assert out[-1, 0] == pytest.approx(0.01, rel=0.01)
    assert np.abs(np.diff(out, axis=0)).max() < 1e-3
    deck.shut(over_s=1.0)
    assert not pulled(deck, 2 * RATE_HZ)[-512:].any()
    deck.follow("day", 5 * WINDOW)
    assert pulled(deck, RATE_HZ)[-1, 0] == pytest.approx(0.01, rel=0.01)  # as soft as it was told to be
    deck.close()


def test_a_clip_is_heard_at_once_and_whole() -> None:
    windows = {n: np.zeros((WINDOW, 2), np.float32) for n in range(20)}
    deck = deck_of(windows)
    deck.follow("day", 0)
    pulled(deck, RATE_HZ)
    sound = window(77)
    assert deck.clip(sound)
    out = pulled(deck, 2 * WINDOW)
    begins = int(np.flatnonzero(out.any(axis=1))[0])
    assert begins <= 2 * BLOCK + deck.body.latency_frames
    assert np.array_equal(out[begins : begins + WINDOW], sound)
    deck.shut()
    assert not deck.clip(sound)
    deck.close()


def test_nothing_passes_the_ceiling() -> None:
    windows = {n: window(n, level=1.0) for n in range(6)}
    deck = deck_of(windows, ceiling_db=-12.0)
    deck.follow("day", 0)
    deck.clip(window(9, level=1.0))
    assert np.abs(pulled(deck, 4 * WINDOW)).max() <= 10.0 ** (-12.0 / 20.0)
    deck.close()

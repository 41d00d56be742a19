"""A tail belongs to its event until it falls into the background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.analyse import analyse
from soundscape.analysis.frames import HOPS_PER_S, N_BANDS
from soundscape.analysis.segmenters.tails import OVER_DB, tail_stop
from soundscape.catalogue.segment import Segment

RATE_HZ = 24_000


def gong(duration_s: float, t60_s: float, beat_hz: float) -> np.ndarray:
    """Partials of two modes each, the higher the sooner gone; the lowest takes `t60_s` to fall by 60 dB."""
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(at_s))
    for hz, share in ((160.0, 1.0), (250.0, 0.8), (350.0, 0.6), (480.0, 0.5), (750.0, 0.3), (1300.0, 0.2)):
        both = np.sin(2 * np.pi * hz * at_s) + 0.6 * np.sin(2 * np.pi * (hz + beat_hz) * at_s)
        sound += 0.05 * np.exp(-6.91 * at_s / (share * t60_s)) * both
    return sound


def heard(folder: Path, background_level: float, duration_s: float, strokes_s: list[float]) -> tuple[Segment, ...]:
    take = background_level * np.random.default_rng(1).standard_normal(round(duration_s * RATE_HZ))
    for at_s in strokes_s:
        sound = gong(25.0, 30.0, 0.7)
        place = slice(round(at_s * RATE_HZ), round(at_s * RATE_HZ) + len(sound))
        take[place] += sound[: len(take[place])]
    path = folder / "take.wav"
    soundfile.write(path, take.astype(np.float32), RATE_HZ, subtype="FLOAT")
    return analyse(path).segments


def sinks_after_s(background_level: float) -> float:
    """When the lowest partial is as loud as the noise in a band of mel scale around it."""
    band_hz = 2 * 65.0
    noise_power = background_level**2 * band_hz / (RATE_HZ / 2)
    return float(30.0 / 60.0 * 10.0 * np.log10(0.05**2 / 2 / noise_power))


@pytest.mark.parametrize("background_level", [0.0005, 0.002, 0.008])
def test_the_tail_of_a_gong_is_its_own_until_it_is_in_the_background(tmp_path: Path, background_level: float) -> None:
    segments = heard(tmp_path, background_level, 45.0, [8.0])
    (event,) = (one for one in segments if one.kind != "texture")
    assert event.start_s == pytest.approx(8.0, abs=0.1)
    assert event.duration_s == pytest.approx(min(25.0, sinks_after_s(background_level)), abs=3.0)
    after = [one for one in segments if one.start_s > 8.0]
    assert all(one.start_s >= event.end_s for one in after)


def test_a_tail_ends_where_the_next_stroke_begins(tmp_path: Path) -> None:
    first, second = (one for one in heard(tmp_path, 0.001, 60.0, [5.0, 17.0]) if one.kind != "texture")
    assert [first.start_s, second.start_s] == pytest.approx([5.0, 17.0], abs=0.1)
    assert first.end_s == pytest.approx(17.0, abs=0.1)


def courses(falls_db_per_s: float, trembles_db: float) -> np.ndarray:
    """Bands at -70 dB; from 10 s on three are at -20 dB and sink, all tremble as wind does, slowly."""
    random = np.random.default_rng(2)
    seconds = np.linspace(0, 40, 40)
    at_s = np.arange(40 * HOPS_PER_S) / HOPS_PER_S
    bands = np.full((len(at_s), N_BANDS), -70.0)
    bands[:, 5:8] = np.maximum(-70.0, np.where(at_s < 10.0, -70.0, -20.0 - falls_db_per_s * (at_s - 10.0)))[:, None]
    bands += np.interp(at_s, seconds, trembles_db * random.standard_normal(40))[:, None]
    return np.float32(bands + random.normal(0.0, 1.0, bands.shape))


def test_what_sinks_evenly_is_followed_and_what_comes_and_goes_is_not() -> None:
    assert tail_stop(courses(2.5, 0.0), 1000, 1900, 4000) == pytest.approx(3000 - 100 * OVER_DB / 2.5, abs=50)
    assert tail_stop(courses(2.5, 6.0), 1000, 1900, 4000) == 1900


def test_a_sound_that_stops_at_once_has_no_tail() -> None:
    bands = courses(0.0, 0.0)
    bands[1900:] = courses(1e3, 0.0)[1900:]
    assert tail_stop(bands, 1000, 1900, 4000) == 1900

"""The mix against its float64 twin, written from what a voice means and not from how the kernel works."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from soundscape.arrangement.event import Event
from soundscape.engine.commands import Start, Stop
from soundscape.engine.engine import Engine, render_plan
from soundscape.engine.plan import Plan, plan
from soundscape.engine.voices import GRID, Voice
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.trajectory import Trajectory
from tests.engine.scenes import QUAD, STEREO, arrangement, noise, segment
from tests.engine.test_engine import SCENE

BELOW_DB = -120.0
Floats = NDArray[np.float64]

NEAR = Trajectory((0.0, 0.4), ((-2.0, 1.0, 0.0), (1.5, -1.0, 1.0)))
PASSES = Trajectory((0.0, 0.4), ((-4.0, 1.5, 0.0), (4.0, 1.5, 0.0)))
LEAVES = Trajectory((0.0, 0.4), ((0.0, 3.0, 0.0), (5.0, 60.0, 2.0)))
LONE = (
    Event(0.013, 0.2, segment(), "bell", NEAR),
    Event(0.0, 0.3, segment(), "gate", bend=Curve((0.0, 0.3), (-7.0, 9.0))),
    Event(0.1, 0.2, segment(QUAD), "crowd", NEAR, fade_in_s=0.05, fade_out_s=0.1),
    Event(0.02, 0.3, segment(end_s=0.08), "wind", loops=True, gain_db=-6.0),
    Event(0.05, 0.17, segment(), "car", PASSES, doppler=True),
    Event(0.19, 0.1, segment(), "knock", Trajectory.still(0.0, 0.0, 0.0), offset_s=0.3),
    Event(0.0, 0.25, segment(), "swell", NEAR, level_db=Curve((0.0, 0.25), (-40.0, 0.0)), spread_deg=120.0),
)
FAR = (
    Event(0.013, 0.3, segment(), "owl", LEAVES, offset_s=0.2),
    Event(0.02, 0.2, segment(STEREO), "bells", Trajectory.still(40.0, 10.0, 0.0), fade_in_s=0.0),
)
FAR_AND_BENT = (
    Event(0.017, 0.3, segment(), "crane", LEAVES, offset_s=0.2, bend=Curve((0.0, 0.3), (5.0, -8.0))),
    Event(0.03, 0.2, segment(), "plane", LEAVES, offset_s=0.2, doppler=True),
)


def envelope(voice: Voice) -> Floats:
    since = np.arange(voice.n_frames) + 0.5
    left = voice.n_frames - since
    rise = np.sin(np.pi / 2 * np.minimum(since / max(voice.fade_in, 1e-9), 1.0))
    return rise * np.sin(np.pi / 2 * np.minimum(left / max(voice.fade_out, 1e-9), 1.0))


def source_of(voice: Voice) -> Floats:
    source = noise(voice.key).astype(np.float64)
    return source.mean(axis=1) if voice.channel < 0 else source[:, voice.channel]


def played(voice: Voice, away: int = 0) -> Floats:
    """What each frame of a voice plays, or what is `away` frames after it; a source is silent outside itself."""
    source, frames = source_of(voice), np.arange(voice.start, voice.stop)
    if voice.is_bent:
        return bent(voice, source, frames, away)
    at = voice.source_start + frames - voice.start + away
    return np.where((at >= 0) & (at < len(source)), source[at.clip(0, len(source) - 1)], 0.0)


def bent(voice: Voice, source: Floats, frames: NDArray[np.int64], away: int = 0) -> Floats:
    """The source between its frames: a sinc of 32 taps under a Kaiser window, at the nearest 4096th of a frame."""
    row, into = frames // GRID - voice.start // GRID, frames % GRID + away
    rise = (voice.speeds[row + 1] - voice.speeds[row]) / GRID
    places = voice.positions[row] + into * (voice.speeds[row] + rise * into / 2)
    whole = np.floor(places).astype(int)
    off = np.arange(32) - 15 - np.round((places - whole) * 4096)[:, None] / 4096
    taps = np.sinc(off) * np.i0(9.0 * np.sqrt(np.maximum(0.0, 1.0 - (off / 16) ** 2)))
    at = whole[:, None] + np.arange(32) - 15
    heard = np.where((at >= 0) & (at < len(source)), source[at.clip(0, len(source) - 1)], 0.0)
    return np.asarray((heard * taps).sum(axis=1) / taps.sum(axis=1))


def through_air(voice: Voice) -> Floats:
    """What is played after 15 taps, the same to both sides; each tap goes straight from row to row."""
    taps = between_rows(voice, voice.airs)
    beside = (played(voice, away) + played(voice, -away) for away in range(1, 8))
    return np.asarray(taps[:, 0] * played(voice) + sum(taps[:, n] * pair for n, pair in enumerate(beside, start=1)))


def between_rows(voice: Voice, rows: NDArray[np.float32]) -> Floats:
    """Values at each frame of a voice, (n_frames, n), that are given at each row of the grid."""
    at = (voice.start // GRID + np.arange(len(rows))) * GRID
    frames = np.arange(voice.start, voice.stop)
    return np.stack([np.interp(frames, at, column) for column in rows.T.astype(np.float64)], axis=1)


def bus_of(planned: Plan) -> Floats:
    """Everything that enters the bus: (n_frames, n_bus)."""
    out = np.zeros((planned.n_frames, planned.n_bus))
    for voice in planned.voices:
        heard = through_air(voice) if voice.is_in_air else played(voice)
        out[voice.start : voice.stop] += (heard * envelope(voice))[:, None] * between_rows(voice, voice.gains)
    return out


def rendered(planned: Plan) -> NDArray[np.float32]:
    return np.concatenate(list(render_plan(planned, noise)))


def off_db(made: NDArray[np.float32], twin: Floats) -> float:
    return float(20.0 * np.log10(np.abs(made - twin).max() / np.abs(twin).max()))


@pytest.mark.parametrize("layout_name", ["mono", "stereo", "5.1", "7.1.4"])
def test_the_kernel_is_its_twin_below_minus_120_db(layout_name: str) -> None:
    planned = plan(arrangement(*SCENE), layout_named(layout_name))
    assert off_db(rendered(planned), bus_of(planned)) < BELOW_DB


@pytest.mark.parametrize("n_voices", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("layout_name", ["ambix-2", "ambix-3"])
def test_a_bus_where_all_sounds_everywhere_is_its_twin_below_minus_120_db(layout_name: str, n_voices: int) -> None:
    """Voices are mixed four at a time there, two channels at a time: nine channels are an odd number."""
    planned = plan(arrangement(*LONE[:n_voices]), layout_named(layout_name))
    twin = bus_of(planned)
    assert (np.abs(twin).max(axis=0) > 0.01).all()
    assert off_db(rendered(planned), twin) < BELOW_DB


def test_ears_hear_the_bus_through_their_filters_below_minus_120_db() -> None:
    planned = plan(arrangement(*LONE), layout_named("headphones"))
    filters = planned.renderer.filters
    assert filters is not None
    bus = bus_of(planned)
    ears = [sum(fftconvolve(bus[:, n], row[n])[: len(bus)] for n in range(planned.n_bus)) for row in filters]
    assert off_db(rendered(planned), np.stack(ears, axis=1)) < BELOW_DB


@pytest.mark.parametrize("layout_name", ["5.1", "ambix-2"])
@pytest.mark.parametrize("scene", [FAR, FAR_AND_BENT, (*FAR, *FAR_AND_BENT, *LONE[:2])], ids=["far", "bent", "all"])
def test_air_is_its_twin_below_minus_120_db(layout_name: str, scene: tuple[Event, ...]) -> None:
    planned = plan(arrangement(*scene), layout_named(layout_name))
    assert any(voice.is_in_air for voice in planned.voices)
    assert off_db(rendered(planned), bus_of(planned)) < BELOW_DB


@pytest.mark.parametrize("layout_name", ["quad", "ambix-3"])
def test_a_passing_source_is_its_twin_below_minus_120_db(layout_name: str) -> None:
    planned = plan(arrangement(LONE[4], Event(0.0, 0.4, segment(STEREO), "cars", PASSES, doppler=True)),
                   layout_named(layout_name))  # fmt: skip
    assert all(np.ptp(voice.speeds) > 0.03 for voice in planned.voices)
    assert off_db(rendered(planned), bus_of(planned)) < BELOW_DB


@pytest.mark.parametrize("layout_name", ["5.1", "ambix-2"])
def test_a_stopped_voice_is_its_twin_below_minus_120_db(layout_name: str) -> None:
    """It goes out as a quarter of a cosine, from the frame that was said on."""
    planned = plan(arrangement(LONE[0], LONE[3]), layout_named(layout_name))
    n_frames, fade = 6000, 700
    engine = Engine(planned.renderer)
    for voice in planned.voices:
        engine.submit(Start(voice, noise(voice.key)))
        engine.submit(Stop(voice.index, 2000, fade))
    gone = np.cos(np.pi / 2 * np.clip((np.arange(n_frames) + 0.5 - 2000) / fade, 0.0, 1.0))
    twin = bus_of(planned)[:n_frames] * gone[:, None]
    assert off_db(engine.render(n_frames), twin) < BELOW_DB


@pytest.mark.parametrize("layout_name", ["5.1", "ambix-2"])
@pytest.mark.parametrize("late", [64, 640, 4096 + 64])
def test_a_late_voice_goes_on_as_its_twin_below_minus_120_db(layout_name: str, late: int) -> None:
    """Bent or far away: it fades in at once, where it would have been by then."""
    for event in (LONE[1], FAR[0], FAR_AND_BENT[0], LONE[4]):
        planned = plan(arrangement(event), layout_named(layout_name))
        (voice,) = planned.voices
        engine = Engine(planned.renderer)
        engine.render(voice.start // 64 * 64 + late)
        first = engine.frame
        engine.submit(Start(voice, noise(voice.key)))
        assert engine.receipts()[0].late_frames == first - voice.start
        mix, twin = engine.render(3500), bus_of(planned)[first : first + 3500]
        assert off_db(mix[96:], twin[96:]) < BELOW_DB
        assert np.abs(mix[0]).max() < 0.02


@pytest.mark.parametrize("layout_name", ["5.1", "ambix-2"])
def test_a_voice_that_is_moved_by_whole_rows_has_the_same_bits_there(layout_name: str) -> None:
    for event in (LONE[1], FAR[0], FAR_AND_BENT[0]):
        planned = plan(arrangement(event), layout_named(layout_name))
        (voice,) = planned.voices
        moved, alone = Engine(planned.renderer), Engine(planned.renderer)
        moved.submit(Start(voice, noise(voice.key), at_frame=voice.start + 7 * GRID))
        alone.submit(Start(voice, noise(voice.key)))
        np.testing.assert_array_equal(moved.render(30_000)[7 * GRID :], alone.render(30_000)[: -7 * GRID])
        with pytest.raises(ValueError, match="whole rows"):
            moved.submit(Start(voice, noise(voice.key), at_frame=voice.start + 7))

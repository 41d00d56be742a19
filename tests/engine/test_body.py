"""The body that a device calls: the bits of `Engine` and `Limiter`, and a stage's own rules: never late, never loud."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pytest
from scipy.signal import resample_poly

from soundscape.engine.body import MARGIN, Body, BodySettings, Told
from soundscape.engine.commands import Start
from soundscape.engine.engine import Engine, EngineSettings
from soundscape.engine.finish import Limiter
from soundscape.engine.kernels import body as of
from soundscape.engine.player import Player
from soundscape.engine.slots import READ_FRAMES
from soundscape.engine.voices import SourceKey, Voice, n_rows
from soundscape.space.layout import layout_named
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.space.room import room_named
from soundscape.units import Samples, gain_of

RATE_HZ = 48_000
SMALL = BodySettings(max_voices=64, arena_frames=1 << 22, gain_rows=1 << 13, ring_frames=1 << 16, tape_s=1.0)
CEILING = gain_of(SMALL.ceiling_db)
LOOKAHEAD_S = 64 / RATE_HZ
QUIET, LOUD = 0.05, 0.6


@cache
def renderer_of(name: str) -> Renderer:
    return renderer_for(layout_named(name))


def body_of(name: str, room: str = "none", settings: BodySettings = SMALL) -> Body:
    return Body(renderer_of(name), room=room_named(room), settings=settings)


def n_bus_of(name: str, room: str) -> int:
    return renderer_of(name).n_bus + room_named(room).n_sends


def voice(index: int, start: int, n_frames: int, gains: float | np.ndarray, n_bus: int, *,
          fades: tuple[int, int] = (0, 0), bends: bool = False, in_air: bool = False) -> Voice:  # fmt: skip
    rows = n_rows(start, start + n_frames)
    speeds = np.linspace(0.8, 1.2, rows) if bends else np.empty(0)
    places = np.concatenate([[0.0], np.cumsum((speeds[1:] + speeds[:-1]) * 256.0)]) if bends else np.empty(0)
    airs = np.tile(np.array([[0.5, 0.25, 0, 0, 0, 0, 0, 0]], np.float32), (rows if in_air else 0, 1))
    table = np.broadcast_to(np.asarray(gains, np.float32), (rows, n_bus)).copy()
    return Voice(index, SourceKey("take", 0.0, 1.0), 0, start, n_frames, 0, *fades, table, places, speeds, airs)


def crowd(n: int, n_bus: int, loudest: float, until: int) -> list[Voice]:
    """Voices of every kind, each with gains that move."""
    rng, voices = np.random.default_rng(7), []
    for index in range(n):
        start, n_frames = int(rng.integers(0, until // 2)), int(rng.integers(1000, until))
        gains = rng.uniform(-loudest, loudest, (n_rows(start, start + n_frames), n_bus))
        voices.append(voice(index, start, n_frames, gains, n_bus, fades=(100, 300), bends=index % 3 == 0,
                            in_air=index % 4 == 0))  # fmt: skip
    return sorted(voices, key=lambda one: (one.start, one.index))


def noise(n_frames: int = 2 * RATE_HZ) -> Samples:
    return np.random.default_rng(1).uniform(-1.0, 1.0, (n_frames, 1)).astype(np.float32)


def sine(frequency_hz: float, n_frames: int = 2 * RATE_HZ) -> Samples:
    at_s = np.arange(n_frames) / RATE_HZ
    return np.sin(2.0 * np.pi * frequency_hz * at_s)[:, None].astype(np.float32)


def ones(n_frames: int = 2 * RATE_HZ) -> Samples:
    return np.ones((n_frames, 1), np.float32)


def playing(body: Body, voices: Iterable[Voice], samples: Samples, *, group: int = 0) -> Player:
    player = Player(body, streams=False)
    for one in voices:
        assert player.start(one, samples, group=group)
    player.send()
    return player


def pulled(player: Player, n_frames: int, block: int = 512) -> Samples:
    """Next frames, sources read in time."""
    blocks, done = [], 0
    while done < n_frames:
        n = min(block, n_frames - done)
        player.read(player.body.clock + n + 128)
        blocks.append(player.body.pull(n))
        done += n
    return np.concatenate(blocks)


def told(body: Body, kind: int) -> list[Told]:
    return [one for one in body.told() if one.kind == kind]


# The bits


def slow_twin(name: str, room: str, voices: list[Voice], samples: Samples, n_frames: int) -> tuple[Samples, float]:
    """What the file host and its limiter make of the same voices; and the peak before the limiter."""
    settings = EngineSettings(reads_in_place=True, grows=True)
    with Engine(renderer_of(name), room=room_named(room), settings=settings) as engine:
        for one in voices:
            engine.submit(Start(one, samples))
        mixed = engine.render(n_frames)
    limiter = Limiter(mixed.shape[1], RATE_HZ, ceiling_db=SMALL.ceiling_db, lookahead_s=LOOKAHEAD_S, margin=MARGIN)
    return np.concatenate([limiter.process(mixed), limiter.flush()]), float(np.abs(mixed).max())


@pytest.mark.parametrize(("name", "room"), [("stereo", "none"), ("7.1.4", "hall"), ("headphones", "hall")])
def test_a_body_has_the_bits_of_engine_and_limiter_whatever_the_block(name: str, room: str) -> None:
    n_frames, samples = 64 * 500, noise()
    voices = crowd(24, n_bus_of(name, room), 0.5, n_frames)
    expected, peak = slow_twin(name, room, voices, samples, n_frames)
    assert peak > 1.5, "the limiter has work to do"
    for block, n in {512: n_frames, 441: n_frames, 64: n_frames, 63: 12_000, 1: 2_000}.items():
        body = body_of(name, room)
        assert body.latency_frames == 79
        heard = pulled(playing(body, voices, samples), n, block)
        assert not heard[: body.latency_frames].any()
        np.testing.assert_array_equal(heard[body.latency_frames :], expected[: n - body.latency_frames])


def test_blocks_that_change_all_the_time_give_the_same_bits() -> None:
    voices, samples, rng = crowd(12, 2, 0.3, 20_000), noise(), np.random.default_rng(3)
    whole = pulled(playing(body_of("stereo"), voices, samples), 20_000)
    player, parts = playing(body_of("stereo"), voices, samples), []
    while sum(map(len, parts)) < 20_000:
        parts.append(pulled(player, int(rng.integers(0, 700)), 8192))
    np.testing.assert_array_equal(np.concatenate(parts)[:20_000], whole)


def test_the_tape_holds_what_the_host_was_given() -> None:
    player = playing(body_of("stereo"), crowd(5, 2, QUIET, 20_000), noise())
    heard = pulled(player, 9_000, 300)
    taped, n_lost = player.body.heard(1_234)
    assert n_lost == 0
    np.testing.assert_array_equal(taped, heard[1_234:])
    pulled(player, 2 * RATE_HZ)
    taped, n_lost = player.body.heard(0)
    assert n_lost + len(taped) == 9_000 + 2 * RATE_HZ
    assert len(taped) >= SMALL.tape_s * RATE_HZ


# When voices begin and end


def test_a_late_voice_begins_where_it_would_have_been() -> None:
    samples, late = noise(), voice(1, 1_000, 40_000, QUIET, 2, fades=(2_000, 500))
    on_time = pulled(playing(body_of("stereo"), [late], samples), 20_000)
    body = body_of("stereo")
    player = Player(body, streams=False)
    pulled(player, 6_400)
    assert player.start(late, samples)
    player.send()
    heard = pulled(player, 20_000 - 6_400)
    at = 6_400 + body.latency_frames
    assert [one.frame for one in told(body, of.STARTED)] == [6_400]
    fade = np.sin(np.pi / 2.0 * (np.arange(64) + 0.5) / 64.0)
    np.testing.assert_allclose(heard[79 : 79 + 64, 0], on_time[at : at + 64, 0] * fade, atol=1e-6)
    np.testing.assert_array_equal(heard[79 + 64 :], on_time[at + 64 :])


def test_a_voice_that_is_late_at_the_mix_alone_is_cut_there_and_said() -> None:
    samples, one = noise(), voice(1, 128, 40_000, QUIET, 2)
    on_time = pulled(playing(body_of("stereo"), [one], samples), 8_000)
    body = body_of("stereo")
    player = Player(body, streams=False)
    assert player.start(one, samples)  # asked for in time, and sent late
    before = pulled(player, 640)
    player.send()
    heard = np.concatenate([before, pulled(player, 8_000 - 640)])
    assert [(got.frame, got.late_frames) for got in told(body, of.STARTED)] == [(640, 512)]
    assert not heard[: 640 + 79].any()
    np.testing.assert_array_equal(heard[640 + 79 + 64 :], on_time[640 + 79 + 64 :])


def test_a_voice_stops_with_a_quarter_cosine_at_its_frame() -> None:
    body = body_of("stereo")
    player = playing(body, [voice(5, 0, 40_000, QUIET, 2)], ones())
    pulled(player, 512)
    assert player.stop(5, at_frame=1_000, fade_frames=400)
    assert not player.stop(6), "there is no such voice"
    player.send()
    heard = pulled(player, 4_096)[:, 0]
    gain = heard[1_000 + 79 - 512 : 1_500 + 79 - 512] / np.float32(QUIET)
    expected = np.where(np.arange(500) < 400, np.cos(np.pi / 2.0 * (np.arange(500) + 0.5) / 400.0), 0.0)
    np.testing.assert_allclose(gain, expected, atol=1e-6)
    player.tend()
    assert player.n_sounding == 0, "its slot is given back"


def test_a_stop_never_makes_a_fade_longer() -> None:
    body = body_of("stereo")
    player = playing(body, [voice(5, 0, 40_000, QUIET, 2)], ones())
    player.stop(5, at_frame=512, fade_frames=64)
    player.stop(5, at_frame=512, fade_frames=9_000)
    player.send()
    assert not pulled(player, 2_048)[512 + 64 + 79 :].any()


def test_what_finds_no_room_is_refused_and_all_else_sounds() -> None:
    settings = BodySettings(max_voices=4, arena_frames=1 << 18, gain_rows=1 << 10, tape_s=0.1)
    body = body_of("stereo", settings=settings)
    player, samples = Player(body, streams=False), ones()
    begun = [player.start(voice(n, 0, 2_000, QUIET, 2), samples) for n in range(6)]
    assert begun == [True] * 4 + [False] * 2
    player.send()
    np.testing.assert_allclose(pulled(player, 512)[100:, 0], 4 * QUIET, atol=1e-6)
    pulled(player, 4_096)
    player.tend()
    assert player.start(voice(9, body.clock, 2_000, QUIET, 2), samples), "slots that are free again are used again"


# Levels


@pytest.mark.parametrize("group", [of.MASTER, 2])
def test_a_level_goes_straight_to_its_gain_from_the_frame_it_was_taken(group: int) -> None:
    body = body_of("stereo")
    player = playing(body, [voice(0, 0, 40_000, QUIET, 2)], ones(), group=2)
    pulled(player, 512)
    player.level(group, 0.25, over_frames=640)
    player.send()
    heard = pulled(player, 2_048)[79:, 0] / np.float32(QUIET)
    expected = 1.0 - 0.75 * np.minimum(np.arange(len(heard)) / 640.0, 1.0)
    np.testing.assert_allclose(heard, expected, atol=2e-6)
    assert [(one.place, one.frame) for one in told(body, of.LEVELLED)] == [(group, 512)]


def test_a_level_that_is_changed_on_its_way_goes_on_from_where_it_is() -> None:
    player = playing(body_of("stereo"), [voice(0, 0, 40_000, QUIET, 2)], ones(), group=2)
    player.level(2, 0.0, over_frames=640)
    player.send()
    pulled(player, 320)
    player.level(2, 1.0, over_frames=64)
    player.send()
    heard = pulled(player, 512)[79:, 0] / np.float32(QUIET)
    np.testing.assert_allclose(heard[:64], 0.5 + 0.5 * np.arange(64) / 64.0, atol=2e-6)
    np.testing.assert_allclose(heard[64:], 1.0, atol=2e-6)


def test_a_group_moves_its_own_voices_only() -> None:
    body = body_of("stereo")
    player = playing(body, [voice(0, 0, 40_000, [QUIET, 0.0], 2)], ones(), group=2)
    assert player.start(voice(1, 0, 40_000, [0.0, QUIET], 2), ones(), group=3)
    player.level(2, 0.0)
    player.send()
    heard = pulled(player, 1_024)[256:]
    assert not heard[:, 0].any()
    np.testing.assert_allclose(heard[:, 1], QUIET, atol=1e-6)
    with pytest.raises(ValueError, match="a gain is 0 or more"):
        player.level(2, float("nan"))


# Panic


@pytest.mark.parametrize(("name", "room"), [("stereo", "none"), ("7.1.4", "hall"), ("headphones", "hall")])
def test_panic_is_silence_within_a_quantum_without_a_click_and_no_room_rings_on(name: str, room: str) -> None:
    n_bus, samples = n_bus_of(name, room), sine(200.0)
    body = body_of(name, room)
    player = playing(body, [voice(n, 0, 80_000, LOUD / 3, n_bus) for n in range(4)], samples)
    before = pulled(player, 19_200, 64)
    peak, step = np.abs(before[-4_800:]).max(), np.abs(np.diff(before[-4_800:], axis=0)).max()
    assert peak > 0.05
    player.panic()
    player.send()
    after = pulled(player, 96_000, 64)
    assert after[:16].any(), "it does not break off"
    assert not after[64:].any()
    steps = np.abs(np.diff(np.concatenate([before[-1:], after[:66]]), axis=0))
    assert steps.max() <= step + 1.01 * peak / 64.0, "no step but those of the sound and of a straight fade"
    player.tend()
    assert player.n_sounding == 0


@pytest.mark.parametrize(("name", "room"), [("stereo", "none"), ("7.1.4", "hall"), ("headphones", "hall")])
def test_after_a_panic_all_sounds_as_if_nothing_had_been(name: str, room: str) -> None:
    n_bus, samples = n_bus_of(name, room), noise()
    again = voice(50, 30_720, 8_000, QUIET, n_bus, fades=(10, 10))
    fresh = pulled(playing(body_of(name, room), [again], samples), 48_000)
    player = playing(body_of(name, room), crowd(12, n_bus, LOUD, 60_000), samples)
    pulled(player, 19_200)
    player.panic()
    player.send()
    pulled(player, 512)
    player.tend()
    assert player.start(again, samples)
    player.send()
    heard = pulled(player, 48_000 - 19_200 - 512)
    peak = np.abs(fresh).max()
    assert peak > 0.01
    # A room that is computed counts its own frames, so the sum of its lines is another one by rounding.
    np.testing.assert_allclose(heard, fresh[19_200 + 512 :], atol=1e-5 * peak)


def test_frames_that_were_made_before_the_panic_are_all_that_comes_before_it() -> None:
    player = playing(body_of("stereo"), [voice(0, 0, 40_000, QUIET, 2)], ones())
    pulled(player, 48 * 11, 48)
    n_ready = player.body.clock - player.body.delivered
    player.panic()
    player.send()
    heard = pulled(player, 4_800, 48)
    assert 0 < n_ready < 64
    assert heard[n_ready + 62].any()
    assert not heard[n_ready + 64 :].any()


# What goes wrong


def test_a_source_that_is_no_number_is_silenced_and_the_show_goes_on() -> None:
    samples = noise()
    samples[5_000] = np.nan
    body = body_of("7.1.4", "hall")
    n_bus = n_bus_of("7.1.4", "hall")
    player = playing(body, [voice(0, 0, 40_000, QUIET, n_bus)], samples)
    first = pulled(player, 9_600, 64)
    assert np.isfinite(first).all()
    assert np.abs(first[:5_000]).max() > 0.01
    poisoned = told(body, of.POISONED)
    assert len(poisoned) == 1
    assert 5_000 - 64 < poisoned[0].frame <= 5_000 + 64
    assert not first[5_000 + 79 + 192 :].any(), "all of it is gone, the room too"
    player.tend()
    assert player.start(voice(1, body.clock, 40_000, QUIET, n_bus), noise())
    player.send()
    later = pulled(player, 9_600)
    assert np.isfinite(later).all()
    assert np.abs(later).max() > 0.01


def test_a_source_that_is_not_read_in_time_fades_out_and_is_said() -> None:
    body = body_of("stereo")
    samples = sine(100.0, 3 * RATE_HZ)
    player = playing(body, [voice(3, 0, 2 * RATE_HZ, QUIET, 2)], samples)
    heard = np.concatenate([body.pull(512) for _ in range(150)])
    dry = told(body, of.RAN_DRY)
    assert [one.voice for one in dry] == [3]
    assert READ_FRAMES - 192 <= dry[0].frame <= READ_FRAMES
    at = dry[0].frame + body.latency_frames
    np.testing.assert_allclose(heard[79:at, 0], QUIET * samples[: at - 79, 0], atol=1e-6)
    own, fades = np.abs(np.diff(heard[:at, 0])).max(), np.abs(np.diff(heard[at - 1 :, 0])).max()
    assert fades <= own + QUIET * np.pi / 2 / 64.0, "a fade, and no click"
    assert not heard[at + 64 :].any()
    player.tend()
    assert player.n_sounding == 0


def test_nothing_is_late_where_the_host_runs_free_of_any_clock() -> None:
    body = body_of("stereo")
    body.known[of.RATE_HZ] = 1 << 40  # at which no block can be in time
    counted = []
    for is_free in (False, True, True, False):
        body.run_free(on=is_free)
        worst_ns, body.state[of.WORST_NS] = body.load.worst_ns, 0
        body.pull(512)
        counted.append((body.load.n_late, body.load.worst_ns > 0))
        body.state[of.WORST_NS] = worst_ns
    assert counted == [(1, True), (1, False), (1, False), (2, True)]
    assert body.load.n_calls == 4


def test_a_source_that_is_read_ahead_by_a_thread_does_not_run_dry() -> None:
    samples, one = noise(5 * RATE_HZ), voice(3, 0, 4 * RATE_HZ, QUIET, 2)
    expected = pulled(playing(body_of("stereo"), [one], samples), 3 * RATE_HZ)
    body = body_of("stereo")
    with Player(body) as player:
        assert player.start(one, samples)
        player.send()
        blocks = []
        for _ in range(3 * RATE_HZ // 480):
            slot_last = int(body.slots.lasts[0])
            while slot_last < body.clock + 960:  # as long as the thread needs: this machine may be busy
                player.tend()
                slot_last = int(body.slots.lasts[0])
            blocks.append(body.pull(480))
    np.testing.assert_array_equal(np.concatenate(blocks), expected)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_passes_the_ceiling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = (rng.standard_cauchy((RATE_HZ, 1)) * 10.0 ** rng.uniform(-1, 3)).astype(np.float32)
    n_bus = n_bus_of("5.1", "hall")
    voices = [voice(n, int(rng.integers(20_000)), 30_000, rng.uniform(-30, 30, n_bus), n_bus) for n in range(20)]
    player = playing(body_of("5.1", "hall"), sorted(voices, key=lambda one: (one.start, one.index)), samples)
    player.level(of.MASTER, 100.0)
    player.send()
    heard = pulled(player, 40_000)
    assert np.isfinite(heard).all()
    assert CEILING * 0.5 < np.abs(heard).max() <= np.float32(CEILING)


def test_nothing_passes_the_ceiling_between_the_samples_either() -> None:
    samples = noise()
    voices = crowd(24, n_bus_of("stereo", "none"), LOUD, 40_000)
    heard = pulled(playing(body_of("stereo"), voices, samples), 40_000)
    true_peak = np.abs(resample_poly(heard.astype(np.float64), 16, 1, axis=0)).max()
    assert 0.8 * CEILING < true_peak <= CEILING


def _signals() -> Iterator[tuple[str, Samples]]:
    """What is hard for a limiter: broad noise in bursts, clicks, and a sine whose peaks lie between its samples."""
    rng, frames = np.random.default_rng(5), np.arange(48_000)
    yield "noise", rng.standard_normal((48_000, 2)) * np.where(frames % 9000 < 700, 4.0, 0.05)[:, None]
    yield "clicks", np.where(rng.uniform(size=(48_000, 2)) > 0.998, 8.0, 0.01) * rng.choice([-1.0, 1.0], (48_000, 2))
    yield "alternating", np.where(frames % 5000 < 400, 3.0, 0.2)[:, None] * np.array([[1.0], [-1.0]])[frames % 2]
    yield "sine", np.where(frames % 7000 < 900, 5.0, 0.3)[:, None] * np.sin(np.pi / 2 * frames + np.pi / 4)[:, None]
    yield "square", 4.0 * np.sign(np.sin(2 * np.pi * 997 / 48_000 * frames))[:, None] * (frames % 6000 < 2000)[:, None]


@pytest.mark.parametrize(("name", "samples"), list(_signals()), ids=lambda one: one if isinstance(one, str) else "")
def test_no_signal_passes_the_ceiling_of_a_stage(name: str, samples: Samples) -> None:
    limiter = Limiter(samples.shape[1], RATE_HZ, ceiling_db=-1.0, lookahead_s=LOOKAHEAD_S, margin=MARGIN)
    out = np.concatenate([limiter.process(samples.astype(np.float32)), limiter.flush()])
    true_peak = np.abs(resample_poly(out.astype(np.float64), 16, 1, axis=0)).max()
    assert gain_of(-1.0) * 0.8 < true_peak <= gain_of(-1.0), name


def test_a_host_that_asks_for_too_much_is_told_so() -> None:
    with pytest.raises(ValueError, match="8192 frames at most"):
        body_of("stereo").pull(8_193)

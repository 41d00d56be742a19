"""Sources of hours that are never held whole: what is read, when, how far ahead, and what becomes of errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.commands import Start
from soundscape.engine.engine import Engine, EngineSettings, render_plan
from soundscape.engine.plan import Plan, plan
from soundscape.engine.slots import READ_FRAMES
from soundscape.engine.voices import SourceKey
from soundscape.errors import AudioError
from soundscape.score.curve import Curve
from soundscape.space.layout import layout_named
from soundscape.space.trajectory import Trajectory
from soundscape.units import Samples

RATE_HZ = 48_000
HOURS = 5.0
TAKE = Recording("e" * 32, "night.wav", RATE_HZ, 2, round(HOURS * 3600 * RATE_HZ))
NIGHT = Segment("e", TAKE.id, 0.0, HOURS * 3600)
LAYOUT = layout_named("stereo")
WALKS = Trajectory((0.0, 6.0), ((-2.0, 1.0, 0.0), (30.0, 9.0, 0.0)))
RING = 1 << 14
NAME = "soundscape streamer"

SCENES = {
    "straight": Event(0.013, 6.0, NIGHT, "night", Trajectory.still(0.5, 1.0)),
    "in air": Event(0.013, 6.0, NIGHT, "night", WALKS),
    "bent": Event(0.1, 6.0, NIGHT, "night", bend=Curve((0.0, 6.0), (-12.0, 11.0))),
    "bent in air": Event(0.1, 6.0, NIGHT, "night", WALKS, bend=Curve((0.0, 3.0, 6.0), (5.0, -9.0, 2.0))),
    "passing": Event(0.0, 6.0, NIGHT, "night", WALKS, doppler=True),
}


def made(frames: NDArray[np.int64]) -> Samples:
    """Something like noise in two channels, made of the number of each frame alone."""
    mixed = (frames[:, None] * np.array([2_654_435_761, 40_503 * 65_599]) >> 7) & 0xFFFF
    return (mixed / 65_536.0 - 0.5).astype(np.float32)


@dataclass
class Endless:
    """A source that makes its frames when they are read, and remembers what was read."""

    wait_s: float = 0.0
    fails_at: int | None = None
    error: type[Exception] = OSError
    dtype = np.dtype(np.float32)
    shape = (round(HOURS * 3600 * RATE_HZ), 2)
    reads: list[tuple[int, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, frames: slice) -> Samples:
        first, last, step = frames.indices(len(self))
        assert step == 1
        if self.fails_at is not None and last > self.fails_at:
            raise self.error("the disk is gone")
        time.sleep(self.wait_s)
        with self.lock:
            self.reads.append((first, last))
        return made(np.arange(first, last))


def planned(event: Event) -> Plan:
    return plan(Arrangement((event,), (TAKE,)), LAYOUT)


def settings(**given: int | bool) -> EngineSettings:
    """Room for two voices in rings, and not for a second more of either."""
    small = {"max_voices": 2, "arena_frames": 2 * (RING + 32), "gain_rows": 1 << 16, "ring_frames": RING}
    return EngineSettings(**{**small, **given})  # type: ignore[arg-type]


def sounding(event: Event, source: object, given: EngineSettings, from_frame: int = 0) -> Engine:
    engine = Engine(LAYOUT_RENDERER, settings=given)
    engine.render(from_frame)
    for voice in planned(event).voices:
        engine.submit(Start(voice, source))  # type: ignore[arg-type]
    assert not any(receipt.is_refused for receipt in engine.receipts())
    return engine


LAYOUT_RENDERER = planned(SCENES["straight"]).renderer


def whole(event: Event) -> Samples:
    """The event with its source in memory, all at once."""
    samples = made(np.arange(16 * RATE_HZ))
    roomy = EngineSettings(max_voices=2, arena_frames=1 << 22, ring_frames=1 << 21)
    return sounding(event, samples, roomy).render(6 * RATE_HZ)


def streamers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def soon(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10.0
    while not is_so() and time.monotonic() < until:
        time.sleep(0.001)
    return is_so()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", SCENES)
def test_the_bits_are_those_of_a_source_that_is_held_whole(name: str, *, streams: bool) -> None:
    with sounding(SCENES[name], Endless(), settings(streams=streams)) as engine:
        mix = np.concatenate([engine.render(n) for n in (1, 700, 64_000, 65_536, 5, 157_758)])
    np.testing.assert_array_equal(mix, whole(SCENES[name]))


@pytest.mark.parametrize("name", SCENES)
def test_a_late_voice_in_a_ring_has_the_bits_of_one_that_is_held_whole(name: str) -> None:
    roomy = EngineSettings(max_voices=2, arena_frames=1 << 22, ring_frames=1 << 21)
    mixes = [
        sounding(SCENES[name], source, given, from_frame=100_000).render(150_000)
        for source, given in ((Endless(), settings()), (made(np.arange(16 * RATE_HZ)), roomy))
    ]
    assert np.abs(mixes[1]).max() > 0.01
    np.testing.assert_array_equal(*mixes)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("name", SCENES)
def test_hours_are_read_once_a_little_at_a_time_and_a_ring_ahead(name: str, *, streams: bool) -> None:
    """Four hours into the take, for two minutes."""
    event = SCENES[name]
    hours = Event(0.0, 120.0, NIGHT, "night", event.path, offset_s=4 * 3600.0, bend=event.bend, doppler=event.doppler)
    source = Endless()
    with sounding(hours, source, settings(streams=streams)) as engine:
        for _ in range(20):
            engine.render(9000)
    first, last = 4 * 3600 * RATE_HZ, max(last for _, last in source.reads)
    assert min(begin for begin, _ in source.reads) >= first - 2048
    assert max(end - begin for begin, end in source.reads) <= min(READ_FRAMES, RING)
    speed = 2.0 if hours.bend else 1.1
    assert last - first <= speed * (engine.frame + 64 * 64) + RING
    assert sum(end - begin for begin, end in source.reads) <= 2 * (last - first + 2048)


def test_a_mix_of_a_plan_reads_no_further_ahead_than_its_ring() -> None:
    source = Endless()
    blocks = render_plan(planned(Event(0.0, 3600.0, NIGHT, "night")), lambda key: source, block_frames=4096)  # type: ignore[arg-type, return-value]
    mix = np.concatenate([next(blocks) for _ in range(30)])
    blocks.close()  # type: ignore[attr-defined]
    assert max(last for _, last in source.reads) <= len(mix) + 4096 + (1 << 17)
    np.testing.assert_allclose(mix[2000:, 0], made(np.arange(2000, len(mix)))[:, 0], atol=1e-6)


def test_a_slow_source_gives_the_same_bits() -> None:
    event = SCENES["bent"]
    with sounding(event, Endless(wait_s=0.002), settings(streams=True)) as engine:
        mix = np.concatenate([engine.render(4800) for _ in range(60)])
    np.testing.assert_array_equal(mix, whole(event))


def test_the_thread_reads_ahead_while_nobody_mixes() -> None:
    source = Endless()
    with sounding(SCENES["straight"], source, settings(streams=True)) as engine:
        engine.render(64)
        assert soon(lambda: max((last for _, last in source.reads), default=0) > RING // 2)
        n_reads = len(source.reads)
        engine.render(2048)
        assert max(last for _, last in source.reads[:n_reads]) > 2048


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("error", [OSError, AudioError, ValueError])
def test_what_a_source_raises_reaches_who_asks_for_the_mix(error: type[Exception], *, streams: bool) -> None:
    source = Endless(fails_at=100_000, error=error)
    with sounding(SCENES["straight"], source, settings(streams=streams)) as engine:
        good = engine.render(60_000)
        with pytest.raises(error, match="the disk is gone"):
            engine.render(60_000)
    np.testing.assert_array_equal(good, whole(SCENES["straight"])[:60_000])
    assert not streamers()


def test_a_plan_whose_source_fails_fails_and_leaves_no_thread() -> None:
    def fails(key: SourceKey) -> Samples:
        return Endless(fails_at=200_000)  # type: ignore[return-value]

    with pytest.raises(OSError, match="the disk is gone"):
        list(render_plan(planned(Event(0.0, 60.0, NIGHT, "night")), fails))
    assert not streamers()


def test_threads_end_when_an_engine_is_closed_and_when_a_mix_is_given_up() -> None:
    with Engine(LAYOUT_RENDERER, settings=settings(streams=True)) as engine:
        engine.render(100)
        assert len(streamers()) == 1
    assert not streamers()
    blocks = render_plan(planned(Event(0.0, 60.0, NIGHT, "night")), lambda key: Endless())  # type: ignore[arg-type, return-value]
    next(blocks)
    assert len(streamers()) == 1
    blocks.close()  # type: ignore[attr-defined]
    assert not streamers()


def test_a_source_that_ends_before_its_voice_goes_on_as_silence() -> None:
    event = Event(0.0, 6.0, NIGHT, "night", Trajectory.still(0.0, 1.0))
    with sounding(event, made(np.arange(70_000)), settings()) as engine:
        mix = engine.render(120_000)
    assert mix[69_999].any()
    assert not mix[70_000:].any()


def test_what_a_voice_held_is_given_back_when_it_is_over() -> None:
    """An arena for two voices serves a hundred, one after the other."""
    with Engine(LAYOUT_RENDERER, settings=settings(streams=True)) as engine:
        for n in range(50):
            event = Event(engine.frame / RATE_HZ, 0.5, NIGHT, "night", offset_s=float(n))
            for voice in planned(event).voices:
                engine.submit(Start(voice, Endless()))  # type: ignore[arg-type]
            assert not any(receipt.is_refused for receipt in engine.receipts())
            engine.render(RATE_HZ // 2 + 640)
            assert engine.n_sounding == 0

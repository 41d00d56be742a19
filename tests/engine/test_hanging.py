"""A disk that hangs in the middle of a show: whoever plays goes on, and nothing is heard of what comes too late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from soundscape.engine.body import BodySettings
from soundscape.engine.player import Player
from soundscape.units import Samples
from tests.engine.test_body import QUIET, RATE_HZ, body_of, noise, playing, pulled, voice

RING = 1 << 15
ONE_VOICE = BodySettings(max_voices=8, arena_frames=RING + 8_192, gain_rows=1 << 12, ring_frames=RING, tape_s=1.0)
LONG, SHORT = 4 * RATE_HZ, 16_000
PATIENCE_S = 10.0


class Hanging:
    """A source on a disk; while it hangs, who reads from it waits."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.is_there, self.is_asked = threading.Event(), threading.Event()
        self.is_there.set()

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, part: slice) -> Samples:
        if not self.is_there.is_set():
            self.is_asked.set()
            if not self.is_there.wait(PATIENCE_S):  # somebody waits who should not: the test shall fail, and end
                self.is_there.set()
        return self._samples[part]


def until(is_so: Callable[[], object]) -> None:
    begin_s = time.monotonic()
    while not is_so():
        assert time.monotonic() - begin_s < PATIENCE_S, "it never came to be"
        time.sleep(0.001)


@pytest.fixture
def hung() -> Iterator[tuple[Player, Hanging]]:
    """A player whose one voice waits for a disk that hangs."""
    disk = Hanging(noise(LONG))
    with Player(body_of("stereo", settings=ONE_VOICE)) as player:
        assert player.start(voice(1, 0, LONG, QUIET, 2), disk)  # type: ignore[arg-type]
        player.send()
        until(lambda: not player.is_reading)
        disk.is_there.clear()
        for _ in range(4):
            player.body.pull(RING // 8)  # so that there is room for more
        player.tend()
        until(disk.is_asked.is_set)
        yield player, disk
        disk.is_there.set()


def test_nobody_waits_for_a_disk_that_hangs(hung: tuple[Player, Hanging]) -> None:
    player, disk = hung
    assert player.stop(1, fade_frames=64)
    assert not player.start(voice(2, player.body.clock, SHORT, QUIET, 2), noise()), "its place is being written still"
    player.send()
    for _ in range(4):
        player.body.pull(512)
    player.tend()
    assert player.n_sounding == 0
    assert player.is_reading
    assert not player.start(voice(3, player.body.clock, SHORT, QUIET, 2), noise()), "and after it has ended"
    disk.is_there.set()
    until(lambda: not player.is_reading)
    begin = player.body.clock
    four = voice(4, begin, SHORT, QUIET, 2)
    assert player.start(four, noise()), "now it is free"
    player.send()
    heard = pulled(player, SHORT + 512)
    alone = playing(body_of("stereo"), [voice(4, 0, SHORT, QUIET, 2)], noise())
    np.testing.assert_array_equal(heard, pulled(alone, SHORT + 512))


def test_what_is_in_memory_goes_on_beside_it() -> None:
    disk, memory = Hanging(noise(LONG)), noise(LONG)
    settings = BodySettings(max_voices=8, arena_frames=1 << 20, gain_rows=1 << 12, ring_frames=RING, tape_s=1.0)
    expected = pulled(playing(body_of("stereo"), [voice(2, 0, LONG, QUIET, 2)], memory), 3 * RATE_HZ)
    body = body_of("stereo", settings=settings)
    with Player(body) as player:
        disk.is_there.clear()
        assert player.expect(voice(1, 2_048, LONG, QUIET, 2), disk)  # type: ignore[arg-type]
        until(disk.is_asked.is_set)
        assert player.start(voice(2, 0, LONG, QUIET, 2), memory)
        player.send()
        blocks = []
        while len(blocks) * 512 < 3 * RATE_HZ:
            until(lambda: player.tend() is not None and body.slots.lasts[1] >= body.clock + 1_024)
            blocks.append(body.pull(512))
        assert not player.is_ready(1)
        assert not disk.is_there.is_set()
        player.give_up(1)
        disk.is_there.set()
    np.testing.assert_array_equal(np.concatenate(blocks)[: 3 * RATE_HZ], expected)


def test_a_voice_that_is_expected_sounds_once_it_is_started_as_any_other() -> None:
    disk, late = Hanging(noise(LONG)), voice(1, 9_600, LONG, QUIET, 2, fades=(2_400, 0))
    expected = pulled(playing(body_of("stereo"), [late], noise(LONG)), 2 * RATE_HZ)
    body = body_of("stereo")
    with Player(body) as player:
        disk.is_there.clear()
        assert player.expect(late, disk)  # type: ignore[arg-type]
        begun = pulled_alone(player, 4_800)
        assert not player.is_ready(1)
        disk.is_there.set()
        until(lambda: player.is_ready(1))
        assert player.start(late, disk)  # type: ignore[arg-type]
        player.send()
        heard = pulled(player, 2 * RATE_HZ - 4_800)
    assert not begun.any()
    np.testing.assert_array_equal(np.concatenate([begun, heard]), expected)


def pulled_alone(player: Player, n_frames: int) -> Samples:
    """Next frames, whatever is read of sources."""
    return np.concatenate([player.body.pull(480) for _ in range(n_frames // 480)])

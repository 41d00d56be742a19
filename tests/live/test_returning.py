"""Sounds whose disk was late: they fade, and come back where they would be by then; and the journal does the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine import streaming
from soundscape.live.actions import Resume
from soundscape.live.controls import FadeAll, Panic, Press, Release, Shape
from soundscape.live.palette import Palette, Slot, key_of
from soundscape.live.returning import REST_S
from soundscape.units import Samples
from tests.live.disks import until
from tests.live.stage import BELL, BLOCK, HELD, RATE_HZ, Stage, event, show_in, takes

SECOND = RATE_HZ
LENGTH_S = 60.0
LEVEL = 0.1
FADE_S = 0.05
PATIENCE_S = 10.0
HIGHEST_HZ = 160.0


class Disk:
    """Samples of a long take. While it is not there, who reads from it waits."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.is_there = threading.Event()
        self.is_there.set()

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, part: slice) -> Samples:
        if not self.is_there.wait(PATIENCE_S):  # somebody waits who should not: the test shall fail, and end
            self.is_there.set()
        return self._samples[part]


class Late(Stage):
    """A stage on which one long sound of two channels is read from a disk of its own."""

    disk: Disk

    def go_on(self, n_frames: int) -> None:
        """Play on; what can be read of the disk is read in time."""
        slots = self.body.slots
        for _ in range(0, n_frames, BLOCK):
            if self.disk.is_there.is_set():
                until(lambda: not slots.is_reading and not slots.read_ahead() and not slots.read_ahead(resident=True))
            self.play(BLOCK)

    def hang(self) -> None:
        """Let the disk hang, and wait until what was read of it is used up."""
        self.disk.is_there.clear()
        lost = self.session.counts.dry
        while self.session.counts.dry < lost + 2:
            self.play(BLOCK)
        self.play(BLOCK)


def stage_in(folder: Path) -> Late:
    """Two tones that rise, each of its own pitch: every moment of them is like no other."""
    folder.mkdir(exist_ok=True)
    at_s = np.arange(int(LENGTH_S * RATE_HZ))[:, None] / RATE_HZ
    lowest, rise = np.array([50.0, 60.0]), (HIGHEST_HZ - 60.0) / LENGTH_S
    samples = (LEVEL * np.sin(2 * np.pi * (lowest * at_s + rise * at_s**2 / 2))).astype(np.float32)
    soundfile.write(folder / "tones.wav", samples, RATE_HZ, subtype="FLOAT")
    take = Recording("9" * 32, str(folder / "tones.wav"), RATE_HZ, 2, len(samples))
    prepared = show_in(folder / "show")
    played = replace(event(takes(folder / "show"), "wind"), segment=Segment("tones", take.id, 0.0, LENGTH_S),
                     duration_s=LENGTH_S, gain_db=0.0)  # fmt: skip
    choices = {**prepared.palette.choices, Slot.of(HELD): (played,)}
    prepared.palette = Palette(choices, {**prepared.palette.recordings, take.id: take})
    disk = Disk(samples)
    prepared._ready[key_of(played)] = disk  # type: ignore[assignment]
    stage = Late(folder, prepared, reads_in_time=False)
    stage.disk = disk
    return stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Late]:
    with stage_in(tmp_path) as made:
        made.ask(Press(HELD, 127, "k/1"))
        made.go_on(SECOND)
        yield made
        made.disk.is_there.set()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    with stage_in(tmp_path_factory.mktemp("undisturbed")) as stage:
        stage.ask(Press(HELD, 127, "k/1"))
        stage.go_on(12 * SECOND)
        return stage.heard()


def resumed(stage: Stage) -> list[Resume]:
    return [row.action for row in stage.journal().rows if isinstance(row.action, Resume)]


def steepest(heard: Samples) -> float:
    return float(np.abs(np.diff(heard, axis=0)).max())


def test_it_comes_back_where_it_would_be_and_its_journal_has_the_same_hole(stage: Late, undisturbed: Samples) -> None:
    stage.hang()
    stage.go_on(SECOND)
    lost, there = stage.frame - SECOND, stage.frame
    stage.disk.is_there.set()
    stage.go_on(3 * SECOND)
    stage.session.close()
    heard = stage.heard()
    assert not heard[lost:there].any(), "a hole"
    back = there + int(np.flatnonzero(heard[there:].any(axis=1))[0])
    assert back - there < SECOND
    whole = back + int(FADE_S * RATE_HZ)
    np.testing.assert_allclose(heard[whole:], undisturbed[whole : len(heard)], atol=1e-6)
    peak = np.abs(undisturbed).max()
    own = steepest(undisturbed)
    assert steepest(heard[: back - 1]) <= own + peak * np.pi / 2 / 64, "it fades as any late source does"
    assert steepest(heard[back - 1 :]) <= own + peak * np.pi / 2 / (FADE_S * RATE_HZ), "and comes back slowly"
    assert (stage.session.counts.dry, stage.session.counts.back, stage.session.counts.refused) == (2, 2, 0)
    assert [(one.at_frame + stage.body.latency_frames, one.voice) for one in resumed(stage)] == [(back, 0), (back, 1)]
    assert [line for line in stage.said if "source" in line] == [
        "a source was not read in time: it fades out (is the disk too slow?)",
        "a source that was late is there again: it fades in",
    ]
    np.testing.assert_array_equal(stage.again(), heard)


def test_hands_that_move_it_meanwhile_are_obeyed(stage: Late, tmp_path: Path) -> None:
    moves = (Shape("azimuth", -80.0, finger="k/1"), Shape("level", -6.0, finger="k/1"))
    stage.hang()
    stage.ask(*moves)
    stage.go_on(SECOND // 10)
    stage.ask(Shape("level", -12.0, finger="k/1"))  # it is expected back already
    stage.go_on(SECOND // 20)
    stage.disk.is_there.set()
    stage.go_on(2 * SECOND)
    stage.session.close()
    assert stage.session.counts.back == 2
    with stage_in(tmp_path / "other") as other:
        other.ask(Press(HELD, 127, "k/1"))
        other.go_on(SECOND)
        other.ask(*moves, Shape("level", -12.0, finger="k/1"))
        other.go_on(len(stage.heard()) - SECOND)
    heard = stage.heard()
    np.testing.assert_allclose(heard[-SECOND:], other.heard()[len(heard) - SECOND : len(heard)], atol=1e-6)
    np.testing.assert_array_equal(stage.again(), heard)


def test_a_disk_that_never_comes_back_holds_nobody_up(stage: Late, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CLOSE_S", 0.1)
    stage.hang()
    lost = stage.frame
    stage.go_on(2 * SECOND)
    at = stage.ask(Press(BELL, 127, "k/2"))
    stage.go_on(2 * SECOND)
    stage.session.close()
    heard = stage.heard()
    assert not heard[lost:at].any()
    assert np.abs(heard[at : at + SECOND]).max() > 0.01, "hands are heard"
    assert not heard[at + 2 * SECOND - 2 * BLOCK :].any()
    assert stage.session.counts.dry >= 2, "on a busy machine one is late before the disk hangs"
    assert stage.session.counts.back == 0
    assert resumed(stage) == []
    stage.disk.is_there.set()
    np.testing.assert_array_equal(stage.again(), heard)


def test_a_disk_that_is_late_again_and_again_does_not_make_it_flutter(stage: Late) -> None:
    frames: list[int] = []
    for _ in range(3):
        stage.hang()
        stage.disk.is_there.set()
        n_back = stage.session.counts.back
        for _ in range(0, 20 * SECOND, BLOCK):
            stage.go_on(BLOCK)
            if stage.session.counts.back > n_back:
                break
        frames.append(stage.frame)
        stage.go_on(SECOND // 2)
    assert frames[1] - frames[0] >= REST_S * RATE_HZ
    assert frames[2] - frames[1] >= 2 * REST_S * RATE_HZ
    stage.session.close()
    assert len({one.at_frame for one in resumed(stage)}) == 3
    assert len([line for line in stage.said if "source" in line]) == 3, "each thing is said once"
    np.testing.assert_array_equal(stage.again(), stage.heard())


def test_it_comes_back_into_a_fade_that_has_begun_meanwhile(stage: Late, tmp_path: Path) -> None:
    stage.hang()
    begun = len(stage.heard())
    at = stage.ask(FadeAll(4.0))
    stage.go_on(SECOND)
    stage.disk.is_there.set()
    stage.go_on(4 * SECOND)
    stage.session.close()
    with stage_in(tmp_path / "other") as other:
        other.ask(Press(HELD, 127, "k/1"))
        other.go_on(SECOND)
        other.go_on(begun - len(other.heard()))
        assert other.ask(FadeAll(4.0)) == at
        other.go_on(5 * SECOND)
    heard, late = stage.heard(), slice(at + 5 * SECOND // 2, at + 5 * SECOND)
    np.testing.assert_allclose(heard[late], other.heard()[late], atol=1e-6)
    assert heard[at + 3 * SECOND : at + 4 * SECOND - BLOCK].any()
    assert not heard[at + 4 * SECOND :].any()
    np.testing.assert_array_equal(stage.again(), heard)


def test_channels_that_were_lost_one_after_the_other_come_back_together(stage: Late) -> None:
    (sound,) = stage.session.performance.sounds.values()
    stage.disk.is_there.clear()
    for number in (0, 1):  # as the body does where a source is late
        stage.session.player.stop(sound.voices[number].index)
        sound.lose(number)
        stage.go_on(SECOND // 10)
    stage.disk.is_there.set()
    stage.go_on(SECOND)
    stage.session.close()
    assert [one.voice for one in resumed(stage)] == [0, 1]
    assert len({one.at_frame for one in resumed(stage)}) == 1


def test_what_comes_back_has_time_for_its_fade(stage: Late) -> None:
    (sound,) = stage.session.performance.sounds.values()
    stop = sound.voices[0].stop
    assert sound.again(0, stop - 4_000, 2_400) is None, "it is not missing"
    sound.lose(0)
    for end in (stop, stop - SECOND):
        found = [sound.again(0, frame, 2_400) for frame in (end - 2_401, end - 2_400, end)]
        assert [one is not None for one in found] == [True, False, False]
        sound.stop = (stop - 2 * SECOND, SECOND)
    sound.missing.clear()


@pytest.mark.parametrize("control", [Release("k/1"), Panic()])
def test_what_is_ended_while_it_is_away_stays_away(stage: Late, control: Release | Panic) -> None:
    stage.hang()
    stage.go_on(SECOND // 2)
    stage.ask(control)
    stage.go_on(SECOND // 4)
    at = stage.frame
    stage.disk.is_there.set()
    stage.go_on(2 * SECOND)
    stage.session.close()
    assert not stage.heard()[at:].any()
    assert stage.session.performance.sounds == {}
    assert len(stage.body.slots) == 0, "what it held is given back"
    assert resumed(stage) == []
    np.testing.assert_array_equal(stage.again(), stage.heard())


def test_what_would_be_over_by_now_does_not_come_back(tmp_path: Path) -> None:
    with stage_in(tmp_path) as stage:
        slot = Slot.of(HELD)
        short = replace(stage.show.palette.choices[slot][0], duration_s=4.0)
        stage.show.palette.choices[slot] = (short,)  # type: ignore[index]
        stage.ask(Press(HELD, 127, "k/1"))
        stage.go_on(SECOND // 4)
        stage.hang()
        stage.go_on(4 * SECOND - SECOND // 6 - stage.frame)
        assert len(stage.session.performance.sounds) == 1
        stage.disk.is_there.set()  # too late for what is left of it
        stage.go_on(SECOND)
        assert stage.session.performance.sounds == {}
        assert stage.session.counts.back == 0
    np.testing.assert_array_equal(stage.again(), stage.heard())

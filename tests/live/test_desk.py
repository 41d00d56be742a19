"""The desk alone: controls go in at frames, actions come out; no engine, no device."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundscape.engine.voices import GRID
from soundscape.live.actions import Action, Level, Note, Panic, Play, Shape, Stop
from soundscape.live.controls import Beat, FadeAll, Go, Pad, Press, Release, Snapshot, Standby, Transport, Undo
from soundscape.live.controls import Level as ToLevel
from soundscape.live.controls import Panic as AskPanic
from soundscape.live.controls import Shape as ToShape
from soundscape.live.cues import Cue
from soundscape.live.desk import Desk
from soundscape.live.mixer import HIGHEST_DB, Mixer
from soundscape.live.shaping import Shaped
from soundscape.live.transport import Transport as Score
from tests.live.stage import BELL, HELD, RATE_HZ, TOGGLED, event, palette, takes

SECOND = RATE_HZ
FOLLOWED = (Cue("one", (Transport("play"),), follow_s=1.0), Cue("two", (Transport("stop"),)), Cue("three", (Undo(),)))


class Bench:
    """A desk whose engine does everything, at the frame it is told."""

    def __init__(self, folder: Path, cues: tuple[Cue, ...] = (), *, tempo_bpm: float = 60.0) -> None:
        recordings = takes(folder)
        wind = event(recordings, "wind", 1.0, duration_s=5.0, loops=True)
        score = (event(recordings, "bell", 0.5), wind, event(recordings, "gate", 4.0))
        self.frame = 0
        self.done: list[Action] = []
        self.said: list[str] = []
        self.desk = Desk(
            palette=palette(recordings, (BELL, HELD, TOGGLED)), transport=Score(score, RATE_HZ, tempo_bpm=tempo_bpm),
            mixer=Mixer(("Bell", "Gate", "Wind")), cues=cues, max_voices={"Bell": 2}, rate_hz=RATE_HZ,
            do=self._do, clock=lambda: self.frame, tell=self.said.append,
        )  # fmt: skip

    def _do(self, action: Action) -> bool:
        self.done.append(action)
        return True

    def ask(self, *controls: object) -> list[Action]:
        """What is done for some controls, now."""
        self.done.clear()
        for control in controls:
            self.desk.answer(control, self.frame)  # type: ignore[arg-type]
        return list(self.done)

    def go_on(self, seconds: float) -> list[Action]:
        """What the score and cues do in so long."""
        self.done.clear()
        for _ in range(round(seconds * 100)):
            self.frame += SECOND // 100
            self.desk.tend(self.frame, self.frame + SECOND // 100)
        return list(self.done)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def roles(actions: list[Action]) -> list[str]:
    return [action.event.role for action in actions if isinstance(action, Play)]


@pytest.mark.parametrize("end", [AskPanic(), FadeAll(2.0)])
def test_a_cue_that_would_follow_does_not_once_everything_was_ended(tmp_path: Path, end: object) -> None:
    bench = Bench(tmp_path, FOLLOWED)
    bench.ask(Go())
    bench.go_on(0.6)
    bench.ask(end)
    assert not any(isinstance(action, Note) for action in bench.go_on(3.0))
    assert bench.desk.last_cue == "one"
    bench.ask(Go("one"))
    bench.go_on(1.1)
    assert bench.desk.last_cue == "two", "without them it follows"


def test_panic_and_fade_stand_the_score_where_it_was(bench: Bench) -> None:
    for end in (AskPanic(), FadeAll(2.0)):
        bench.ask(Transport("locate", 0.0), Transport("play"))
        bench.go_on(1.5)
        done = bench.ask(end)
        assert not bench.desk.transport.is_playing
        assert bench.go_on(5.0) == []
        kinds = {type(action) for action in done}
        assert kinds == ({Panic} if isinstance(end, AskPanic) else {Stop})
    assert bench.desk.transport.place(bench.frame) == pytest.approx(1.5 * SECOND, abs=GRID)


def test_the_next_cue_is_one_of_those_there_are_or_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FOLLOWED)
    found = []
    for control in (Standby("three"), Standby(by=5), Standby(by=-99), Standby("one", 1), Standby("nobody")):
        bench.ask(control)
        found.append(bench.desk.next_cue.name if bench.desk.next_cue else None)
    assert found == ["three", None, "one", "two", "two"]
    assert bench.said == ["there is no cue 'nobody'"]


def test_go_takes_a_cue_by_its_number_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FOLLOWED)
    bench.ask(Go("3"))
    assert (bench.desk.last_cue, bench.desk.next_cue) == ("three", None)


def test_what_a_knob_has_set_holds_for_the_sounds_to_come(bench: Bench) -> None:
    bench.ask(ToShape("azimuth", 90.0, role="Bell"), ToShape("level", -6.0, role="Bell"))
    play, *shapes = bench.ask(Press(BELL, 100, "k/1"))
    assert isinstance(play, Play)
    assert {(one.sound, one.axis, one.value) for one in shapes if isinstance(one, Shape)} == {
        (play.sound, "azimuth", 90.0), (play.sound, "level", -6.0)
    }  # fmt: skip
    assert len(bench.ask(Press(Pad("Wind", 62, "hold"), 100, "k/2"))) == 1, "another role is not touched"
    assert bench.ask(ToShape("azimuth", 10.0, finger="k/2"))[0].sound == play.sound + 1  # type: ignore[union-attr]


def test_a_tap_that_is_let_go_before_its_sound_is_heard_lasts_a_moment(bench: Bench) -> None:
    bench.desk.answer(Press(HELD, 100, "k/1"), 4_800)
    bench.done.clear()
    bench.desk.answer(Release("k/1"), 4_800)
    (stop,) = bench.done
    assert isinstance(stop, Stop)
    assert stop.at_frame == 4_800 + 0.02 * RATE_HZ
    bench.desk.answer(Press(HELD, 100, "k/2"), 9_600)
    bench.done.clear()
    bench.desk.answer(Release("k/2"), 48_000)
    assert isinstance(bench.done[0], Stop)
    assert bench.done[0].at_frame == 48_000


def test_a_score_that_is_entered_late_plays_what_goes_round_and_nothing_else_that_has_begun(bench: Bench) -> None:
    bench.ask(Transport("locate", 2.0), Transport("play"))
    assert roles(bench.go_on(0.1)) == ["Wind"]
    assert roles(bench.go_on(3.0)) == ["Gate"], "and each once"
    bench.ask(Transport("stop"), Transport("locate", 6.5), Transport("play"))
    assert roles(bench.go_on(0.1)) == [], "the wind is over there"


@pytest.mark.parametrize("frame", [0, 1, 511, 512, 100_000])
def test_a_score_begins_on_a_row_of_the_grid(bench: Bench, frame: int) -> None:
    bench.frame = frame
    bench.ask(Transport("play"))
    assert bench.desk.transport.begin_frame % GRID == 0
    assert 0 <= bench.desk.transport.begin_frame - frame < GRID


def test_a_place_in_beats_is_one_by_the_scores_tempo(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tempo_bpm=90.0)
    bench.ask(Transport("locate", to_beat=6.0))
    assert bench.desk.transport.place(0) == 4.0 * SECOND


def test_a_clock_from_outside_says_when_a_beat_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.ask(Beat(8.0, 120.0))
    bench.frame = SECOND // 10
    (play,) = bench.ask(Press(Pad("Bell", 60, quantise_beats=1.0), 100, "k/1"))
    assert isinstance(play, Play)
    assert play.event.start_s == pytest.approx(0.5, abs=1e-4), "beat 9 at 120"


def test_the_oldest_sound_gives_way_where_a_role_has_no_more(bench: Bench) -> None:
    first, second, third = (bench.ask(Press(BELL, 100, f"k/{n}")) for n in range(3))
    assert [type(action) for action in (*first, *second)] == [Play, Play]
    assert [type(action) for action in third] == [Stop, Play]
    assert third[0].sound == first[0].sound  # type: ignore[union-attr]


def test_levels_have_a_top_and_a_snapshot_can_be_taken_back(bench: Bench) -> None:
    (level,) = bench.ask(ToLevel(99.0, "Bell"))
    assert isinstance(level, Level)
    assert level.level_db == HIGHEST_DB == 24.0
    bench.ask(Snapshot("loud"), ToLevel(-10.0, "Bell"))
    (level,) = bench.ask(Snapshot("loud", recall=True, over_s=1.0))
    assert isinstance(level, Level)
    assert (level.level_db, level.over_frames) == (24.0, SECOND)
    (level,) = bench.ask(Undo())
    assert isinstance(level, Level)
    assert level.level_db == -10.0


def test_a_move_of_a_fader_is_one_change(bench: Bench) -> None:
    bench.ask(ToLevel(-3.0, "Bell"), *(ToLevel(-float(n), "Gate") for n in range(30)))
    bench.ask(Undo())
    assert bench.desk.mixer.mix.levels_db == {"Bell": -3.0}
    bench.ask(Undo())
    assert bench.desk.mixer.mix.levels_db == {}


def test_a_bend_goes_so_far_and_no_further(tmp_path: Path) -> None:
    shaped = Shaped(event(takes(tmp_path), "bell"))
    assert shaped.set("bend", 1e300, 0) == 0.0
    assert shaped.set("bend", -99.0, 512) == 48.0
    assert shaped.values["bend"] == -48.0

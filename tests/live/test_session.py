"""A show from the first control to the last sample, on a device without a clock; and its journal, played again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.audio.files import read_audio
from soundscape.audio.hashing import audio_id
from soundscape.audio.wavefile import rounded24
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.body import MARGIN
from soundscape.engine.engine import render_plan
from soundscape.engine.finish import Limiter
from soundscape.engine.plan import plan
from soundscape.engine.slots import Slots
from soundscape.live import actions
from soundscape.live.controls import (
    Beat,
    Chase,
    FadeAll,
    Go,
    Level,
    Mute,
    Pad,
    Panic,
    Press,
    Release,
    Shape,
    Snapshot,
    Solo,
    Standby,
    Transport,
    Undo,
)
from soundscape.live.cues import Cue
from soundscape.live.palette import LONGEST_HOLD_S, palette_for
from soundscape.live.session import MOST_AT_ONCE
from soundscape.live.show import Show
from soundscape.units import Samples, frame_at, gain_of
from tests.live.long_show import drift
from tests.live.stage import (
    BELL,
    BLOCK,
    GATE,
    GOES_ROUND,
    HELD,
    LEFT,
    RATE_HZ,
    RIGHT,
    ROLES,
    TOGGLED,
    Stage,
    palette,
    score,
    show_in,
    takes,
)

GRID = 512
SECOND = RATE_HZ


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Show:
    return show_in(tmp_path_factory.mktemp("show"))


def fresh(show: Show) -> Show:
    """The same sounds for a new show: a palette remembers whose turn it is."""
    recordings = {take.path.rsplit("/", 1)[-1][:-4]: take for take in show.recordings.values()}
    pads = (BELL, GATE, HELD, TOGGLED, GOES_ROUND)
    return Show(show.arrangement, show.roles, palette(recordings, pads), show.cues, show.pool, bending=show.bending,
                _ready=show._ready)  # fmt: skip


@pytest.fixture
def stage(show: Show, tmp_path: Path) -> Stage:
    return Stage(tmp_path, fresh(show))


def offline(arrangement: Arrangement, stage: Stage) -> Samples:
    """The score as a file has it before it is mastered, under the stage's ceiling."""
    planned = plan(arrangement, stage.renderer(stage.layout))
    mixed = np.concatenate(list(render_plan(planned, stage.show.source)))
    limiter = Limiter(mixed.shape[1], RATE_HZ, ceiling_db=-1.0, lookahead_s=64 / RATE_HZ, margin=MARGIN)
    return np.concatenate([limiter.process(mixed), limiter.flush()])


def first_sound(heard: Samples, since: int = 0) -> int:
    """First frame at which anything sounds."""
    return since + int(np.flatnonzero(np.abs(heard[since:]).max(axis=1) > 0.0)[0])


def sounds(stage: Stage) -> list[str]:
    """Roles of what sounds."""
    return sorted(sound.role for sound in stage.session.performance.sounds.values())


# The score


@pytest.mark.parametrize(("layout", "room"), [("stereo", "none"), ("7.1.4", "none"), ("7.1.4", "hall")])
def test_a_score_that_is_played_has_the_bits_of_its_file(show: Show, tmp_path: Path, layout: str, room: str) -> None:
    recordings = takes(tmp_path)
    arrangement = score(recordings, room)
    played = Show(arrangement, show.roles, show.palette, show.cues, show.pool, _ready=show._ready)
    with Stage(tmp_path, played, layout, room) as stage:
        stage.play(1_000)
        asked = stage.frame
        stage.ask(Go())
        stage.play(8 * SECOND)
        expected = offline(arrangement, stage)
        begin = -(-(asked + stage.session.latency_frames) // GRID) * GRID + stage.body.latency_frames
        heard = stage.heard()
    n = min(len(expected), len(heard) - begin)
    assert np.abs(expected).max() > 0.3
    assert not heard[:begin].any()
    if room == "none":
        np.testing.assert_array_equal(heard[begin : begin + n], expected[:n])
    else:  # a room has counted other frames before the score began: its sums are rounded elsewhere
        np.testing.assert_allclose(heard[begin : begin + n], expected[:n], atol=2e-6)
    assert stage.session.counts.late_starts == stage.session.counts.dry == stage.session.counts.refused == 0


def test_a_score_that_is_put_elsewhere_plays_from_there(stage: Stage) -> None:
    with stage:
        stage.ask(Transport("locate", 2.5), Transport("play"))
        stage.play(SECOND)
        assert "Gate" in sounds(stage)
        assert stage.session.status()["score_s"] == pytest.approx(3.5, abs=0.02)
        stage.ask(Transport("stop"))
        stage.play(SECOND)
        assert sounds(stage) == []
        assert not stage.heard()[-SECOND // 2 :].any()
        assert stage.session.status()["score_s"] == pytest.approx(3.5, abs=0.05)
        stage.ask(Transport("play"))
        stage.play(2 * SECOND)
        assert "Bell" in sounds(stage), "it goes on from where it stood"


def test_timecode_puts_the_score_where_it_should_be_and_leaves_it_alone_there(stage: Stage) -> None:
    with stage:
        stage.ask(Chase(2.0))
        stage.play(SECOND)
        origin = stage.session.desk.transport.begin_frame
        for at_s in (3.02, 2.98):
            stage.ask(Chase(at_s))
            stage.play(BLOCK)
        assert stage.session.desk.transport.begin_frame == origin, "a little off is no reason to jump"
        stage.ask(Chase(5.0))
        stage.play(BLOCK)
        assert stage.session.status()["score_s"] == pytest.approx(5.0, abs=0.03)
        stage.ask(Chase(6.0, is_running=False))
        stage.play(SECOND)
        assert sounds(stage) == []


PARTS_OF_AN_HOUR = [(3_600, 0)] if os.environ.get("SOUNDSCAPE_WHOLE_DAY") else [(300, 0), (300, 3_300)]
"""What adds up is seen in minutes, what grows with the time in the last of them; the whole hour where that is asked."""


@pytest.mark.long
@pytest.mark.parametrize(("seconds", "since_s"), PARTS_OF_AN_HOUR)
def test_an_hour_of_score_drifts_by_no_frame(tmp_path: Path, seconds: int, since_s: int) -> None:
    n_clicks = seconds - 1
    assert drift(tmp_path, seconds, since_s) == {"n_clicks": n_clicks, "n_expected": n_clicks, "most_frames": 0}


# The journal


def busy(stage: Stage) -> None:
    """Everything that hands do, in six seconds."""
    rng = np.random.default_rng(4)
    stage.ask(Go())
    pads = (BELL, GATE, HELD, TOGGLED, GOES_ROUND)
    for n in range(6 * SECOND // BLOCK):
        if n % 17 == 0:
            stage.ask(Press(pads[int(rng.integers(len(pads)))], int(rng.integers(1, 128)), f"k/{n}"))
        if n % 17 == 11:
            stage.ask(Release(f"k/{n - 11}"))
        if n % 90 == 20:
            stage.ask(Shape("azimuth", float(rng.uniform(-180, 180)), role="Wind"))
            stage.ask(Shape("level", float(rng.uniform(-12, 3)), finger=f"k/{n - n % 17}"))
        if n % 90 == 50:
            stage.ask(Shape("bend", float(rng.uniform(-5, 5)), role="Wind"))
            stage.ask(Shape("distance", float(rng.uniform(1, 20)), role="Bell"))
        if n % 200 == 60:
            stage.ask(Level(float(rng.uniform(-20, 6)), ROLES[n % 3].name, over_s=0.3))
        for at, control in ((300, Mute("Wind")), (360, Undo()), (700, Panic()), (720, Transport("locate", 2.2)),
                            (721, Transport("play")), (1_000, FadeAll(0.3))):  # fmt: skip
            if n == at:
                stage.ask(control)
        stage.play(BLOCK)


@pytest.fixture(scope="module", params=["none", "hall"])
def played(request: pytest.FixtureRequest, show: Show, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    with Stage(tmp_path_factory.mktemp("played"), fresh(show), "7.1.4", request.param) as stage:
        busy(stage)
    return stage


def test_the_journal_played_again_has_the_bits_of_the_show_and_of_its_tape(played: Stage) -> None:
    heard, journal = played.heard(), played.journal()
    assert np.abs(heard).max() > 0.4
    assert {type(row.action) for row in journal.rows} == {actions.Play, actions.Stop, actions.Shape, actions.Level,
                                                          actions.Panic, actions.Note}  # fmt: skip
    again = played.again()
    np.testing.assert_array_equal(again, heard)
    np.testing.assert_array_equal(read_audio(played.tape.path)[0], rounded24(heard))
    assert journal.end is not None
    assert (journal.end.n_frames, journal.end.audio_id) == (len(heard), audio_id(played.tape.path))


def test_the_journal_is_played_again_on_any_other_layout(played: Stage) -> None:
    again, heard = played.again("22.2"), played.heard()
    assert again.shape == (len(heard), 24)
    # Where the sound is in time does not depend on the loudspeakers: seconds are as loud beside each other.
    power, other = (np.square(x[: len(x) // 4800 * 4800]).reshape(-1, 4800 * x.shape[1]).sum(axis=1)
                    for x in (heard, again))  # fmt: skip
    loud = power > 1e-3 * power.max()
    assert np.abs(10 * np.log10(other[loud] / power[loud])).max() < 4.0
    assert not again[(power == 0.0).repeat(4800).nonzero()[0][:1]].any()


def test_a_source_that_was_late_is_late_again_in_the_journal(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slots, "read_ahead", lambda _, **__: 0)  # a disk that gives nothing any more
    with Stage(tmp_path, fresh(show), reads_in_time=False) as stage:
        stage.ask(Press(BELL, 127, "k/1"))
        stage.play(2 * SECOND)
        assert stage.session.counts.dry == 1
        assert any("not read in time" in line for line in stage.said)
        heard = stage.heard()
        assert np.abs(np.diff(heard[:, 0])).max() < 0.1, "it fades and does not break off"
        assert not heard[SECOND:].any()
    np.testing.assert_array_equal(stage.again(), heard)


def test_where_the_host_runs_free_a_turn_waits_for_the_disk(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slots, "read_ahead", lambda _, **__: 0)  # nobody else reads
    with Stage(tmp_path, fresh(show), reads_in_time=False) as stage:
        stage.body.run_free(on=True)
        at = stage.ask(Press(BELL, 127, "k/1"))
        stage.play(2 * SECOND)
        assert stage.session.counts.dry == 0
    assert stage.heard()[at + int(1.4 * SECOND) : at + int(1.5 * SECOND)].any(), "to its end"


def test_a_sound_that_is_no_number_silences_the_show_and_its_journal_alike(show: Show, tmp_path: Path) -> None:
    poisoned = fresh(show)
    poisoned._ready = {key: samples.copy() for key, samples in poisoned._ready.items()}
    for key, samples in poisoned._ready.items():
        if key.recording_id == "1" * 32:
            samples[9_000] = np.nan
    with Stage(tmp_path, poisoned, "7.1.4", "hall") as stage:
        stage.ask(Press(BELL, 100, "k/1"), Press(GATE, 100, "k/2"))
        stage.play(SECOND)
        assert stage.session.counts.poisoned == 1
        assert sounds(stage) == []
        stage.ask(Press(BELL, 100, "k/3"))
        stage.play(SECOND)
        heard = stage.heard()
        assert np.isfinite(heard).all()
        assert np.abs(heard[-SECOND // 2 :]).max() > 0.01, "the show goes on"
    # The file has the number that is none as well: up to there, and from the next press on, it is the same.
    np.testing.assert_array_equal(stage.again(), heard)


# Hands


def test_a_press_is_heard_one_latency_later_wherever_in_the_block_it_came(stage: Stage) -> None:
    with stage:
        stage.play(SECOND)
        found = []
        for into in (0, 1, 63, 64, 100, 255):
            arrived = stage.frame + into  # while the next block is played; it is answered after that
            stage.session.ask(Press(GATE, 127, f"k/{into}"), arrived)
            stage.play(2 * SECOND)
            found.append(first_sound(stage.heard(), arrived) - arrived)
    assert found == [stage.latency_frames] * 6
    assert stage.session.latency_frames <= 2 * BLOCK


def test_a_sound_that_may_go_round_for_an_hour_begins_as_fast_as_any_other(stage: Stage) -> None:
    spent_s = []
    with stage:
        for n in range(8):
            begin_s = time.perf_counter()
            stage.session.desk.answer(Press(HELD, 100, f"k/{n}"), stage.frame + 4_800)
            spent_s.append(time.perf_counter() - begin_s)
    assert min(spent_s) < 0.02, "planning all of its rounds took ten times as long"


def test_velocity_is_loudness(stage: Stage) -> None:
    with stage:
        peaks = []
        for velocity in (127, 64):
            at = stage.ask(Press(BELL, velocity, "k/1"))
            stage.play(2 * SECOND)
            peaks.append(np.abs(stage.heard()[at:]).max())
    assert 20 * np.log10(peaks[1] / peaks[0]) == pytest.approx(-11.9, abs=0.05)


def test_a_one_shot_sounds_to_its_end_though_it_is_released(stage: Stage) -> None:
    with stage:
        at = stage.ask(Press(BELL, 127, "k/1"))
        stage.play(4_800)
        stage.ask(Release("k/1"))
        stage.play(2 * SECOND)
    heard = np.abs(stage.heard()).max(axis=1)
    assert heard[at + int(1.4 * SECOND)] > 0.0 or heard[at + int(1.4 * SECOND) - 50 : at + int(1.4 * SECOND)].any()
    assert not heard[at + int(1.5 * SECOND) :].any()


def test_a_held_sound_goes_round_until_it_is_released(stage: Stage) -> None:
    with stage:
        stage.ask(Press(HELD, 127, "k/1"))
        stage.play(7 * SECOND)
        assert np.abs(stage.heard()[-SECOND:]).max() > 0.01, "longer than its take"
        at = stage.ask(Release("k/1"))
        stage.play(SECOND)
    heard = stage.heard()
    fade = frame_at(0.12, RATE_HZ)
    assert heard[at + fade // 2].any()
    assert not heard[at + fade :].any()


@pytest.mark.parametrize("pad", [TOGGLED, GOES_ROUND])
def test_a_second_press_ends_what_the_first_began(stage: Stage, pad: Pad) -> None:
    with stage:
        stage.ask(Press(pad, 127, "k/1"), Release("k/1"))
        stage.play(4 * SECOND)
        assert sounds(stage) == ["Wind"]
        at = stage.ask(Press(pad, 127, "k/2"), Release("k/2"))
        stage.play(SECOND)
        assert sounds(stage) == []
        assert not stage.heard()[at + frame_at(0.12, RATE_HZ) :].any()
        stage.ask(Press(pad, 127, "k/3"))
        stage.play(SECOND)
        assert sounds(stage) == ["Wind"]


def test_sounds_of_one_choke_group_cut_each_other_off(tmp_path: Path) -> None:
    left, right, free = (Pad(role, 70 + n, choke=choke) for n, (role, choke) in enumerate(
        (("Bell", "hats"), ("Gate", "hats"), ("Gate", ""))))  # fmt: skip
    with Stage(tmp_path, show_in(tmp_path / "show", pads=(left, right, free))) as stage:
        stage.ask(Press(left, 127, "k/1"))
        stage.play(SECOND // 4)
        stage.ask(Press(free, 127, "k/2"))
        stage.play(SECOND // 4)
        assert sounds(stage) == ["Bell", "Gate"]
        at = stage.ask(Press(right, 127, "k/3"))
        stage.play(SECOND // 4)
    bell = np.abs(stage.heard()[:, 0])
    assert bell[at - 100 : at].max() > 0.01
    assert bell[at + frame_at(0.02, RATE_HZ) :].max() < 1e-4, "gates sound from the right alone"
    stops = [row.action for row in stage.journal().rows if isinstance(row.action, actions.Stop)]
    assert [(stop.sound, stop.at_frame, stop.fade_frames) for stop in stops] == [(0, at - 79, 960)]


def test_a_quantised_press_waits_for_the_beat(tmp_path: Path) -> None:
    pad = Pad("Gate", 80, quantise_beats=2.0)
    with Stage(tmp_path, show_in(tmp_path / "show", pads=(pad,))) as stage:
        stage.play(1_280)
        beat = stage.ask(Beat(7.0, 90.0))  # beat 8 comes 32,000 frames later
        stage.play(BLOCK)
        stage.ask(Press(pad, 127, "k/1"))
        stage.play(SECOND)
        assert first_sound(stage.heard()) == beat + 32_000
        at = stage.frame
        stage.ask(Press(pad, 127, "k/2"))
        stage.play(3 * SECOND)
        # The first gate is over before the next even beat; the second begins on that.
        assert first_sound(stage.heard(), max(at, beat + 32_000 + SECOND)) == beat + 32_000 + 64_000


def test_a_finger_bends_moves_and_levels_its_own_sound(stage: Stage) -> None:
    with stage:
        stage.ask(Press(BELL, 127, "k/1"))
        stage.play(4_800)
        at = stage.ask(Shape("azimuth", -30.0, finger="k/1"))
        stage.play(9_600)
        heard = stage.heard()
        assert np.abs(heard[at - 2_000 : at, 1]).max() < 1e-4 < 1e-2 < np.abs(heard[at - 2_000 : at, 0]).max()
        later = heard[at + 3 * GRID :]
        assert np.abs(later[:, 0]).max() < 1e-4 < 1e-2 < np.abs(later[:, 1]).max(), "it has gone over to the right"
        stage.ask(Shape("bend", 12.0, finger="k/1"))
        stage.play(9_600)
        bent = stage.heard()[-4_800:, 1]
    spectrum = np.abs(np.fft.rfft(bent * np.hanning(len(bent))))
    assert spectrum.argmax() * RATE_HZ / len(bent) == pytest.approx(880.0, abs=10.0)


# The mix


def loudness(stage: Stage, n_frames: int = SECOND // 2) -> tuple[float, float]:
    """Peak of both channels while it plays on for so long, after what was asked has been done."""
    stage.play(SECOND // 4)
    at = stage.frame
    stage.play(n_frames)
    left, right = np.abs(stage.heard()[at:]).max(axis=0)
    return float(left), float(right)


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Stage]:
    """A tone for a bell to the left and one for a gate to the right, that last."""
    sine = 0.1 * np.sin(2 * np.pi * 440.0 * np.arange(60 * RATE_HZ) / RATE_HZ)
    soundfile.write(tmp_path / "sine.wav", sine, RATE_HZ, subtype="FLOAT")
    take = Recording("9" * 32, str(tmp_path / "sine.wav"), RATE_HZ, 1, len(sine))
    segment = Segment("sine", take.id, 0.0, 60.0)
    events = tuple(Event(0.0, 60.0, segment, role, path) for role, path in (("Bell", LEFT), ("Gate", RIGHT)))
    with Stage(tmp_path, show_in(tmp_path / "show", arrangement=Arrangement(events, (take,)))) as stage:
        stage.ask(Transport("play"))
        stage.play(SECOND)
        yield stage


def test_levels_are_gains_of_a_role_or_of_everything(lasting: Stage) -> None:
    left, right = loudness(lasting)
    assert left == pytest.approx(right, rel=1e-3)
    lasting.ask(Level(-6.0, "Bell"))
    assert loudness(lasting) == pytest.approx((left * gain_of(-6.0), right), rel=1e-3)
    lasting.ask(Level(-20.0))
    assert loudness(lasting) == pytest.approx((left * gain_of(-26.0), right * gain_of(-20.0)), rel=1e-3)
    lasting.ask(Level(-120.0, "Gate"))
    assert loudness(lasting) == pytest.approx((left * gain_of(-26.0), 0.0), rel=1e-3)
    lasting.ask(Level(24.0), Level(24.0, "Bell"), Level(24.0, "Gate"))
    assert 0.8 < max(loudness(lasting)) <= gain_of(-1.0), "no master level goes beyond the ceiling"


def test_mute_solo_undo_and_snapshots_bring_back_what_was(lasting: Stage) -> None:
    left, right = loudness(lasting)
    lasting.ask(Mute("Bell"))
    assert loudness(lasting) == pytest.approx((0.0, right), rel=1e-3)
    lasting.ask(Solo("Bell"))
    assert loudness(lasting) == (0.0, 0.0), "what is muted stays muted when it is soloed"
    lasting.ask(Mute("Bell"))
    assert loudness(lasting) == pytest.approx((left, 0.0), rel=1e-3)
    lasting.ask(Snapshot("alone"), Solo("Bell", on=False), Level(-12.0, "Gate"))
    assert loudness(lasting) == pytest.approx((left, right * gain_of(-12.0)), rel=1e-3)
    lasting.ask(Snapshot("alone", recall=True, over_s=0.1))
    assert loudness(lasting) == pytest.approx((left, 0.0), rel=1e-3)
    soft = (left, right * gain_of(-12.0))
    for expected in (soft, (left, right), (left, 0.0), (0.0, 0.0), (0.0, right), (left, right)):
        lasting.ask(Undo())
        assert loudness(lasting) == pytest.approx(expected, rel=1e-3)
    lasting.ask(Undo(), Mute("Drum"), Snapshot("none", recall=True))
    assert loudness(lasting) == pytest.approx((left, right), rel=1e-3)
    said = ["there is nothing to take back", "there is no role 'Drum'", "there is no snapshot 'none'"]
    assert lasting.said[-3:] == said


def test_a_fade_of_everything_is_slow_and_ends_in_silence(lasting: Stage) -> None:
    left, _ = loudness(lasting)
    at = lasting.ask(FadeAll(2.0))
    lasting.play(3 * SECOND)
    heard = np.abs(lasting.heard()[:, 0])
    middle = heard[at + SECOND - 480 : at + SECOND + 480].max()
    assert middle == pytest.approx(left * np.cos(np.pi / 4), rel=0.02)
    assert heard[at + 2 * SECOND - 4_800 : at + 2 * SECOND].any()
    assert not heard[at + 2 * SECOND :].any()
    assert not lasting.session.status()["is_playing"]


def test_panic_silences_at_the_next_quantum_and_changes_nothing_else(lasting: Stage) -> None:
    lasting.ask(Level(-6.0, "Bell"))
    left, right = loudness(lasting)
    lasting.ask(Press(BELL, 127, "k/1"), Press(HELD, 127, "k/2"))
    lasting.play(4_800)
    at = lasting.frame
    lasting.ask(Panic())
    lasting.play(2 * SECOND)
    assert not lasting.heard()[at + BLOCK + 64 :].any(), "the turn of the loop it came in, and a quantum"
    assert sounds(lasting) == []
    assert lasting.said[-1] == "panic: 4 sounds were silenced"
    lasting.ask(Transport("play"))
    lasting.play(SECOND)
    assert lasting.session.status()["is_playing"]
    lasting.ask(Transport("locate", 0.0))
    lasting.play(SECOND)
    assert loudness(lasting) == pytest.approx((left, right), rel=1e-3)


# Cues


def test_go_takes_one_cue_after_the_other_and_no_two_at_once(stage: Stage) -> None:
    with stage:
        stage.ask(Go())
        stage.play(SECOND // 5)
        stage.ask(Go())
        stage.play(SECOND // 5)
        assert stage.session.status()["cue"] == "Beginning"
        assert stage.session.status()["next_cue"] == "Second bell"
        assert stage.said[-1] == "GO was ignored: the last one was less than 0.5 s before"
        stage.play(SECOND // 2)
        stage.ask(Go())
        stage.play(SECOND // 4)
        assert stage.session.status()["score_s"] == pytest.approx(2.24, abs=0.03)
        stage.play(SECOND)
        stage.ask(Go())
        stage.play(BLOCK)
        assert stage.said[-1] == "GO: there is no further cue"
        stage.ask(Standby("Beginning"), Go())
        stage.play(SECOND)
        assert stage.session.status()["cue"] == "Beginning"
        stage.ask(Go("no such cue"))
        stage.play(BLOCK)
        assert stage.said[-1] == "there is no cue 'no such cue'"
    notes = [row.action.text for row in stage.journal().rows if isinstance(row.action, actions.Note)]
    assert notes == ["cue Beginning", "cue Second bell", "cue Beginning"]


def test_a_cue_that_follows_goes_by_itself(tmp_path: Path) -> None:
    cues = (Cue("one", (Press(BELL, 100, "cue/Bell"),), follow_s=1.0), Cue("two", (Press(GATE, 100, "cue/Gate"),)))
    with Stage(tmp_path, show_in(tmp_path / "show", cues=cues)) as stage:
        at = stage.ask(Go())
        stage.play(3 * SECOND)
    gate = np.abs(stage.heard()[:, 1])
    begin = int(np.flatnonzero(gate > 1e-4)[0])
    assert 0 <= begin - (at + SECOND) <= 2 * BLOCK


# What goes wrong


def test_a_flood_is_answered_piece_by_piece_and_the_score_goes_on(stage: Stage) -> None:
    with stage:
        stage.ask(Transport("play"), Press(HELD, 1, "k/1"))
        stage.play(SECOND)
        for n in range(2_000):
            stage.ask(Shape("azimuth", n % 180, finger="k/1"), Level(-n % 7, "Gate"), Release(f"x/{n}"),
                      Press(Pad("Drum"), 1, f"x/{n}"), Shape("bend", 1e300, finger="nobody"))  # fmt: skip
        waiting = []
        while stage.session.status()["waiting"]:
            waiting.append(stage.session.status()["waiting"])
            stage.play(BLOCK)
        assert waiting == list(range(10_000, 0, -MOST_AT_ONCE))
        stage.play(8 * SECOND)
        stage.ask(Press(BELL, 127, "k/2"))
        stage.play(SECOND)
        assert "Bell" in sounds(stage), "hands are heard again"
        assert stage.session.counts.dry == stage.session.counts.late_starts == 0
    np.testing.assert_array_equal(stage.again(), stage.heard())


def test_notes_whose_release_was_lost_sound_for_an_hour_at_most_and_are_no_more_than_a_role_has(stage: Stage) -> None:
    take = next(iter(stage.show.recordings.values()))
    segment = Segment("a", take.id, 0.0, 1.5, kind="texture", features={"duration_s": 1.5, "level_lufs": -23.0})
    catalogue = Catalogue({take.id: take}, (segment,), np.ones((1, 2), np.float32))
    chosen = palette_for((HELD,), ROLES, catalogue).event(HELD, 100, 0.0)
    assert chosen is not None
    assert chosen.duration_s < LONGEST_HOLD_S + 10.0, "and its fade"
    with stage:
        for n in range(50):
            stage.ask(Press(HELD, 100, f"pad/{n}"))
            stage.play(4_800)
        assert sounds(stage) == ["Wind"] * 2
        assert stage.session.desk.release_all("pad/", stage.frame) == 2, "their controller was unplugged"
        stage.play(SECOND)
        assert sounds(stage) == []


def test_what_no_role_can_play_is_said_and_nothing_else_happens(stage: Stage) -> None:
    with stage:
        stage.ask(Press(Pad("Drum"), 100, "k/1"), Release("nobody"), Shape("level", -3.0, role="Drum"))
        stage.ask(Level(0.0, "Drum"))
        stage.play(SECOND)
        assert stage.said[-2:] == ["a pad wants role 'Drum', which has no sounds ready", "there is no role 'Drum'"]
        assert not stage.heard().any()
        assert stage.journal().rows == ()


@pytest.mark.long
def test_memory_does_not_grow_with_the_show(tmp_path: Path) -> None:
    grown_mb = []
    for name in ("first", "second"):  # what waits for a disk that others use is no leak: that grows each time
        (tmp_path / name).mkdir()
        command = [sys.executable, "-m", "tests.live.long_show", "memory", str(tmp_path / name), "300"]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        told = json.loads(run.stdout)
        grown_mb.append(told["after_mb"] - told["before_mb"])
        if grown_mb[-1] < 10.0:
            break
    assert min(grown_mb) < 10.0, "megabytes in four and a half minutes"

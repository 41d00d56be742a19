"""What a role plays: on the note, at its pitch, as loud and as long as it should be, and always the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from soundscape.arrangement.arrange import Arranged, arrange
from soundscape.arrangement.cast import Cast, Piece, Role
from soundscape.arrangement.pitching import heard_pitch
from soundscape.arrangement.self_cast import cast_for
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import parse_query
from soundscape.errors import PieceError
from soundscape.score.curve import Curve
from soundscape.score.score import Note, Part, Score
from soundscape.space.trajectory import Trajectory
from tests.arrangement.conftest import catalogue_of, notes_of, score_of, segment

BELLS = Role("bells", wants=parse_query("bell"))
SCALE = notes_of("Bells", [48, 52, 55, 60, 64, 67, 72])


def played(score: Score, catalogue: Catalogue, *roles: Role, seed: int = 1) -> Arranged:
    return arrange(score, Cast(roles), catalogue, seed=seed)


def test_every_onset_is_heard_on_its_note(orchestra: Catalogue) -> None:
    events = played(score_of(*SCALE), orchestra, BELLS).arrangement.events
    assert len(events) == len(SCALE)
    for note, event in zip(SCALE, events, strict=True):
        onset_s = event.start_s + (event.segment.features["onset_s"] - event.offset_s) / event.speed
        assert onset_s == pytest.approx(note.start_s, abs=1e-9)


def test_a_note_at_the_very_beginning_starts_inside_its_segment(orchestra: Catalogue) -> None:
    (event,) = played(score_of(Note(0.0, "Bells", 60, 1.0, 90)), orchestra, BELLS).arrangement.events
    assert event.start_s == 0.0
    assert event.offset_s == pytest.approx(event.segment.features["onset_s"])


def test_transposed_sounds_have_the_pitch_of_their_notes(orchestra: Catalogue) -> None:
    for note, event in zip(SCALE, played(score_of(*SCALE), orchestra, BELLS).arrangement.events, strict=True):
        own = heard_pitch(event.segment)
        assert own is not None
        assert own + 12.0 * np.log2(event.speed) == pytest.approx(note.pitch)


@pytest.mark.parametrize("pitch", ["as it is", "nearest"])
def test_sounds_that_are_not_transposed_run_at_their_own_speed(pitch: str, orchestra: Catalogue) -> None:
    events = played(score_of(*SCALE), orchestra, replace(BELLS, pitch=pitch)).arrangement.events
    assert {event.speed for event in events} == {1.0}


def test_nearest_takes_the_sound_nearest_in_pitch(orchestra: Catalogue) -> None:
    events = played(score_of(*SCALE), orchestra, replace(BELLS, pitch="nearest")).arrangement.events
    assert [event.segment.id for event in events] == [
        "bell48", "bell55", "bell55", "bell60", "bell67", "bell67", "bell72"]  # fmt: skip


def test_a_note_too_far_away_is_played_in_another_octave_and_says_so(orchestra: Catalogue) -> None:
    result = played(score_of(Note(1.0, "Bells", 108, 1.0, 90)), orchestra, BELLS)
    (event,) = result.arrangement.events
    shift = 12.0 * np.log2(event.speed)
    own = heard_pitch(event.segment)
    assert own is not None
    assert abs(shift) <= 24.0
    assert (108 - own - shift) % 12.0 == pytest.approx(0.0, abs=1e-6)
    assert "octave" in result.choices[0].treatment


def test_an_unpitched_sound_is_played_as_it_is(orchestra: Catalogue) -> None:
    knocks = Role("knocks", wants=parse_query("gate.knock"))
    assert {event.speed for event in played(score_of(*SCALE), orchestra, knocks).arrangement.events} == {1.0}


def test_bells_ring_on_and_flutes_stop_with_their_note(orchestra: Catalogue) -> None:
    note = Note(1.0, "P", 60, 0.5, 90)
    bell = played(score_of(note), orchestra, BELLS).arrangement.events[0]
    flute = played(score_of(note), orchestra, Role("f", wants=parse_query("flute"))).arrangement.events[0]
    assert bell.duration_s > 3.0
    assert flute.end_s == pytest.approx(1.5 + flute.fade_out_s)
    damped = played(score_of(note), orchestra, replace(BELLS, rings=False)).arrangement.events[0]
    assert damped.end_s == pytest.approx(1.5 + damped.fade_out_s)


def test_a_texture_goes_round_for_as_long_as_its_note(orchestra: Catalogue) -> None:
    wind = Role("wind", wants=parse_query("wind"))
    (event,) = played(score_of(Note(2.0, "Air", 60, 90.0, 90)), orchestra, wind).arrangement.events
    assert event.loops
    assert event.end_s == pytest.approx(92.0, abs=1.0)


@pytest.mark.parametrize("louder_db", [-12.0, 0.0, 9.0])
def test_quiet_takes_and_loud_takes_play_alike(louder_db: float) -> None:
    take = segment("b", "bell", pitch=60, level_lufs=-30.0 + louder_db, true_peak_db=-18.0 + louder_db)
    (event,) = played(score_of(Note(1.0, "P", 60, 1.0, 127)), catalogue_of(take), BELLS).arrangement.events
    assert event.gain_db + take.features["level_lufs"] == pytest.approx(-23.0)


def test_a_short_hard_sound_is_not_raised_above_full_scale() -> None:
    click = segment("c", "wood_block", length_s=0.1, level_lufs=-50.0, true_peak_db=-6.0)
    role = Role("wood", wants=parse_query("wood_block"))
    (event,) = played(score_of(Note(1.0, "P", 60, 1.0, 127)), catalogue_of(click), role).arrangement.events
    assert click.features["true_peak_db"] + event.gain_db <= -3.0


def test_louder_notes_are_louder(orchestra: Catalogue) -> None:
    notes = [Note(float(v), "P", 60, 0.5, v) for v in (1, 30, 60, 100, 127)]
    same = replace(BELLS, wants=parse_query("bell and duration_s > 1"), choose="best pitch", pitch="nearest")
    gains = [event.gain_db for event in played(score_of(*notes), orchestra, same).arrangement.events]
    assert gains == sorted(gains)
    assert gains[-1] - gains[0] == pytest.approx(32.0)


def test_volume_and_expression_swell_while_a_sound_lasts(orchestra: Catalogue) -> None:
    swell = Curve((1.0, 2.0), (50.0, 100.0))
    part = Part("P", 0, controls=((7, swell),))
    (event,) = played(score_of(Note(1.0, "P", 60, 1.0, 127), parts=(part,)), orchestra, BELLS).arrangement.events
    assert event.level_db is not None
    lead_s = 1.0 - event.start_s
    levels = event.level_db.at(np.array([lead_s, lead_s + 1.0]))
    assert levels == pytest.approx([40.0 * np.log10(0.5), 0.0], abs=1e-9)


def test_bends_are_followed_only_where_the_role_says_so(orchestra: Catalogue) -> None:
    part = Part("P", 0, bend=Curve((1.0, 2.0), (0.0, 2.0)))
    score = score_of(Note(1.0, "P", 60, 1.0, 100), parts=(part,))
    (stiff,) = played(score, orchestra, BELLS).arrangement.events
    (bent,) = played(score, orchestra, replace(BELLS, pitch="following bends")).arrangement.events
    assert stiff.bend is None
    assert bent.bend is not None
    assert bent.bend.at(np.array([1.5 - bent.start_s]))[0] == pytest.approx(1.0)


def test_the_modulation_wheel_makes_a_held_sound_tremble_and_no_bell(orchestra: Catalogue) -> None:
    wheel = Part("P", 0, controls=((1, Curve((0.0, 1.999, 2.0), (0.0, 0.0, 127.0))),))
    score = score_of(Note(1.0, "P", 60, 2.0, 100), parts=(wheel,))
    flute = Role("f", wants=parse_query("flute"), pitch="following bends", loops=True)
    (held,) = played(score, orchestra, flute).arrangement.events
    assert held.bend is not None
    bend = held.bend.at(np.arange(0.0, 2.0, 0.001))
    up = round((2.0 - held.start_s) / 0.001)
    assert not bend[: up - 30].any()
    assert (bend[up:].max(), bend[up:].min()) == pytest.approx((0.5, -0.5), abs=0.06)
    crossings = np.count_nonzero(np.diff(np.signbit(bend[up:])))
    assert crossings / 2.0 / (len(bend[up:]) * 0.001) == pytest.approx(5.5, abs=1.0)
    for other in (replace(flute, pitch="transposed"), replace(BELLS, pitch="following bends")):
        (still,) = played(score, orchestra, other).arrangement.events
        assert still.bend is None


def test_a_walk_through_the_piece_is_where_it_should_be_at_every_event(orchestra: Catalogue) -> None:
    walk = Trajectory((0.0, 10.0), ((-5.0, 2.0, 0.0), (5.0, 2.0, 0.0)))
    for event in played(score_of(*SCALE), orchestra, replace(BELLS, path=walk)).arrangement.events:
        times = np.linspace(0.0, event.duration_s, 7)
        np.testing.assert_allclose(event.path.at(times), walk.at(event.start_s + times), atol=1e-9)
    again = replace(BELLS, path=walk, path_clock="event")
    assert {event.path for event in played(score_of(*SCALE), orchestra, again).arrangement.events} == {walk}


def test_pan_moves_a_role_without_a_path_to_its_side(orchestra: Catalogue) -> None:
    for value, side in ((0.0, -1.0), (64.0, 0.0), (127.0, 1.0)):
        part = Part("P", 0, controls=((10, Curve((0.0,), (value,))),))
        (event,) = played(score_of(Note(1.0, "P", 60, 1.0, 100), parts=(part,)), orchestra, BELLS).arrangement.events
        x_m, y_m, _ = event.path.points_m[0]
        assert np.sign(round(x_m, 9)) == side
        assert y_m > 0.0


def test_controllers_steer_the_place(orchestra: Catalogue) -> None:
    controls = ((20, Curve((1.0, 2.0), (64.0, 32.0))), (22, Curve((0.0,), (127.0,))))
    score = score_of(Note(1.0, "P", 60, 1.0, 100), parts=(Part("P", 0, controls=controls),))
    steered = replace(BELLS, steer=(("azimuth", 20), ("distance", 22)))
    (event,) = played(score, orchestra, steered).arrangement.events
    ahead, left = event.path.at(np.array([1.0, 2.0]) - event.start_s)
    np.testing.assert_allclose(ahead, (0.0, 16.0, 0.0), atol=0.5)
    np.testing.assert_allclose(left, (-16.0, 0.0, 0.0), atol=1.0)
    assert np.diff(event.path.times_s[:20]).max() <= 0.0501


def test_a_controller_lifts_a_sound_over_the_head(orchestra: Catalogue) -> None:
    rises = Part("P", 0, controls=((21, Curve((1.0, 2.0), (0.0, 127.0))),))
    score = score_of(Note(1.0, "P", 60, 1.0, 100), parts=(rises,))
    (event,) = played(score, orchestra, replace(BELLS, steer=(("elevation", 21),))).arrangement.events
    low, middle, high = event.path.at(np.array([1.0, 1.5, 2.0]) - event.start_s)
    np.testing.assert_allclose(low, (0.0, 2.0, 0.0), atol=0.05)
    np.testing.assert_allclose(middle, (0.0, 2.0**0.5, 2.0**0.5), atol=0.1)
    np.testing.assert_allclose(high, (0.0, 0.0, 2.0), atol=0.05)


def test_no_more_voices_than_allowed_and_stolen_ones_fade(orchestra: Catalogue) -> None:
    notes = notes_of("Bells", [60, 62, 64, 65, 67, 69, 71, 72] * 3, every_s=0.1)
    events = played(score_of(*notes), orchestra, replace(BELLS, max_voices=3)).arrangement.events
    assert len(events) == len(notes)
    for event in events:
        sounding = [e for e in events if e.start_s <= event.start_s < e.end_s - 0.051]
        assert len(sounding) <= 3
        assert event.fade_out_s >= 0.03
        assert event.fade_in_s + event.fade_out_s <= event.duration_s + 1e-9


@pytest.mark.parametrize("choose", ["best pitch", "round robin", "random"])
def test_another_role_changes_nothing(choose: str, orchestra: Catalogue) -> None:
    bells = replace(BELLS, choose=choose)
    wind = Role("wind", wants=parse_query("wind"), choose="random")
    alone = played(score_of(*SCALE), orchestra, bells).arrangement
    together = played(score_of(*SCALE), orchestra, wind, bells).arrangement
    assert together.without("wind").events == alone.events
    assert played(score_of(*SCALE), orchestra, bells).arrangement == alone


def test_another_seed_draws_other_sounds(orchestra: Catalogue) -> None:
    lots = replace(BELLS, choose="random")
    one, other = (played(score_of(*SCALE), orchestra, lots, seed=seed).arrangement.events for seed in (1, 2))
    assert [event.segment.id for event in one] != [event.segment.id for event in other]


def test_round_robin_plays_all_before_it_repeats(orchestra: Catalogue) -> None:
    notes = notes_of("Bells", [60] * 25)
    events = played(score_of(*notes), orchestra, replace(BELLS, choose="round robin")).arrangement.events
    ids = [event.segment.id for event in events]
    assert all(len(set(ids[n : n + 5])) == 5 for n in range(0, 25, 5))
    assert all(one != other for one, other in pairwise(ids))


def test_like_takes_what_is_most_alike(orchestra: Catalogue) -> None:
    role = Role("bells", wants=parse_query("bell"), choose="like", like="bell60")
    first = played(score_of(*SCALE[:1]), orchestra, role).choices[0]
    assert first.segment_id == "bell60"


def test_choices_say_what_came_second_and_third(orchestra: Catalogue) -> None:
    choice = played(score_of(*SCALE), orchestra, BELLS).choices[0]
    assert choice.n_candidates == 5
    assert len(choice.runners_up) == 2
    assert choice.total >= choice.runners_up[0][1] >= choice.runners_up[1][1]
    assert dict(choice.terms)["pitch"] == 1.0


def test_notes_nobody_hears_are_spoken_of(orchestra: Catalogue) -> None:
    score = score_of(*SCALE, *notes_of("Flute", [70, 71]))
    (warning,) = played(score, orchestra, replace(BELLS, parts=("Bells",))).warnings
    assert "'Flute'" in warning
    assert "2 of its 2 notes" in warning


def test_a_role_nothing_can_fill_says_what_there_is(orchestra: Catalogue) -> None:
    role = Role("storm", wants=parse_query("bell and duration_s > 900"))
    with pytest.raises(PieceError, match=r"role 'storm'.*duration_s > 900") as caught:
        played(score_of(*SCALE), orchestra, role)
    assert "'bell' finds 5" in caught.value.hint


def test_a_piece_gives_its_titles_room_layout_and_loudness_to_the_arrangement(orchestra: Catalogue) -> None:
    piece = Piece("Bells", Path("bells.mid"), Cast((BELLS,)), "钟", layout="5.1", room="cave", loudness_lufs=-18.0)
    made = arrange(score_of(*SCALE), piece, orchestra).arrangement
    assert (made.title, made.title_zh, made.layout, made.room, made.loudness_lufs) == (
        "Bells",
        "钟",
        "5.1",
        "cave",
        -18.0,
    )
    assert arrange(score_of(*SCALE), piece, orchestra, room="hall").arrangement.room == "hall"


def test_a_score_without_notes_is_refused(orchestra: Catalogue) -> None:
    with pytest.raises(PieceError, match="no notes"):
        played(score_of(), orchestra, BELLS)


def test_a_cast_that_hears_nothing_is_refused(orchestra: Catalogue) -> None:
    with pytest.raises(PieceError, match="no role hears"):
        played(score_of(*SCALE), orchestra, replace(BELLS, parts=("Drums",)))


def test_of_two_sounds_alike_the_one_without_a_fault_plays_and_notes_have_no_tails() -> None:
    bells = segment("clean", "bell.bronze", pitch=60), segment("flawed", "bell.hand", pitch=60)
    tail = segment("tail", "bell.bronze", pitch=60, kind="texture", start_s=9.0)
    catalogue = catalogue_of(*bells, tail)
    takes = {key: replace(take, faults=("clipped",) * (key == "take-bell.hand")) for key, take in
             catalogue.recordings.items()}  # fmt: skip
    flawed = Catalogue(takes, catalogue.segments, catalogue.vectors)
    score = score_of(*notes_of("Bells", [60] * 3, every_s=30.0))
    role = Role("bells", wants=parse_query("bell"), max_voices=4)
    assert {e.segment.id for e in played(score, flawed, role).arrangement.events} <= {"clean", "tail"}
    itself = arrange(score, cast_for(score, flawed), flawed, seed=1).arrangement
    assert "tail" not in {event.segment.id for event in itself.events}

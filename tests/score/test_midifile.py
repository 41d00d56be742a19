"""What channels remember, which note ends when, and what else a score holds."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.score.score import Metre, Score
from tests.score.smf import Read, at, meta, number, rmid, smf, tempo, track

TICK_S = 0.005
ON, OFF, CONTROL, PROGRAM, BEND = 0x90, 0x80, 0xB0, 0xC0, 0xE0


def spans(score: Score) -> list[tuple[int, int, int]]:
    """(start, end, pitch) in ticks of 5 ms."""
    return [
        (round(n.start_s / TICK_S), round((n.start_s + n.duration_s) / TICK_S), n.pitch)
        for n in score.notes
    ]  # fmt: skip


def values(score: Score, control: int, *times_s: float, part: int = 0) -> list[float]:
    curve = score.parts[part].control(control)
    assert curve is not None
    return curve.at(np.array(times_s)).tolist()


def bends(score: Score, *times_s: float) -> list[float]:
    curve = score.parts[0].bend
    assert curve is not None
    return curve.at(np.array(times_s)).tolist()


C4 = at(0, ON, 60, 100)
END_C4 = at(400, OFF, 60, 0)


def test_format_0_and_format_1_and_a_riff_wrapper_hold_the_same_music(read: Read) -> None:
    low, high = (at(0, ON, 60, 100), at(100, OFF, 60, 0)), (at(0, ON + 1, 72, 90), at(100, OFF + 1, 72, 0))
    together = track(at(0, ON, 60, 100), at(0, ON + 1, 72, 90), at(100, OFF, 60, 0), at(0, OFF + 1, 72, 0))
    apart = smf(track(*low), track(*high))
    assert spans(read(smf(together, form=0))) == spans(read(apart)) == [(0, 100, 60), (0, 100, 72)]
    assert read(rmid(apart)) == read(apart)


def test_running_status_goes_on_behind_meta_events_and_velocity_0_ends_a_note(read: Read) -> None:
    score = read(smf(track(
        at(0, ON, 60, 100), at(100, 60, 0), meta(0, 0x06, b"here"), at(0, 62, 80),
        at(0, 0xF0, 2, 1, 0xF7), at(50, 62, 0),
    )))  # fmt: skip
    assert spans(score) == [(0, 100, 60), (100, 150, 62)]
    assert not score.warnings


def test_time_passes_in_events_that_are_not_understood(read: Read) -> None:
    score = read(smf(track(meta(100, 0x60, b"?"), at(100, 0xA0, 60, 1), at(100, 0xD0, 1), at(0, ON, 60, 9), END_C4)))
    assert spans(score) == [(300, 700, 60)]


def test_a_tempo_in_one_track_counts_for_all(read: Read) -> None:
    score = read(smf(track(tempo(100, 1_000_000)), track(at(200, ON, 60, 100), at(100, OFF, 60, 0))))
    assert score.notes[0].start_s == 1.5
    assert score.notes[0].duration_s == 1.0
    assert score.tempo_bpm.at(np.array([0.0, 0.6])).tolist() == [120.0, 60.0]


@pytest.mark.parametrize(("division", "second"), [(0xE728, 1000), (0xE250, 2400), (0xE804, 96)])
def test_a_smpte_clock_runs_at_its_frames_whatever_the_tempo(read: Read, division: int, second: int) -> None:
    score = read(smf(track(tempo(0, 1), at(second, ON, 60, 100), at(second, OFF, 60, 0)), division=division))
    assert (score.notes[0].start_s, score.notes[0].duration_s) == (1.0, 1.0)


def test_29_frames_are_30000_in_1001_seconds(read: Read) -> None:
    score = read(smf(track(at(30_000, ON, 60, 100), at(1, OFF, 60, 0)), division=0xE301))
    assert score.notes[0].start_s == 1001.0


def test_sequences_of_format_2_start_afresh(read: Read) -> None:
    first = track(tempo(0, 1_000_000), at(0, PROGRAM, 5), at(0, CONTROL, 7, 20), at(0, ON, 60, 100), END_C4)
    score = read(smf(first, track(at(0, ON, 60, 100), END_C4), form=2))
    assert [(note.start_s, note.duration_s) for note in score.notes] == [(0.0, 4.0), (4.0, 2.0)]
    assert [(part.program, bool(part.controls)) for part in score.parts] == [(5, True), (0, False)]


def test_a_channel_is_one_across_the_tracks_of_format_1(read: Read) -> None:
    setup = track(at(0, PROGRAM, 40), at(0, CONTROL, 7, 50), at(200, CONTROL, 7, 90), at(0, BEND, 0, 0x60))
    score = read(smf(setup, track(at(100, ON, 60, 100), END_C4)))
    assert score.parts[0].program == 40
    assert values(score, 7, 0.5, 1.5) == [50.0, 90.0]
    assert bends(score, 0.5, 1.5) == [0.0, 1.0]


def test_ports_have_their_own_channels(read: Read) -> None:
    first, second = (track(meta(0, 0x21, bytes((k,))), at(0, PROGRAM, 10 + k), at(100, ON, 60, 9)) for k in (0, 1))
    assert [part.program for part in read(smf(first, second)).parts] == [10, 11]


def test_a_change_of_programme_begins_another_part(read: Read) -> None:
    score = read(smf(track(meta(0, 3, b"Lute"), C4, END_C4, at(0, PROGRAM, 24), C4, END_C4)))
    assert [(part.name, part.program) for part in score.parts] == [
        ("Lute", 0), ("Lute (track 1, channel 1, programme 25)", 24),
    ]  # fmt: skip
    assert [note.part for note in score.notes] == [part.name for part in score.parts]


def test_part_names_are_unique_even_where_a_track_is_called_like_another_part(read: Read) -> None:
    odd = b"Lute (track 1, channel 1, programme 25)"
    score = read(smf(track(meta(0, 3, odd), C4, END_C4, at(0, PROGRAM, 24), C4, END_C4),
                     track(meta(0, 3, odd), at(0, ON + 1, 60, 1))))  # fmt: skip
    assert len({part.name for part in score.parts}) == 3


def test_controllers_start_from_their_power_on_values(read: Read) -> None:
    moves = [at(0, CONTROL, number, 30) for number in (7, 10, 11, 1, 20)]
    score = read(smf(track(C4, at(200, CONTROL, 2, 2), *moves, END_C4)))
    assert [values(score, number, 0.5)[0] for number in (7, 10, 11, 1, 20)] == [100.0, 64.0, 127.0, 0.0, 30.0]
    assert [values(score, number, 1.5)[0] for number in (7, 10, 11, 1, 20)] == [30.0] * 5
    assert score.parts[0].control(74) is None


def test_controller_121_sets_back_expression_modulation_pedal_and_bend_but_not_volume(read: Read) -> None:
    moves = [at(0, CONTROL, number, 30) for number in (7, 10, 11, 1, 20)]
    moves += [at(0, CONTROL, 64, 127), at(0, BEND, 0, 0x60)]
    score = read(smf(track(*moves, C4, at(100, OFF, 60, 0), at(100, CONTROL, 121, 0), at(200, PROGRAM, 0))))
    assert [values(score, number, 1.5)[0] for number in (7, 10, 11, 1, 20)] == [30.0, 30.0, 127.0, 0.0, 30.0]
    assert bends(score, 0.5, 1.5) == [1.0, 0.0]
    assert spans(score) == [(0, 200, 60)]
    assert score.parts[0].control(121) is None


def test_the_range_of_bends_is_set_in_semitones_and_cents(read: Read) -> None:
    rpn_0 = (at(0, CONTROL, 101, 0), at(0, CONTROL, 100, 0))
    up = at(0, BEND, 0, 0x60)
    score = read(smf(track(*rpn_0, at(0, CONTROL, 6, 12), at(0, CONTROL, 38, 50), up, C4, END_C4)))
    assert bends(score, 1.0) == [6.25]
    wider = read(smf(track(up, C4, at(200, CONTROL, 101, 0), at(0, CONTROL, 100, 0), at(0, CONTROL, 6, 12), END_C4)))
    assert bends(wider, 0.5, 1.5) == [1.0, 6.0]


@pytest.mark.parametrize("between", [
    at(0, CONTROL, 101, 127) + at(0, CONTROL, 100, 127), at(0, CONTROL, 99, 1) + at(0, CONTROL, 98, 8),
    at(0, CONTROL, 100, 1), at(0, CONTROL, 121, 0),
], ids=["null", "nrpn", "tuning", "reset"])  # fmt: skip
def test_data_for_another_parameter_leaves_the_range_of_bends(read: Read, between: bytes) -> None:
    rpn_0 = at(0, CONTROL, 101, 0) + at(0, CONTROL, 100, 0)
    score = read(smf(track(rpn_0, between, at(0, CONTROL, 6, 24), at(0, BEND, 0, 0x60), C4, END_C4)))
    assert bends(score, 1.0) == [1.0]


def test_the_pedal_holds_what_is_let_go_and_a_new_strike_ends_what_it_holds(read: Read) -> None:
    down, up = at(0, CONTROL, 64, 64), at(100, CONTROL, 64, 63)
    score = read(smf(track(down, C4, at(100, OFF, 60, 0), at(0, ON, 64, 90), at(50, OFF, 64, 0),
                           at(50, ON, 64, 90), at(50, OFF, 64, 0), up)))  # fmt: skip
    assert spans(score) == [(0, 350, 60), (100, 200, 64), (200, 350, 64)]


def test_the_pedal_up_leaves_keys_that_are_still_down(read: Read) -> None:
    score = read(smf(track(at(0, CONTROL, 64, 127), C4, at(100, CONTROL, 64, 0), at(100, OFF, 60, 0))))
    assert spans(score) == [(0, 200, 60)]


@pytest.mark.parametrize(("number", "end"), [(120, 100), (123, 300), (126, 300)])
def test_all_notes_off_heeds_the_pedal_and_all_sound_off_does_not(read: Read, number: int, end: int) -> None:
    score = read(smf(track(at(0, CONTROL, 64, 127), C4, at(100, CONTROL, number, 0), at(200, CONTROL, 64, 0))))
    assert spans(score) == [(0, end, 60)]
    assert not score.warnings


def test_all_notes_off_ends_only_its_own_channel(read: Read) -> None:
    score = read(smf(track(C4, at(0, ON + 1, 72, 90), at(100, CONTROL, 123, 0), at(100, OFF + 1, 72, 0))))
    assert spans(score) == [(0, 100, 60), (0, 200, 72)]


def test_overlapping_notes_of_one_pitch_each_have_their_end(read: Read) -> None:
    score = read(smf(track(C4, at(100, ON, 60, 50), at(100, OFF, 60, 0), at(100, OFF, 60, 0))))
    assert [(*span, note.velocity) for span, note in zip(spans(score), score.notes, strict=True)] == [
        (0, 200, 60, 100), (100, 300, 60, 50),
    ]  # fmt: skip


def test_a_strike_ends_the_one_before_where_a_note_off_is_missing(read: Read) -> None:
    assert spans(read(smf(track(C4, at(100, ON, 60, 50), at(100, OFF, 60, 0), at(900, PROGRAM, 1))))) == [
        (0, 100, 60), (100, 200, 60),
    ]  # fmt: skip


def test_two_tracks_on_one_channel_and_key_end_their_own_notes(read: Read) -> None:
    score = read(smf(track(C4, at(300, OFF, 60, 0)), track(at(100, ON, 60, 50), at(100, OFF, 60, 0))))
    assert spans(score) == [(0, 300, 60), (100, 200, 60)]


def test_a_note_without_an_end_lasts_to_the_end_of_its_track(read: Read) -> None:
    score = read(smf(track(C4, at(150, PROGRAM, 1)), track(at(900, PROGRAM + 1, 1))))
    assert spans(score) == [(0, 150, 60)]
    assert score.warnings == ("track 1: notes that never end: 1; they last to its end",)
    assert score.duration_s == 4.5


def test_a_note_may_have_no_length_and_an_end_no_note(read: Read) -> None:
    score = read(smf(track(at(10, OFF, 61, 0), C4, at(0, OFF, 60, 0), at(0, OFF, 60, 0))))
    assert spans(score) == [(10, 10, 60)]


def test_channel_10_is_percussion(read: Read) -> None:
    assert [part.is_percussion for part in read(smf(track(C4, at(0, ON + 9, 38, 9)))).parts] == [False, True]


def test_metres_hold_from_the_start(read: Read) -> None:
    assert read(smf(track(C4, END_C4))).metres == (Metre(0.0, 4, 4),)
    score = read(smf(track(meta(0, 0x58, bytes((6, 3, 36, 8))), C4, END_C4, meta(0, 0x58, bytes((5, 4, 24, 8))))))
    assert score.metres == (Metre(0.0, 6, 8), Metre(2.0, 5, 16))


def test_impossible_metres_and_tempi_are_left_out_and_told_of(read: Read) -> None:
    score = read(
        smf(track(meta(7, 0x58, b"\x04\xff\0\0"), meta(0, 0x58, b""), tempo(0, 0), meta(0, 0x51, b"\1"), C4, END_C4))
    )
    assert score.metres == (Metre(0.0, 4, 4),)
    assert score.notes[0].duration_s == 2.0
    assert len(score.warnings) == 4
    assert all("track 1, tick 7" in line for line in score.warnings)


def test_a_score_is_called_what_its_first_track_says_if_that_is_no_part(read: Read) -> None:
    name, music = meta(0, 3, b"Night Gate"), track(meta(0, 3, b"Bells"), C4, END_C4)
    assert read(smf(track(name, C4, END_C4), form=0)).title == "Night Gate"
    assert read(smf(track(name), music)).title == "Night Gate"
    assert read(smf(track(meta(0, 3, b"Tempo Track")), music)).title == "score"
    assert read(smf(music)).title == "score"


def test_a_name_that_is_a_whole_text_is_cut(read: Read) -> None:
    score = read(smf(track(meta(0, 3, b"Once upon a time " * 1000), C4, END_C4), form=0))
    assert len(score.title) <= 120
    assert score.parts[0].name == score.title


def test_words_of_a_karaoke_track_are_lyrics(read: Read) -> None:
    words = track(meta(0, 3, b"Words"), meta(0, 1, b"@TTitle"), meta(100, 1, b"\\Moon"))
    score = read(smf(track(meta(0, 1, b"typeset")), words, track(C4, END_C4)))
    assert [(lyric.time_s, lyric.text) for lyric in score.lyrics] == [(0.5, "\\Moon")]


def test_a_track_ends_where_it_says(read: Read) -> None:
    score = read(smf(track(C4, END_C4, meta(100, 0x2F, b""), at(0, ON, 62, 9))))
    assert spans(score) == [(0, 400, 60)]
    assert score.duration_s == 2.5
    assert score.warnings == ("track 1: 8 bytes behind its end, at byte 35, are left out",)


def test_values_above_127_are_read_as_127_and_told_of(read: Read) -> None:
    score = read(smf(track(at(0, ON, 60, 200), END_C4)))
    assert score.notes[0].velocity == 127
    assert score.warnings == ("track 1: events with values above 127, read as 127: 1, first at byte 23",)


def test_what_lies_behind_the_last_track_is_left_out_and_told_of(read: Read) -> None:
    whole = smf(track(C4, END_C4))
    assert read(whole + b"\0" * 9).warnings == (f"9 bytes behind the last track, at byte {len(whole)}, are left out",)
    assert spans(read(smf(b"XFIH\0\0\0\2ab", track(C4, END_C4), announced=1))) == [(0, 400, 60)]


def test_numbers_are_seven_bits_a_byte() -> None:
    assert [number(value).hex() for value in (0, 127, 128, 0x0FFFFFFF)] == ["00", "7f", "8100", "ffffff7f"]

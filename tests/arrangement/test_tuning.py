"""The scale of objects: whose it is, that no note passes another on its way there, and that it is smoother."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.arrangement.arrange import Arranged, arrange
from soundscape.arrangement.cast import Cast, Piece, Role
from soundscape.arrangement.dissonance import consonant_tuning, dissonance, dissonance_curve
from soundscape.arrangement.pitching import heard_pitch
from soundscape.arrangement.tuned import played_in
from soundscape.arrangement.tuning import MOST_CENTS, Degree, Partial, Tuning, partials_of, tuning_of
from soundscape.catalogue.query import parse_query
from soundscape.catalogue.segment import Segment
from soundscape.errors import PieceError
from soundscape.units import hz_of, pitch_of
from tests.arrangement.conftest import catalogue_of, notes_of, score_of, segment

BELL_HZ = (323.0, 479.0, 683.1, 893.0, 1129.4, 1590.0)
BELL = tuple(Partial("b", "bell", 0.0, n, hz, 1.0 / n) for n, hz in enumerate(BELL_HZ, 1))
pitches = st.floats(0.0, 127.0)


def rings(name: str, tag: str, *partials_hz: float, **features: float) -> Segment:
    measured = {f"partial_{n}_hz": hz for n, hz in enumerate(partials_hz, 1)}
    return segment(name, tag, **measured, **features)


@st.composite
def tunings(draw: st.DrawFn) -> Tuning:
    period = draw(st.floats(10.0, 5000.0))
    steps = draw(st.lists(st.integers(0, 999), min_size=1, max_size=12, unique=True).map(sorted))
    return Tuning("any", draw(st.floats(20.0, 5000.0)), tuple(Degree(step * period / 1000.0) for step in steps), period)


@given(tuning=tunings(), first=pitches, second=pitches)
def test_a_higher_note_never_becomes_the_lower_one(tuning: Tuning, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert tuning.nearest(low).pitch <= tuning.nearest(high).pitch + 1e-9


@given(tuning=tunings(), low=st.integers(20, 100), own=st.floats(30.0, 90.0))
def test_nor_does_it_sound_below_it_where_a_sound_is_stretched_too_far(tuning: Tuning, low: int, own: float) -> None:
    flute, role = segment("f", "flute", pitch=own), Role("melody")
    heard = [[own + 12.0 * math.log2(played_in(role, pitch, flute, scale).speed) for pitch in (low, low + 1)]
             for scale in (None, tuning)]  # fmt: skip
    if heard[0][0] <= heard[0][1]:  # what is two octaves away folds, in any scale alike
        assert heard[1][0] <= heard[1][1] + 1e-9
    assert all(abs(one - other) <= MOST_CENTS / 100.0 + 1e-9 for one, other in zip(*heard, strict=True))


@given(tuning=tunings(), pitch=pitches)
def test_a_note_goes_to_a_degree_nearby_or_stays(tuning: Tuning, pitch: float) -> None:
    moved = tuning.nearest(pitch)
    above = 100.0 * (pitch - pitch_of(tuning.reference_hz))
    away = [(above - one.cents) % tuning.period_cents for one in tuning.degrees]
    nearest = min(min(one, tuning.period_cents - one) for one in away)
    if moved.number is None:
        assert moved.pitch == pitch
        assert nearest > MOST_CENTS - 1e-6
    else:
        assert abs(moved.cents) == pytest.approx(nearest, abs=1e-6)
        assert 100.0 * (moved.pitch - pitch) == pytest.approx(moved.cents, abs=1e-6)


def test_every_degree_lies_on_a_partial_and_the_heavy_ones_come_first() -> None:
    scale = tuning_of(BELL)
    assert len(scale.degrees) == len(BELL_HZ)
    for number, degree in enumerate(scale.degrees):
        octaves = math.log2(scale.hz(number) / degree.partials[0].hz)
        assert octaves == pytest.approx(round(octaves), abs=1e-9)
    few = tuning_of(BELL, most_degrees=3)
    assert {degree.partials[0].number for degree in few.degrees} == {1, 2, 3}


# ---- whose scale it is

ROLES = (Role("objects", ("Low",), wants=parse_query("bell or gate or wood_block or drum or xylophone"),
              pitch="as it is", choose="round robin"),
         Role("melody", ("High",), wants=parse_query("flute")))  # fmt: skip
FLUTE = segment("flute", "flute", pitch=69.3, kind="note")


def tuned(*objects: Segment) -> Arranged:
    piece = Piece("p", None, Cast(ROLES), tune="objects")  # type: ignore[arg-type]
    score = score_of(*notes_of("Low", [40] * 6), *notes_of("High", [67, 69, 71], first_s=10.0))
    return arrange(score, piece, catalogue_of(FLUTE, *objects))


def degrees_of(arranged: Arranged) -> set[str]:
    assert arranged.tuning is not None
    return {one.segment_id for degree in arranged.tuning.degrees for one in degree.partials}


def test_bells_give_the_scale_and_gates_only_where_nothing_else_rings() -> None:
    bell, bar = rings("bell", "bell", *BELL_HZ), rings("bar", "xylophone", 530.0, 1590.0)
    hinge = rings("hinge", "gate.creak", 611.0, 1019.0)
    mute = segment("mute", "bell")
    assert degrees_of(tuned(hinge, bell, bar)) == {"bell"}
    assert degrees_of(tuned(hinge, bar, mute)) == {"bar"}
    assert degrees_of(tuned(hinge, mute)) == {"hinge"}


def test_what_does_not_ring_is_no_object_even_with_partials() -> None:
    singing_drum = rings("drum", "drum", 110.0, 173.0)
    with pytest.raises(PieceError, match="role 'objects': tune is 'objects', and no object plays"):
        tuned(singing_drum)
    with pytest.raises(PieceError, match="none of the 2 sounds of objects that play rings") as caught:
        tuned(segment("bell", "bell"), segment("knock", "gate.knock"))
    assert 'tune = "equal"' in caught.value.hint


def test_what_gives_the_scale_keeps_its_pitch_and_what_does_not_comes_to_it() -> None:
    scale = tuned(rings("bell", "bell", *BELL_HZ)).tuning
    assert scale is not None
    role = Role("any")
    bell = segment("other bell", "bell.bronze", pitch=64.2)
    assert played_in(role, 60, bell, scale).speed == 1.0
    for own in (segment("hinge", "gate.creak", pitch=64.2), segment("flute", "flute", pitch=64.2)):
        sounds = hz_of(64.2) * played_in(role, 60, own, scale).speed
        away = [1200.0 * math.log2(sounds / hz) % 1200.0 for hz in BELL_HZ]
        assert min(min(one, 1200.0 - one) for one in away) < 1e-6
    assert heard_pitch(bell) is not None  # or it would have stayed for another reason


def test_a_scale_from_a_file_moves_bells_too() -> None:
    fifths = Tuning("fifths", hz_of(60), (Degree(0.0), Degree(702.0)))
    bell = segment("bell", "bell", pitch=60.0)
    assert played_in(Role("any"), 67, bell, fifths).speed == pytest.approx(2.0 ** (702.0 / 1200.0))


def test_an_arrangement_says_where_each_degree_is_from() -> None:
    arranged = tuned(rings("bell", "bell", *BELL_HZ))
    rows = arranged.arrangement.tuning
    assert arranged.tuning is not None
    assert [hz for hz, _ in rows] == [arranged.tuning.hz(n) for n in range(len(BELL_HZ))]
    assert all(words.startswith("partial ") and "take-bell" in words for _, words in rows)
    moved = [choice.treatment for choice in arranged.choices if choice.role == "melody"]
    assert all("Hz ->" in words and "take-bell" in words for words in moved)


def test_partials_that_die_soon_or_lie_far_from_700_hz_weigh_less() -> None:
    heavy, brief, high, faint = (
        partials_of(rings("b", "bell", hz, partial_1_decay_s=decay_s, partial_1_db=level_db))[0].weight
        for hz, decay_s, level_db in ((700.0, 4.0, 0.0), (700.0, 0.2, 0.0), (5000.0, 4.0, 0.0), (700.0, 4.0, -20.0))
    )
    assert heavy == pytest.approx(1.0)
    assert brief == pytest.approx(0.1)
    assert faint == pytest.approx(0.1)
    assert high < 0.7


# ---- how smooth it is


def roughness_with_the_bell(pitch: float) -> float:
    """Of a tone of four harmonics over the bell."""
    harmonics = np.arange(1, 5)
    tone_hz, tone = hz_of(pitch) * harmonics, 1.0 / harmonics
    bell_hz, bell = np.array(BELL_HZ), np.array([one.weight for one in BELL])
    alone = dissonance(tone_hz, tone) + dissonance(bell_hz, bell)
    return dissonance(np.concatenate([tone_hz, bell_hz]), np.concatenate([tone, bell])) - alone


def test_a_melody_tuned_to_a_bell_is_smoother_with_it() -> None:
    scale = tuning_of(BELL)
    equal = [roughness_with_the_bell(pitch) for pitch in range(60, 85)]
    moved = [roughness_with_the_bell(scale.nearest(pitch).pitch) for pitch in range(60, 85)]
    assert np.mean(moved) < 0.9 * np.mean(equal)


@pytest.mark.parametrize("seed", range(8))
def test_the_consonant_scale_of_any_bell_is_smoother_than_equal_temperament(seed: int) -> None:
    rng = np.random.default_rng(seed)
    hz = 250.0 * np.cumprod(rng.uniform(1.15, 1.7, 6))
    partials = [Partial("b", "bell", 0.0, n, float(one), 0.9**n) for n, one in enumerate(hz, 1)]
    scale = consonant_tuning(partials)
    steps = [degree.cents for degree in scale.degrees[1:]]
    assert steps
    equal = dissonance_curve(partials, 100.0 * np.arange(1, 12))
    assert dissonance_curve(partials, steps).mean() < equal.mean()


def test_a_harmonic_tone_has_the_intervals_of_just_intonation() -> None:
    tone = [Partial("t", "tone", 0.0, n, 261.6 * n, 0.88**n) for n in range(1, 7)]
    steps = [degree.cents for degree in consonant_tuning(tone).degrees]
    for ratio in (6 / 5, 5 / 4, 4 / 3, 3 / 2, 5 / 3):  # Sethares 1993, figure 3
        assert min(abs(1200.0 * math.log2(ratio) - one) for one in steps) < 10.0


def test_nothing_has_no_scale() -> None:
    for make in (tuning_of, consonant_tuning):
        with pytest.raises(ValueError, match="no partials"):
            make([])

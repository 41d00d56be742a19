"""A score without a cast: every part is heard, from a place of its own, with sounds a musician would not laugh at."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.arrangement.arrange import arrange
from soundscape.arrangement.cast import Cast
from soundscape.arrangement.explain import explained, explanation
from soundscape.arrangement.self_cast import assignment, cast_for
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.tags import is_a
from soundscape.errors import PieceError
from soundscape.score.score import Part, Score
from tests.arrangement.conftest import catalogue_of, notes_of, score_of, segment

PARTS = (
    Part("Bells", 0, program=14), Part("Flute", 1, program=73), Part("Cellos", 2, program=42),
    Part("Zither", 3, program=107), Part("Kit", 9, is_percussion=True),
)  # fmt: skip


@pytest.fixture
def quintet() -> Score:
    return score_of(
        *notes_of("Bells", [48, 60, 72]), *notes_of("Flute", [67, 74, 72, 67], length_s=1.5),
        *notes_of("Cellos", [43, 50, 45], length_s=3.0, every_s=3.0),
        *notes_of("Zither", [40, 47, 52, 57] * 4, every_s=0.25),
        *notes_of("Kit", [36, 38, 36, 38, 42, 42, 49], every_s=0.5), parts=PARTS,
    )  # fmt: skip


def tags_of(cast: Cast, score: Score, catalogue: Catalogue) -> dict[str, str]:
    return {event.role: event.segment.tag for event in arrange(score, cast, catalogue).arrangement.events}


def test_parts_get_sounds_of_their_kind(quintet: Score, orchestra: Catalogue) -> None:
    tags = tags_of(cast_for(quintet, orchestra), quintet, orchestra)
    assert is_a(tags["Bells"], "bell")
    assert is_a(tags["Flute"], "flute")
    assert is_a(tags["Cellos"], "bowed_string")
    assert is_a(tags["Zither"], "plucked_string")
    assert is_a(tags["Kit key 36"], "drum")
    assert is_a(tags["Kit key 49"], "cymbal")


def test_every_note_is_heard_once(quintet: Score, orchestra: Catalogue) -> None:
    result = arrange(quintet, cast_for(quintet, orchestra), orchestra)
    assert len(result.arrangement.events) == len(quintet.notes)
    assert not result.warnings


def test_percussion_keys_sound_different(quintet: Score, orchestra: Catalogue) -> None:
    events = arrange(quintet, cast_for(quintet, orchestra), orchestra).arrangement.events
    by_key = {event.role: event.segment.id for event in events if event.role.startswith("Kit")}
    assert len(by_key) == len(set(by_key.values())) == 4


def test_a_part_called_like_a_percussion_key_is_another_role(orchestra: Catalogue) -> None:
    parts = (Part("Kit", 9, is_percussion=True), Part("Kit key 36", 0, program=14))
    score = score_of(*notes_of("Kit", [36, 36]), *notes_of("Kit key 36", [60, 62, 64]), parts=parts)
    cast = cast_for(score, orchestra)
    assert len(arrange(score, cast, orchestra).arrangement.events) == 5
    assert [role.parts for role in cast.roles] == [("Kit",), ("Kit key 36",)]


def test_parts_stand_in_different_places(quintet: Score, orchestra: Catalogue) -> None:
    roles = [role for role in cast_for(quintet, orchestra).roles if not role.name.startswith("Kit")]
    points = [np.array(role.path.points_m[0]) for role in roles if role.path is not None]
    assert len(points) == len(roles)
    for place, one in enumerate(points):
        assert all(np.linalg.norm(one - other) > 0.5 for other in points[place + 1 :])
    lowest = next(role for role in roles if role.name == "Cellos")
    assert lowest.path is not None
    assert lowest.path.points_m[0][1] > 1.5, "the bass stands in front"


def test_a_part_written_very_softly_is_still_heard(orchestra: Catalogue) -> None:
    loud, soft = notes_of("Flute", [67, 72], velocity=110), notes_of("Bells", [60, 67], velocity=15)
    score = score_of(*loud, *soft, parts=PARTS[:2])
    events = arrange(score, cast_for(score, orchestra), orchestra).arrangement.events
    heard = {event.role: event.gain_db + event.segment.features["level_lufs"] for event in events}
    assert -20.0 < heard["Bells"] - heard["Flute"] < -3.0, "softer, and not lost"


def test_casting_is_the_same_every_time(quintet: Score, orchestra: Catalogue) -> None:
    assert cast_for(quintet, orchestra) == cast_for(quintet, orchestra)


def test_two_parts_share_a_sound_only_if_nothing_else_comes_near(orchestra: Catalogue) -> None:
    parts = (Part("One", 0, program=14), Part("Two", 1, program=14))
    notes = (*notes_of("One", [60, 67]), *notes_of("Two", [60, 67]))
    only_bells = catalogue_of(*(one for one in orchestra.segments if one.tag == "bell.bronze"))
    score = score_of(*notes, parts=parts)
    assert set(tags_of(cast_for(score, only_bells), score, only_bells).values()) == {"bell.bronze"}


def test_any_catalogue_that_can_sound_plays_any_score(quintet: Score) -> None:
    creaks = catalogue_of(segment("c0", "gate.creak"), segment("c1", "gate.creak", start_s=9.0))
    result = arrange(quintet, cast_for(quintet, creaks), creaks)
    assert set(result.arrangement.roles) == {role.name for role in cast_for(quintet, creaks).roles}


def test_nobody_speaks_in_an_orchestra(quintet: Score) -> None:
    with pytest.raises(PieceError, match="nothing in the catalogue can play") as caught:
        cast_for(quintet, catalogue_of(segment("v", "voice"), segment("h", "handling")))
    assert caught.value.hint


def test_a_score_without_notes_casts_nothing(orchestra: Catalogue) -> None:
    with pytest.raises(PieceError, match="no notes"):
        cast_for(score_of(), orchestra)


def test_assignment_looks_at_the_whole() -> None:
    greedy_fails = np.array([[0.9, 0.85], [0.9, 0.1]])
    assert assignment(greedy_fails, [1.0, 1.0]) == [1, 0]
    assert assignment(np.array([[0.9, 0.1], [0.9, 0.1]]), [1.0, 1.0]) == [0, 0]
    assert len(assignment(np.full((40, 2), 0.5), [1.0] * 40)) == 40


def test_reasons_say_why_and_what_came_next(quintet: Score, orchestra: Catalogue) -> None:
    cast = cast_for(quintet, orchestra)
    assert [reason.role for reason in cast.reasons] == [role.name for role in cast.roles]
    reason = cast.reasons[0]
    assert reason.chosen == "bell.bronze"
    assert {"pitch", "attack", "length", "likeness", "brightness"} <= set(dict(reason.terms))
    assert len(reason.runners_up) == 2
    assert all(0.0 <= value <= 1.0 for one in cast.reasons for _, value in one.terms)


def test_the_explanation_reads_from_role_to_note(quintet: Score, orchestra: Catalogue) -> None:
    result = arrange(quintet, cast_for(quintet, orchestra), orchestra)
    text = explanation(result, orchestra, most_lines=2)
    assert "Bells: 3 notes" in text
    assert "why: bell.bronze suits it" in text
    assert "and 1 more notes" in text
    plain = explained(result)
    assert len(plain["choices"]) == len(quintet.notes)
    assert plain["choices"][0]["runners_up"]
    assert plain["reasons"][0]["terms"]["pitch"] > 0.0

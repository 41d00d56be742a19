"""The language: what is read is what is printed, what is wrong is named, and SQL agrees with the definition."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundscape.catalogue.features import FEATURES
from soundscape.catalogue.query import MAX_NESTING, parse_query
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import VOCABULARY
from soundscape.catalogue.terms import (
    COMPARISONS,
    FIELDS,
    And,
    Compare,
    Everything,
    HasTag,
    Is,
    Not,
    Or,
    Query,
    Text,
    Unknown,
    folded,
)
from soundscape.errors import QueryError

numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(min_size=1, max_size=12).filter(lambda text: folded(text).split())
near_words = st.sampled_from(
    ["gate", "old gate", "东院", "门", "铜钟", "FÊLÉE", "e", "ea", "wav 07", "cloche", "lin", "%", "'"]
)


def leaves(values: st.SearchStrategy[float], texts: st.SearchStrategy[str]) -> st.SearchStrategy[Query]:
    few = [Is(name, sign, value) for name, known in FIELDS.items() for value in known for sign in ("=", "!=")]
    return st.one_of(
        st.builds(HasTag, st.sampled_from(sorted(VOCABULARY)), st.sampled_from([0.0, 0.3, 0.5, 0.95, 1.0])),
        st.builds(Compare, st.sampled_from(sorted(FEATURES)), st.sampled_from(sorted(COMPARISONS)), values),
        st.builds(Is, st.sampled_from([name for name, known in FIELDS.items() if not known]),
                  st.sampled_from(["=", "!=", "~"]), texts),
        st.builds(Text, texts), st.sampled_from(few), st.just(Everything()),
        st.just(Unknown()),
    )  # fmt: skip


def queries(values: st.SearchStrategy[float], texts: st.SearchStrategy[str]) -> st.SearchStrategy[Query]:
    def joined(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
        several = st.lists(inner, min_size=2, max_size=4).map(tuple)
        return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))

    return st.recursive(leaves(values, texts), joined, max_leaves=8)


@given(queries(numbers, words))
def test_a_query_reads_back_as_it_prints(query: Query) -> None:
    assert parse_query(str(query)) == query


@pytest.mark.parametrize("word", ["4aef1c", "4e12", "12e3a", "0f.1-2b", "1925.7.3", "2024-03-05"])
def test_a_word_may_begin_with_a_digit(word: str) -> None:
    assert parse_query(f"not (object_id = {word}) and id = {word}") == And(
        (Not(Is("object_id", "=", word)), Is("id", "=", word))
    )


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_and_a_hint(text: str) -> None:
    wrong = None
    try:
        query = parse_query(text)
    except QueryError as error:
        wrong = error
    if wrong is None:
        assert parse_query(str(query)) == query
    else:
        assert 0 <= wrong.position <= len(text)
        assert wrong.hint
        assert "\n" not in wrong.hint


near = st.sampled_from([-45.0, -20.0, -15.0, 0.0, 0.3, 0.5, 0.9, 1.0, 2.0, 4.0, 5.0, 20.0, 60.0, 220.0, 900.0, 48e3])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(query=queries(near, near_words))
def test_the_store_finds_what_the_definition_says(store: Store, query: Query) -> None:
    snapshot = store.snapshot()
    expected = {segment.id for segment in snapshot.matching(query)}
    assert {found.segment.id for found in store.find(query, limit=None)} == expected
    assert store.count(query) == len(expected)


def test_and_binds_closer_than_or_and_not_closest() -> None:
    wind, rain, bell = HasTag("wind"), HasTag("rain"), HasTag("bell")
    assert parse_query("wind or rain and not bell") == Or((wind, And((rain, Not(bell)))))
    assert parse_query("(wind or rain) and bell") == And((Or((wind, rain)), bell))
    assert parse_query("NOT wind And rain") == And((Not(wind), rain))
    assert (wind | rain) & ~bell == parse_query("(wind or rain) and not bell")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("gate", {"creak1", "knock1"}), ("gate.creak", {"creak1"}), ("wind", {"creak1", "wind01"}),
        ("wind@0.5", {"wind01"}), ("gate and duration_s > 2 and not wind@0.5", {"creak1"}), ("铜钟", {"bell01"}),
        ('"钟"', {"bell01"}), ('"门"', {"creak1", "knock1", "wind01"}), ('"老门"', {"creak1", "knock1", "wind01"}),
        ('"old creak"', {"creak1"}), ('"felee"', {"bell01", "hush01"}), ("percussion", {"bell01"}),
        ("kind = note", {"bell01"}), ("family = gates", {"creak1", "knock1"}), ("family = rest", {"hush01"}),
        ("licence ~ cc0", {"creak1", "knock1", "wind01"}), ('licence = "CC-BY-4.0"', {"bell01", "hush01"}),
        ("fault = hum and kind = texture", {"wind01"}), ("recordist = ELISE", {"bell01", "hush01"}),
        ("pitch_hz != 100", {"bell01"}), ("not pitch_hz != 100", {"creak1", "knock1", "wind01", "hush01"}),
        ("rate_hz >= 96000", {"bell01", "hush01"}),
        ("object_id = 1987.12", {"creak1", "knock1", "wind01"}), ("object_id = 1987.12a or id = creak1", {"creak1"}),
        ("recorded_at = 2024-03-05 and kind = event", {"creak1", "knock1"}),
        ("n_channels = 2 and recording_s > 59", {"creak1", "knock1", "wind01"}),
        ("wind_noise > 0.1", {"creak1", "knock1", "wind01"}), ("handling_noise <= 0.5 and kind = note", set()),
        ("not wind_noise > 0.1", {"bell01", "hush01"}), ("roughness > 0.5", {"creak1"}),
        ("confidence < 0.5", {"hush01"}),
        ("unknown", {"hush01"}), ("not unknown and kind = texture", {"wind01"}),
        ("Unknown or bell", {"hush01", "bell01"}),
        ("path ~ tor_07", {"creak1", "knock1", "wind01"}), ("path = bell.flac", {"bell01", "hush01"}),
        ('id ~ "01"', {"wind01", "bell01", "hush01"}),
        ("", {"creak1", "knock1", "wind01", "bell01", "hush01"}), ('"/takes"', set()), ("by = person", set()),
    ],
)  # fmt: skip
def test_what_is_asked_is_found(store: Store, text: str, ids: set[str]) -> None:
    assert {found.segment.id for found in store.find(text)} == ids
    assert {segment.id for segment in store.snapshot().matching(text)} == ids


@pytest.mark.parametrize(
    ("text", "message", "position", "hint"),
    [
        ("gate.creek and wind", "unknown tag 'gate.creek' at 1", 0, "gate.creak"),
        ("wind and duraton_s > 2", "unknown feature 'duraton_s' at 10", 9, "duration_s"),
        ("wind and quux_s > 2", "unknown feature 'quux_s' at 10", 9, "soundscape find --features"),
        ("gate.creek", "unknown tag 'gate.creek' at 1", 0, "gate.creak, gate.scrape or gate.rattle?"),
        ("gate.creek", "unknown tag 'gate.creek' at 1", 0, "soundscape find --tags"),
        ("flut", "unknown tag 'flut' at 1", 0, "did you mean flute"),
        ("duration", "unknown tag 'duration' at 1", 0, "did you mean duration_s"),
        ("qqqqqqqq", "unknown tag 'qqqqqqqq' at 1", 0, "soundscape find --tags"),
        ("unknown@0.5", "unknown has no confidence at 8", 7, "unknown"),
        ("duration_s > long", "number is needed, not 'long', at 14", 13, "duration_s > 2.5"),
        ("duration_s", "duration_s alone says nothing at 1", 0, "compare it"),
        ("wind_noise", "wind_noise alone says nothing at 1", 0, "compare it: wind_noise > 0.1"),
        ("wind_noise > much", "number is needed, not 'much', at 14", 13, "like this: wind_noise > 0.1"),
        ("flatness", "flatness alone says nothing at 1", 0, "flatness > 0.1"),
        ("level_lufs <", "number is needed, not 'nothing', at 13", 12, "level_lufs < -30"),
        ("level_db > 2 dB", "'dB' after a number at 14", 13, "units"),
        ("2 < duration_s", "missing before '2' at 1", 0, "begins with a name"),
        ("gate wind", "'and' or 'or' is missing before 'wind' at 6", 5, "join"),
        ("gate and", "ends too early at 9", 8, "tag"),
        ("(gate or wind", "not closed at 14", 13, "close the one at 1"),
        ("gate)", "never opened at 5", 4, "leave it out"),
        ('gate and "old', "quotes that do not end at 10", 9, "close them"),
        ("gate & wind", "nothing begins with '&' at 6", 5, "quotes"),
        ('""', "quotes without words at 1", 0, "old gate"),
        ("kind = notes", "kind is never 'notes': at 8", 7, "event, texture, note"),
        ("text = gate", "text = says nothing at 1", 0, "text ~"),
        ("bell@2", "confidence in 0..1 is needed, not '2', at 6", 5, "bell@0.8"),
        ("duration_s > 1e999", "number is needed", 13, "2.5"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, message: str, position: int, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert message in str(caught.value)
    assert caught.value.position == position
    assert hint in caught.value.hint


def test_depth_and_length_are_bounded() -> None:
    assert parse_query("(" * (MAX_NESTING - 1) + "wind" + ")" * (MAX_NESTING - 1)) == HasTag("wind")
    with pytest.raises(QueryError, match="nested too deeply"):
        parse_query("(" * 900 + "wind" + ")" * 900)
    with pytest.raises(QueryError, match="nested too deeply"):
        parse_query("not " * 400 + "wind")
    with pytest.raises(QueryError, match="too long"):
        parse_query("wind or " * 10_000 + "wind")


def test_the_longest_query_can_be_searched(store: Store) -> None:
    text = " or ".join(["cat"] * 280)
    assert store.count(text) == 0
    assert store.count(f"not ({text})") == 5

"""Credits: every second is accounted for, every licence named."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.arrangement.arrangement import Arrangement
from soundscape.deliver.credits import COLUMNS, covered_s, credits_csv, credits_of, credits_text

spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)).map(lambda span: (span[0], span[0] + span[1])))


@given(spans)
def test_covered_time_is_the_union_of_spans(spans: list[tuple[int, int]]) -> None:
    union = {second for start, end in spans for second in range(start, end)}
    assert covered_s([(float(start), float(end)) for start, end in spans]) == len(union)


def test_overlapping_events_of_one_recording_count_once(arrangement: Arrangement) -> None:
    bell, gate = credits_of(arrangement)
    assert (bell.recording.titles["en"], bell.sounding_s, bell.n_events) == ("Bell", 8.0, 1)
    assert (gate.recording.titles["en"], gate.sounding_s, gate.n_events) == ("West gate", 3.0, 2)


def test_the_page_is_headed_by_the_title_in_both_languages(arrangement: Arrangement) -> None:
    assert credits_text(arrangement).startswith("Two roles\n")
    assert credits_text(replace(arrangement, title_zh="两个角色")).startswith("Two roles / 两个角色\n")


def test_the_page_names_titles_licences_and_what_is_to_be_cleared(arrangement: Arrangement) -> None:
    page = credits_text(arrangement)
    assert "West gate / 西门" in page
    assert "Licences: CC0-1.0; licence not stated" in page
    assert "To be cleared before publication: Bell" in page


def test_the_table_has_a_row_per_event_and_covers_every_second(arrangement: Arrangement) -> None:
    rows = list(csv.DictReader(io.StringIO(credits_csv(arrangement))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(arrangement.events)
    heard = {event.start_s + step for event in arrangement.events for step in (0.01, event.duration_s - 0.01)}
    for second in heard:
        assert any(float(row["start_s"]) <= second < float(row["end_s"]) for row in rows)


def test_the_table_says_which_stretch_of_the_recording_is_heard(arrangement: Arrangement) -> None:
    _, fast, _ = csv.DictReader(io.StringIO(credits_csv(arrangement)))
    assert (fast["from_s"], fast["to_s"], fast["speed"]) == ("1.000", "4.000", "2")


@pytest.mark.parametrize(
    ("offset_s", "duration_s", "from_s", "to_s"),
    [(0.0, 60.0, 1.0, 9.0), (0.0, 5.0, 1.0, 6.0), (6.0, 60.0, 3.0, 9.0)],
)
def test_what_goes_round_is_heard_between_its_loop_points(
    arrangement: Arrangement, offset_s: float, duration_s: float, from_s: float, to_s: float
) -> None:
    event = arrangement.events[0]
    points = {"loop_start_s": 2.0, "loop_end_s": 8.0, "loop_fade_s": 1.0}
    texture = replace(event.segment, start_s=1.0, end_s=11.0, kind="texture", features=points)
    looped = replace(event, segment=texture, offset_s=offset_s, duration_s=duration_s, speed=1.0, loops=True)
    (row,) = csv.DictReader(io.StringIO(credits_csv(replace(arrangement, events=(looped,)))))
    assert (float(row["from_s"]), float(row["to_s"])) == (from_s, to_s)

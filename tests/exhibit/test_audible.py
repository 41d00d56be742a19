from __future__ import annotations

import pytest

from soundscape.exhibit.audible import audible, heard_at
from tests.exhibit.days import bell, full_day, plan_of, wind


def test_layers_are_heard_from_the_start_of_their_events_to_the_end() -> None:
    plan = plan_of(wind(0.0, 104.0), wind(100.0, 104.0), bell(57.5), bell(61.0), bell(70.0))
    assert sorted(audible(plan, 60.0, 120.0)) == [(60.0, 67.0, "bell"), (60.0, 120.0, "wind"), (70.0, 76.0, "bell")]
    assert audible(plan, 204.0, 264.0) == []


@pytest.mark.parametrize("time_s", [0.0, 2.9, 3.1, 63.0, 119.995, 121.0, 180.0, 243.9, 244.1, 299.0])
def test_what_is_heard_at_a_time_is_every_event_that_sounds_then(time_s: float) -> None:
    plan, window_s = full_day(), 60.0
    begin_s = time_s // window_s * window_s
    expected = {event.role for event in plan.arrangement.events if event.start_s <= time_s < event.end_s}
    assert set(heard_at(audible(plan, begin_s, begin_s + window_s), time_s)) == expected

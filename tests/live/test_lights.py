"""What controllers show: everything once, and then what changes; following the changes leads to how it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers.feedback import Lights
from soundscape.live.controllers.mapping import Light, Source, Surface
from soundscape.live.controls import Feedback
from soundscape.live.lights import changes


def status(**more: Any) -> dict[str, Any]:
    role = {"name": "Bells", "sounding": 0, "muted": False, "soloed": False, "level_db": 0.0}
    role |= {key: more.pop(key) for key in tuple(more) if key in role}
    return {"roles": [role], "master_db": 0.0, "is_playing": False, "cue": "", "next_cue": "Dawn", **more}


def test_a_controller_that_was_just_plugged_in_is_told_everything() -> None:
    told = {(one.what, one.of): one.value for one in changes({}, status())}
    assert told == {
        ("playing", "Bells"): 0.0, ("muted", "Bells"): 0.0, ("soloed", "Bells"): 0.0, ("level", "Bells"): 0.75,
        ("master", ""): 0.75, ("running", ""): 0.0, ("cue", ""): 0.0, ("armed", ""): 1.0, ("armed", "Dawn"): 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"sounding": 3}, [Feedback("playing", "Bells", 1.0)]),
        ({"muted": True}, [Feedback("muted", "Bells", 1.0)]),
        ({"soloed": True}, [Feedback("soloed", "Bells", 1.0)]),
        ({"level_db": -30.0}, [Feedback("level", "Bells", 0.25)]),
        ({"master_db": -120.0}, [Feedback("master", "", 0.0)]),
        ({"is_playing": True}, [Feedback("running", "", 1.0)]),
        ({"title": "another"}, []),
        (
            {"cue": "Dawn", "next_cue": ""},
            [Feedback("armed", "Dawn", 0.0), Feedback("cue", "", 1.0, "Dawn"), Feedback("cue", "Dawn", 1.0, "Dawn"),
             Feedback("armed", "", 0.0)],
        ),
    ],
)  # fmt: skip
def test_only_what_changes_is_told(change: dict[str, Any], told: list[Feedback]) -> None:
    assert changes(status(), status(**change)) == told


STATUSES = st.builds(
    status, sounding=st.integers(0, 3), muted=st.booleans(), soloed=st.booleans(), level_db=st.floats(-120.0, 10.0),
    master_db=st.floats(-120.0, 10.0), is_playing=st.booleans(), cue=st.sampled_from(("", "a", "b")),
    next_cue=st.sampled_from(("", "a", "b")),
)  # fmt: skip


@given(st.lists(STATUSES, min_size=1, max_size=6))
def test_who_follows_the_changes_knows_how_it_stands(statuses: list[dict[str, Any]]) -> None:
    shown: dict[tuple[str, str], float] = {}
    before: dict[str, Any] = {}
    for one in statuses:
        shown |= {(told.what, told.of): told.value for told in changes(before, one)}
        before = one
    at_once = {(told.what, told.of): told.value for told in changes({}, statuses[-1])}
    assert {key: value for key, value in shown.items() if value} == {key: v for key, v in at_once.items() if v}


def test_a_motor_fader_goes_where_the_level_is() -> None:
    surface = Surface("desk", lights=(Light(Source("bend", 0, 1), "level", "Bells", follows=True),))
    messages = [sent for told in changes({}, status(level_db=10.0)) for sent in Lights(surface).show(told)]
    assert messages == [bytes((0xE0, 127, 127))]

"""Controls on their way to the engine: they arrive as they left, and what is none is told in one line."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import ControllerError
from soundscape.live.controls import Axis, Control, FadeAll, Go, Mute, Pad, Press, Trigger
from soundscape.live.wire import KINDS, READ, control_of, control_row, row_of_line

NUMBERS = st.floats(-1e9, 1e9)
SEVEN = st.integers(0, 127)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "trigger": st.sampled_from(get_args(Trigger)), "axis": st.sampled_from(get_args(Axis)),
    "does": st.sampled_from(("play", "stop", "locate")), "pitch": SEVEN, "velocity": SEVEN, "fixed_velocity": SEVEN,
    "by": st.integers(-99, 99), "over_s": st.floats(0.0, 600.0), "quantise_beats": st.floats(0.0, 64.0),
    "tempo_bpm": st.floats(0.0, 999.0), "to_beat": st.none() | NUMBERS, "on": st.none() | st.booleans(),
    "recall": st.booleans(), "is_running": st.booleans(),
    **dict.fromkeys(("role", "finger", "cue", "name", "choke"), st.text()),
    **dict.fromkeys(("value", "gain_db", "level_db", "beat", "at_s", "to_s"), NUMBERS),
}  # fmt: skip


def made(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{field.name: VALUES[field.name] for field in fields(kind)})


VALUES["pad"] = made(Pad)


@pytest.mark.parametrize("kind", get_args(Control), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_control_arrives_as_it_left(kind: type[Control], data: st.DataObject) -> None:
    control = data.draw(made(kind))
    assert control_of(row_of_line(json.dumps(control_row(control)))) == control


@pytest.mark.parametrize("kind", get_args(Control), ids=lambda kind: kind.__name__)
def test_what_has_a_default_may_be_left_out(kind: type[Any]) -> None:
    full = control_row(kind(**{f.name: _some(f.name) for f in fields(kind)}))
    needed = {f.name: full[f.name] for f in fields(kind) if f.default is MISSING}
    control = control_of({"do": full["do"], **needed})
    for field in fields(kind):
        if field.default is not MISSING:
            assert getattr(control, field.name) == field.default


def _some(name: str) -> Any:
    some = {"pad": Pad("Bells"), "trigger": "hold", "axis": "bend", "does": "play", "on": True}
    texts = ("role", "finger", "cue", "name", "choke")
    return some.get(name, "Bells" if name in texts else 1)


def test_the_words_of_the_controls() -> None:
    assert control_of({"do": "go"}) == Go()
    assert control_of({"do": "fadeall", "over_s": 2}) == FadeAll(2.0)
    assert control_of({"do": "mute", "role": "Bells", "on": None}) == Mute("Bells")
    assert control_of({"do": "press", "pad": {"role": "Bells"}, "velocity": 90, "finger": "k/1"}) == Press(
        Pad("Bells"), 90, "k/1"
    )
    assert len(KINDS) == len(get_args(Control))
    assert all(field.name in READ for kind in KINDS.values() for field in fields(kind))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"do": "gone"}, "'gone'; did you mean 'go'?"),
        ({}, "do is None"),
        ({"do": ["go"]}, "do is ['go']"),
        ([], "must be an object"),
        ({"do": "mute"}, "mute: role is missing"),
        ({"do": "mute", "rol": "Bells"}, "rol"),
        ({"do": "mute", "role": 3}, "role must be text, got 3"),
        ({"do": "mute", "role": "Bells", "on": 1}, "on must be true or false, got 1"),
        ({"do": "level", "level_db": float("nan")}, "level_db must be finite"),
        ({"do": "level", "level_db": "loud"}, "level_db must be a number, got 'loud'"),
        ({"do": "fadeall", "over_s": -1}, "over_s is -1"),
        ({"do": "transport", "does": "jump"}, "does is 'jump'"),
        ({"do": "press", "pad": "Bells", "velocity": 1, "finger": ""}, "pad must be an object, got 'Bells'"),
        ({"do": "press", "pad": {"role": "B", "trigger": "x"}, "velocity": 1, "finger": ""}, "pad: trigger is 'x'"),
        ({"do": "press", "pad": {"role": "B"}, "velocity": 200, "finger": ""}, "velocity is 200"),
        ({"do": "go", "cue": "x\ny", "more": 1}, "more"),
    ],
)
def test_what_is_no_control_is_told_in_one_line(row: Any, says: str) -> None:
    with pytest.raises(ControllerError) as caught:
        control_of(row, "standard input, line 3")
    message = str(caught.value)
    assert message.startswith("standard input, line 3")
    assert says in message
    assert "\n" not in message + caught.value.hint
    assert caught.value.hint


@given(st.binary())
def test_random_bytes_are_refused_and_nothing_else(line: bytes) -> None:
    try:
        row = row_of_line(line)
    except ControllerError as error:
        assert "\n" not in str(error)  # noqa: PT017 (both ways are right, nothing else is)
    else:
        assert isinstance(row, dict)


def test_a_deep_nest_of_brackets_is_refused() -> None:
    with pytest.raises(ControllerError, match="no JSON"):
        row_of_line("[" * 200_000)

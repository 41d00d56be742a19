"""Knobs and faders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers.mapping import CURVES, Knob, Source
from soundscape.live.controllers.turning import PLACES, Dial, Known, place_14
from soundscape.live.controls import Control, Feedback, Level, Shape
from soundscape.live.faders import level_of, place_of
from tests.live.controllers.playing import Hands, bend, cc, shapes


@given(st.floats(0.0, 1.0))
def test_a_level_has_one_place_on_the_fader(place: float) -> None:
    assert place_of(level_of(place)) == pytest.approx(place, abs=1e-12)
    assert level_of(place) <= level_of(min(place + 0.001, 1.0))


def test_the_ends_and_the_middle_of_a_knob_are_exact() -> None:
    assert (PLACES[0], PLACES[64], PLACES[127]) == (0.0, 0.5, 1.0)
    assert (place_14(0), place_14(8192), place_14(16383)) == (0.0, 0.5, 1.0)
    assert sorted(PLACES) == list(PLACES)


@pytest.mark.parametrize("curve", CURVES)
def test_a_curve_goes_from_end_to_end_and_back(curve: str) -> None:
    knob = Knob(Source("cc"), "azimuth", "Wind", (180.0, -180.0), curve)
    assert knob.value_at(0.0) == pytest.approx(180.0)
    assert knob.value_at(1.0) == pytest.approx(-180.0)
    for turn in (0.1, 0.4, 0.9):
        assert knob.turn_at(knob.value_at(turn)) == pytest.approx(turn, abs=2e-5)


def test_knobs_move_what_they_are_for() -> None:
    hands = Hands(
        '[[knob]]\ncc = 7\nto = "level"\nrole = "Gate"\n[[knob]]\ncc = 8\nto = "master"\nrange = [-60, 0]\n'
        'curve = "linear"\n[[knob]]\ncc14 = 9\nto = "azimuth"\nrole = "Wind"\nrange = [90, -90]\n'
        '[[knob]]\nbend = 3\nto = "bend"\nrole = "Gate"\nrange = [-12, 12]\n'
        '[[knob]]\npressure = 4\nto = "expression"\nrole = "Wind"\n'
    )
    assert hands(cc(7, 127), cc(7, 0)) == [Level(10.0, "Gate"), Level(-120.0, "Gate")]
    assert hands(cc(8, 64)) == [Level(-30.0)]
    assert shapes(hands(cc(9, 64), cc(41, 64))) == [
        ("azimuth", 0.0, "", "Wind"), ("azimuth", round(90 - 180 * place_14(64 << 7 | 64), 3), "", "Wind"),
    ]  # fmt: skip
    assert hands(bend(16383, 3), (0xD3, 0)) == [Shape("bend", 12.0, role="Gate"), Shape("level", -40.0, role="Wind")]


def test_a_knob_that_stays_says_nothing() -> None:
    hands = Hands('[[knob]]\ncc = 7\nto = "level"\nrole = "Gate"\n')
    assert len(hands(*[cc(7, 90)] * 5)) == 1


def moved(dial: Dial, *numbers: int, time_s: float = 9.0) -> list[Control]:
    return [control for number in numbers if (control := dial.move(number, time_s)) is not None]


def careful(known: Known) -> Dial:
    return Dial(Knob(Source("cc"), "level", "Gate", (-120.0, 10.0), "fader", "when met"), known)


def test_a_careful_fader_waits_until_it_meets_the_level() -> None:
    known = Known()
    known.hear(Feedback("level", "Gate", place_of(-10.0)), 0.0)
    dial = careful(known)
    assert moved(dial, 0, 20, 40, 55) == []
    (control,) = moved(dial, 70)
    assert isinstance(control, Level)
    assert (control.level_db, control.role) == (pytest.approx(level_of(PLACES[70])), "Gate")
    assert len(moved(dial, 60, 20)) == 2
    known.hear(Feedback("level", "Gate", place_of(0.0)), 20.0)  # a snapshot came back
    assert moved(dial, 21, 30, time_s=20.1) == []
    assert len(moved(dial, 100, 101, time_s=20.2)) == 2


def test_a_careful_fader_that_nobody_has_told_anything_moves_at_once() -> None:
    assert len(moved(careful(Known()), 20)) == 1


def test_the_echo_of_a_quick_move_does_not_make_a_fader_let_go() -> None:
    known = Known()
    dial = careful(known)
    moved(dial, 20, time_s=1.0)
    moved(dial, 60, time_s=1.1)
    known.hear(Feedback("level", "Gate", PLACES[20]), 1.15)
    assert len(moved(dial, 100, time_s=1.2)) == 1
    known.hear(Feedback("level", "Gate", PLACES[20]), 2.0)  # later it is news: an undo
    assert moved(dial, 101, time_s=2.1) == []


def test_two_faders_of_one_level_do_not_fight() -> None:
    known = Known()
    one, two = careful(known), careful(known)
    moved(one, 100)
    assert moved(two, 10, 20) == []
    assert len(moved(two, 110)) == 1
    assert moved(one, 90) == []


@pytest.mark.parametrize(("relative", "up", "down"), [("signed", 3, 67), ("offset", 67, 61), ("complement", 3, 125)])
def test_an_endless_knob_goes_on_from_where_the_value_is(relative: str, up: int, down: int) -> None:
    known = Known()
    dial = Dial(Knob(Source("cc"), "level", "Gate", (-127.0, 0.0), "linear", relative=relative, start=1.0), known)
    assert moved(dial, up) == [Level(0.0, "Gate")]
    assert [control.level_db for control in moved(dial, down, down, up) if isinstance(control, Level)] == pytest.approx(
        [-3.0, -6.0, -3.0]
    )
    known.hear(Feedback("level", "Gate", place_of(-50.0)), 50.0)
    (control,) = moved(dial, down)
    assert isinstance(control, Level)
    assert control.level_db == pytest.approx(-53.0, abs=0.01)

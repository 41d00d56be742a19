"""Keys: one meaning each, GO never stops, an arrow is no panic, and the terminal is left as it was found."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator

import pytest

from soundscape.live.controls import Control, FadeAll, Go, Level, Mute, Panic, Solo, Standby, Undo
from soundscape.live.keyboard import HELP, KEYS, MOST_AT_ONCE, TOGETHER_S, Keyboard, Terminal, strokes

STATUS = {"roles": [{"name": "Gates"}, {"name": "Bells"}], "master_db": -3.0}
ESCAPE = "\x1b"


def asked(*typed: str, keyboard: Keyboard | None = None) -> list[Control]:
    keyboard = keyboard or Keyboard()
    return [control for stroke in typed if (control := keyboard.press(stroke, STATUS)[0]) is not None]


@pytest.mark.parametrize(
    ("typed", "control"),
    [
        (" ", Go()), ("b", Standby(by=-1)), ("\x7f", Standby(by=-1)), ("\x08", Standby(by=-1)), ("n", Standby(by=1)),
        ("N", Standby(by=1)), ("p", Panic()), ("P", Panic()), (ESCAPE, Panic()), ("f", FadeAll()), ("1", Mute("Gates")),
        ("2", Mute("Bells")), ("s1", Solo("Gates")), ("s2", Solo("Bells")), ("u", Undo()), ("+", Level(-2.0)),
        ("=", Level(-2.0)), ("-", Level(-4.0)),
    ],
)  # fmt: skip
def test_what_the_keys_ask(typed: str, control: Control) -> None:
    assert asked(*typed) == [control]


def test_each_key_has_one_meaning() -> None:
    meanings = [(key.after, stroke) for key in KEYS for stroke in key.strokes]
    assert len(meanings) == len(set(meanings))
    assert all(key.help in HELP and key.shown in HELP for key in KEYS)


def test_go_only_ever_goes_on() -> None:
    for before in ("", *(stroke for key in KEYS for stroke in key.strokes), "s", "q", "x", "é"):
        keyboard = Keyboard()
        if before:
            keyboard.press(before, STATUS)
        assert keyboard.press(" ", STATUS) == (Go(), "")
        assert not keyboard.is_quitting
    assert asked(*" " * 50) == [Go()] * 50


def test_nothing_but_two_q_in_a_row_ends_the_show() -> None:
    now = [0.0]
    keyboard = Keyboard(lambda: now[0])
    assert "again" in keyboard.press("q", STATUS)[1]
    now[0] += TOGETHER_S + 0.1
    keyboard.press("q", STATUS)
    keyboard.press("n", STATUS)
    keyboard.press("q", STATUS)
    assert not keyboard.is_quitting
    keyboard.press("\x03", STATUS)  # an interrupt from the keyboard is the same wish
    assert keyboard.is_quitting


def test_a_solo_that_was_not_finished_leaves_the_next_key_alone() -> None:
    assert asked("s", "n", "1") == [Standby(by=1), Mute("Gates")]
    now = [0.0]
    keyboard = Keyboard(lambda: now[0])
    keyboard.press("s", STATUS)
    now[0] += TOGETHER_S + 0.1
    assert keyboard.press("1", STATUS)[0] == Mute("Gates")


def test_a_role_that_is_not_there_is_told() -> None:
    assert Keyboard().press("7", STATUS) == (None, "there is no role 7")
    assert Keyboard().press("1", {}) == (None, "there is no role 1")


def test_quick_steps_of_the_master_add_up_and_end_somewhere() -> None:
    now = [0.0]
    keyboard = Keyboard(lambda: now[0])
    assert asked(*"+++", keyboard=keyboard) == [Level(-2.0), Level(-1.0), Level(0.0)]
    assert asked(*"+" * 30, keyboard=keyboard)[-1] == Level(10.0)
    assert asked(*"-" * 90, keyboard=keyboard)[-1] == Level(-60.0)
    now[0] += 1.0
    assert asked("+", keyboard=keyboard) == [Level(-2.0)]  # somebody else's fader counts again


@pytest.mark.parametrize("arrow", ["\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[15~", "\x1b[<0;10;10M", "\x1b[200~"])
def test_arrows_and_function_keys_are_no_panic(arrow: str) -> None:
    assert strokes(arrow) == []
    assert strokes(f"n{arrow}u") == ["n", "u"]


def test_escape_is_panic_whatever_is_struck_with_it() -> None:
    assert strokes(ESCAPE) == [ESCAPE]
    assert strokes(ESCAPE + ESCAPE)[0] == ESCAPE
    assert strokes(f"{ESCAPE}p") == [ESCAPE, "p"]


@pytest.fixture
def pair() -> Iterator[tuple[int, io.TextIOWrapper]]:
    pty = pytest.importorskip("pty", reason="this system has no pseudo terminals")
    ours, theirs = pty.openpty()
    with open(theirs, closefd=True) as stream:
        yield ours, stream
    os.close(ours)


def test_keys_come_at_once_and_the_terminal_is_left_as_it_was(pair: tuple[int, io.TextIOWrapper]) -> None:
    import termios

    ours, stream = pair
    before = termios.tcgetattr(stream.fileno())
    with Terminal(stream) as terminal:
        assert terminal.has_keys
        assert termios.tcgetattr(stream.fileno()) != before
        assert terminal.read(0.0) == []
        os.write(ours, b" ")
        assert terminal.read(1.0) == [" "]
        os.write(ours, b"\x1b")
        assert terminal.read(1.0) == [ESCAPE]
        os.write(ours, b"\x1b[A")
        assert terminal.read(1.0) == []
        os.write(ours, b"\x03")
        assert terminal.read(1.0) == ["\x03"], "a key, which asks for the end like q, and no signal"
        os.write(ours, b"\xff\xfen")
        assert terminal.read(1.0) == ["n"]
        os.write(ours, b" " * 200)
        assert terminal.read(1.0) == [" "] * MOST_AT_ONCE
    assert termios.tcgetattr(stream.fileno()) == before
    with pytest.raises(RuntimeError), Terminal(stream):
        raise RuntimeError
    assert termios.tcgetattr(stream.fileno()) == before


def test_an_arrow_whose_bytes_come_one_by_one_is_no_panic(
    pair: tuple[int, io.TextIOWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, stream = pair
    with Terminal(stream) as terminal:
        chunks = ["\x1b", "[A"]
        monkeypatch.setattr(terminal, "_read", lambda timeout_s: chunks.pop(0) if chunks else "")
        assert terminal.read(0.0) == []
    assert ours >= 0


def test_without_a_terminal_there_are_no_keys_and_time_goes_on() -> None:
    with Terminal(io.StringIO(" q")) as terminal:
        began = time.monotonic()
        assert terminal.read(0.05) == []
        assert time.monotonic() - began >= 0.05
        assert not terminal.has_keys

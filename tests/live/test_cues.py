"""Cues of a piece file: what each key asks for, in its order, and what is wrong before anybody waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundscape.errors import PieceError
from soundscape.live.controls import FadeAll, Level, Mute, Pad, Press, Release, Snapshot, Solo, Transport
from soundscape.live.cues import Cue, load_cues, pads_of

ROLES = ("Bells", "Wind")
MARKERS = ((0.0, "Dawn"), (12.5, "Storm"))


def cues(tmp_path: Path, rows: str) -> tuple[Cue, ...]:
    (tmp_path / "piece.toml").write_text(rows, encoding="utf-8")
    return load_cues(tmp_path / "piece.toml", ROLES, MARKERS)


def test_every_key_of_a_cue_in_the_order_in_which_it_is_done(tmp_path: Path) -> None:
    one, two, three = cues(
        tmp_path,
        """
        [[cue]]
        name = "one"
        note = "when the lights go"
        stop = true
        marker = "Storm"
        play = true
        press = ["Bells", "Wind"]
        pitch = 62
        trigger = "hold"
        velocity = 90
        levels = { Wind = -6, master = 40 }
        over_s = 2
        mute = "Bells"
        keep = "quiet"
        follow_s = 1.5
        [[cue]]
        name = "two"
        at_s = 3
        release = "Wind"
        unmute = "Bells"
        solo = ["Wind"]
        recall = "quiet"
        [[cue]]
        name = "three"
        fade_all_s = 8
        """,
    )
    assert (one.name, one.note, one.follow_s, two.note, two.follow_s) == ("one", "when the lights go", 1.5, "", None)
    assert one.does == (
        Transport("stop"), Transport("locate", 12.5), Transport("play"),
        Press(Pad("Bells", 62, "hold"), 90, "cue/Bells"), Press(Pad("Wind", 62, "hold"), 90, "cue/Wind"),
        Level(-6.0, "Wind", 2.0), Level(24.0, "", 2.0), Mute("Bells", on=True), Snapshot("quiet"),
    )  # fmt: skip
    assert two.does == (
        Transport("locate", 3.0), Release("cue/Wind"), Mute("Bells", on=False), Solo("Wind", on=True),
        Snapshot("quiet", recall=True, over_s=0.5),
    )  # fmt: skip
    assert three.does == (FadeAll(8.0),)
    assert list(pads_of((one, two, three))) == [Pad("Bells", 62, "hold"), Pad("Wind", 62, "hold")]


def test_without_cues_go_takes_the_beginning_and_every_marker(tmp_path: Path) -> None:
    found = cues(tmp_path, "")
    assert [(cue.name, cue.does) for cue in found] == [
        ("Beginning", (Transport("locate", 0.0), Transport("play"))),
        ("Storm", (Transport("locate", 12.5), Transport("play"))),
    ]
    (tmp_path / "score.mid").write_bytes(b"MThd")
    assert load_cues(tmp_path / "score.mid", ROLES, MARKERS) == found


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("cue = 3", "cue is no list of tables"),
        ("[[cue]]\nplay = true", "[[cue]] 1: name must be text, got None"),
        ('[[cue]]\nname = "a"', "[[cue]] 'a' does nothing"),
        ('[[cue]]\nname = "a"\nplay = false', "[[cue]] 'a' does nothing"),
        ('[[cue]]\nname = "a"\nmarker = "Storn"', "the score has no marker 'Storn'; did you mean 'Storm'?"),
        ('[[cue]]\nname = "a"\nmute = "Bell"', "mute: there is no role 'Bell'; did you mean 'Bells'?"),
        ('[[cue]]\nname = "a"\npress = 3', "press: there is no role None"),
        ('[[cue]]\nname = "a"\npress = "Bells"\ntrigger = "lop"', "trigger is 'lop'"),
        ('[[cue]]\nname = "a"\npress = "Bells"\nvelocity = 0', "velocity 0"),
        ('[[cue]]\nname = "a"\npress = "Bells"\npitch = 128', "pitch is 128"),
        ('[[cue]]\nname = "a"\nlevels = { Bell = 0 }', "there is no role 'Bell'"),
        ('[[cue]]\nname = "a"\nlevels = 3', "levels must be a table, got 3"),
        ('[[cue]]\nname = "a"\nplay = true\nover_s = -1', "over_s is -1"),
        ('[[cue]]\nname = "a"\nplay = true\nfollow_s = 1e9', "follow_s is 1000000000.0"),
        ('[[cue]]\nname = "a"\nplai = true', "plai"),
        ('[[cue]]\nname = "a"\nplay = true\n[[cue]]\nname = "a"\nplay = true', "two cues are called 'a'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, rows: str, says: str) -> None:
    with pytest.raises(PieceError) as caught:
        cues(tmp_path, rows)
    assert str(caught.value).startswith(str(tmp_path / "piece.toml"))
    assert says in str(caught.value)
    assert caught.value.hint

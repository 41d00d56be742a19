"""Mappings from TOML: what is read, and what is refused with the place and the value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import ControllerError
from soundscape.live.controllers.mapping import Light, PadRow, Source
from soundscape.live.controllers.mapping_file import load_surface, surface_from_text
from soundscape.live.controls import FadeAll, Mute, Pad, Standby, Transport
from tests.live.controllers.playing import ROLES, surface


def test_a_file_says_everything_about_a_controller(tmp_path: Path) -> None:
    path = tmp_path / "my pads.toml"
    path.write_text(
        '[controller]\nports = ["LPD8*", "*pads?"]\nhears = ["clock"]\nmsc_device = 4\nhello = ["F0 7E 7F 06 01 F7"]\n'
        '[[pad]]\nnote = 36\nchannel = 10\nrole = "Gate"\nvelocity = "fixed"\nquantise_beats = 0.5\ngain_db = -3\n'
        '[[button]]\nnote = 1\ndoes = "standby"\ncue = "Dawn"\n[[button]]\nnote = 2\ndoes = "standby"\nby = 3\n'
        '[[button]]\nnote = 3\ndoes = "locate"\nto_s = 61.5\n[[button]]\nnote = 4\ndoes = "fade-all"\nover_s = 8\n',
        encoding="utf-8",
    )
    mapped = load_surface(path, ROLES)
    assert (mapped.name, mapped.hears, mapped.msc_device) == ("my pads", ("clock",), 4)
    assert mapped.hello == (bytes.fromhex("f07e7f0601f7"),)
    assert mapped.pads == (
        PadRow(Source("note", 36, 10), Pad("Gate", quantise_beats=0.5, gain_db=-3.0, fixed_velocity=100)),
    )
    assert [button.control for button in mapped.buttons] == [
        Standby("Dawn"), Standby(by=3), Transport("locate", 61.5), FadeAll(8.0),
    ]  # fmt: skip
    assert [mapped.is_at(port) for port in ("lpd8 MIDI 1", "My Pads2", "Pads")] == [True, True, False]


def test_places_stand_for_roles_and_what_the_piece_lacks_is_left_out() -> None:
    mapped = surface(
        '[[pad]]\nnotes = [40, 43]\nroles_from = 2\n[[pad]]\nnote = 1\nrole = "role 9"\n'
        '[[pad]]\nnote = 2\nrole = "role 1"\n[[feedback]]\nnotes = [40, 43]\nroles_from = 2\nwhat = "playing"\n'
        '[[feedback]]\nbends = [1, 8]\nroles_from = 1\nwhat = "level"\ntouch = 104\n'
        '[[knob]]\nccs = [20, 27]\nroles_from = 2\nto = "level"\n'
        '[[button]]\nnotes = [50, 57]\nroles_from = 3\ndoes = "mute"\n'
    )
    assert [(row.source.number, row.role) for row in mapped.knobs] == [(20, "Gate"), (21, "Wind")]
    assert [(row.source.number, row.control) for row in mapped.buttons] == [(50, Mute("Wind"))]
    assert [(row.source.number, row.pad.role) for row in mapped.pads] == [(40, "Gate"), (41, "Wind"), (2, "Great bell")]
    assert [light.of for light in mapped.lights] == ["Gate", "Wind", *ROLES]
    assert mapped.lights[-1] == Light(Source("bend", 0, 3), "level", "Wind", follows=True, touch=106)


def test_a_role_that_is_called_like_a_place_is_meant_by_its_name() -> None:
    mapped = surface('[[pad]]\nnote = 2\nrole = "role 1"\n', ("Gate", "role 1"))
    assert mapped.pads[0].pad.role == "role 1"


PAD = '[[pad]]\nnote = 36\nrole = "Gate"\n'


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ('[[pad]]\nnote = 36\nrole = "Gait"\n', r"\[\[pad\]\] 1: role is 'Gait'; did you mean 'Gate'\?"),
        (PAD + "chanel = 3\n", r"unknown key 'chanel'; did you mean 'channel'\?"),
        (PAD + "[[pads]]\nnote = 3\n", r"unknown key 'pads'; did you mean 'pad'\?"),
        (PAD + "pitch = 200\n", r"pitch is 200"),
        (PAD + "channel = 0\n", r"channel is 0"),
        (PAD + 'trigger = "lop"\n', r"trigger is 'lop'; did you mean 'loop'\?"),
        (PAD + "velocity = 0\n", r"velocity is 0"),
        (PAD + "notes = [1, 2]\n", r"note and notes are both given"),
        (PAD + "roles_from = 1\n", r"both role and roles_from"),
        ('[[pad]]\nrole = "Gate"\n', r"what is touched is missing"),
        ("[[pad]]\nnote = 3\n", r"role is missing"),
        ("[[pad]]\nnote = true\n", r"note is True"),
        ("[[pad]]\nnotes = [9, 3]\nroles_from = 1\n", r"notes must be \[first, last\]"),
        ("[pad]\nnote = 3\n", r"pad is no list of tables"),
        ('[[keys]]\nrole = "Gate"\nlow = 50\nhigh = 40\n', r"low is 50 and high is 40"),
        ('[[keys]]\nrole = "Gate"\nmpe = true\nchannel = 4\n', r"channel is 4 in the lower zone"),
        ('[[keys]]\nrole = "Gate"\nmpe = false\nzone = "upper"\n', r"zone is 'upper' without MPE"),
        ('[[keys]]\nrole = "Gate"\nslide_range = [0, 91]\n', r"slide_range is \[0.0, 91.0\]"),
        ("[[knob]]\ncc = 3\n", r"to is missing"),
        ('[[knob]]\ncc = 3\nto = "level"\n', r"role is missing"),
        ('[[knob]]\ncc = 3\nto = "master"\nrole = "Gate"\n', r"the master level has no role"),
        ('[[knob]]\ncc14 = 32\nto = "master"\n', r"cc14 is 32"),
        ('[[knob]]\nbend = 2\nchannel = 2\nto = "master"\n', r"channel is given beside bend"),
        ('[[knob]]\ncc = 3\nto = "distance"\nrole = "Gate"\nrange = [0, 4]\n', r"range is \[0.0, 4.0\]"),
        ('[[knob]]\ncc = 3\nto = "master"\nrange = [nan, 4]\n', r"range must be finite"),
        ('[[button]]\nnote = 3\ndoes = "gone"\n', r"does is 'gone'; did you mean 'go'\?"),
        ("[[button]]\nnote = 3\n", r"does is missing"),
        ('[[button]]\nnote = 3\ndoes = "recall"\n', r"recall has no name"),
        ('[[button]]\nnote = 3\ndoes = "mute"\n', r"role is missing"),
        ('[[feedback]]\nnote = 3\nwhat = "blinking"\n', r"what is 'blinking'"),
        ('[[feedback]]\nnote = 3\nwhat = "muted"\ncue = "Dawn"\nrole = "Gate"\n', r"cue is given"),
        ('hello = ["F0 00"]\n', r"hello has 'F0 00'"),
        ('hears = ["clok"]\n', r"hears is 'clok'; did you mean 'clock'\?"),
        ("ports = [3]\n", r"ports must be text"),
        ("= 3\n", r"is not TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(rows: str, says: str) -> None:
    with pytest.raises(ControllerError, match=says) as caught:
        surface(rows)
    assert str(caught.value).startswith("my.toml")
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


def test_a_file_that_is_not_there_or_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(ControllerError, match=r"cannot read .*no\.toml: No such file"):
        load_surface(tmp_path / "no.toml", ROLES)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ControllerError, match=r"not UTF-8 text"):
        load_surface(tmp_path / "bytes.toml", ROLES)
    with pytest.raises(ControllerError, match=r"there is no \[controller\]"):
        surface_from_text(PAD, ROLES, "x.toml")


values = st.recursive(
    st.one_of(st.integers(-3, 200), st.booleans(), st.sampled_from(['"Gate"', '"role 1"', '"loop"', '"go"', "1.5"])),
    lambda inner: st.lists(inner, max_size=3),
).map(lambda value: str(value).replace("True", "true").replace("False", "false").replace("'", ""))
keys = st.sampled_from(["note", "notes", "cc", "bends", "role", "roles_from", "channel", "to", "does", "what", "range"])


@given(st.sampled_from(["pad", "keys", "knob", "button", "feedback"]), st.dictionaries(keys, values, max_size=5))
def test_any_table_is_either_read_or_refused(table: str, row: dict[str, str]) -> None:
    said = ""
    text = f"[controller]\n[[{table}]]\n" + "".join(f"{key} = {value}\n" for key, value in row.items())
    try:
        mapped = surface_from_text(text, ROLES, "x.toml")
    except ControllerError as error:
        mapped = None
        said = error.hint
    assert said if mapped is None else mapped.name == "x"

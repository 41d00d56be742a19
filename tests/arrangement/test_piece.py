"""Pieces from TOML: what is read, and what is refused with the place and the value."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundscape.arrangement.piece import load_piece
from soundscape.errors import PieceError

GOOD = """
[piece]
title = "Overture of the Gates"
title_zh = "门之序曲"
score = "music/overture.mid"
layout = "7.1.4"
room = "courtyard"
loudness_lufs = -18.0
seed = 7

[[role]]
name = "Great bell"
part = "Bells"
pitches = [0, 60]
velocities = [20, 127]
wants = "bell and duration_s > 2"
choose = "round robin"
pitch = "following bends"
path = { circle = { over_s = 20.0, radius_m = 3.0 } }
steer = { elevation = 21, distance = 22 }
gain_db = -3
fade_in_s = 0.0
fade_out_s = 1.5
max_voices = 3
spread_deg = 20
room_db = -6
loops = false
rings = true

[[role]]
name = "Wind"
parts = ["Air", "Leaves"]
wants = "wind"
like = "wind.eaves"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "music").mkdir(exist_ok=True)
    (folder / "music" / "overture.mid").write_bytes(b"MThd")
    path = folder / "overture.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_piece_says_everything_about_its_roles(tmp_path: Path) -> None:
    piece = load_piece(write(tmp_path, GOOD))
    assert (piece.title, piece.title_zh) == ("Overture of the Gates", "门之序曲")
    assert (piece.room, piece.seed) == ("courtyard", 7)
    assert piece.score == (tmp_path / "music" / "overture.mid").resolve()
    assert piece.loudness_lufs == -18.0
    bell, wind = piece.cast.roles
    assert (bell.parts, bell.pitches, bell.velocities) == (("Bells",), (0, 60), (20, 127))
    assert str(bell.wants) == "bell and duration_s > 2"
    assert (bell.choose, bell.pitch, bell.max_voices) == ("round robin", "following bends", 3)
    assert bell.steer == (("elevation", 21), ("distance", 22))
    assert bell.path is not None
    assert not bell.path.is_still
    assert (bell.gain_db, bell.fade_out_s, bell.loops, bell.rings) == (-3.0, 1.5, False, True)
    assert wind.parts == ("Air", "Leaves")
    assert wind.choose == "like", "an example alone means to choose by likeness"


WRONG = {
    "an unknown table": ("[piece]", "[peice]", "peice"),
    "an unknown key of the piece": ("layout =", "layuot =", "did you mean 'layout'"),
    "an unknown key of a role": ("max_voices =", "max_voice =", "did you mean 'max_voices'"),
    "a query that is wrong": ('wants = "wind"', 'wants = "wind and"', "'Wind': wants is 'wind and'"),
    "an unknown chooser": ('"round robin"', '"round robbin"', "did you mean 'round robin'"),
    "an unknown treatment of pitch": ('"following bends"', '"following"', "'Great bell': pitch is 'following'"),
    "an unknown room": ('"courtyard"', '"courtyrad"', "room is 'courtyrad'"),
    "an unknown layout": ('"7.1.4"', '"7.1.5"', "layout is '7.1.5'"),
    "a score outside the folder": ('"music/overture.mid"', '"../overture.mid"', "outside the piece's folder"),
    "a score that is not there": ('"music/overture.mid"', '"finale.mid"', "finale.mid"),
    "a number in quotes": ("gain_db = -3", 'gain_db = "-3"', "gain_db must be a number"),
    "a number that is none": ("gain_db = -3", "gain_db = nan", "gain_db must be finite"),
    "a range that falls": ("pitches = [0, 60]", "pitches = [60, 0]", "pitches is [60, 0]"),
    "a range of one": ("pitches = [0, 60]", "pitches = [60]", "pitches must be [lowest, highest]"),
    "a negative fade": ("fade_out_s = 1.5", "fade_out_s = -1.5", "fade_out_s is -1.5"),
    "no voices": ("max_voices = 3", "max_voices = 0", "max_voices is 0"),
    "a flag in quotes": ("rings = true", 'rings = "yes"', "rings must be true or false"),
    "an unknown axis": ("steer = { elevation", "steer = { elevaton", "did you mean 'elevation'"),
    "a controller that is none": ("elevation = 21", "elevation = 210", "steer.elevation is 210"),
    "a path that is wrong": ("circle = {", "cirle = {", "path"),
    "two roles of one name": ('name = "Wind"', 'name = "Great bell"', "two roles are called 'Great bell'"),
    "a role without a name": ('name = "Wind"', "", "name is missing"),
    "part and parts": ('parts = ["Air", "Leaves"]', 'parts = ["Air"]\npart = "Air"', "both part and parts"),
    "not TOML": ("[piece]", "[piece", "is not TOML"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_its_file(what: str, tmp_path: Path) -> None:
    old, new, said = WRONG[what]
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(PieceError) as caught:
        load_piece(path)
    assert said in str(caught.value)
    assert "overture.toml" in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


def test_a_piece_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PieceError, match=r"no\.toml"):
        load_piece(tmp_path / "no.toml")

"""Pieces that say how they sound in a space: panner, rooms, and what roles may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundscape.arrangement.piece import load_piece
from soundscape.errors import PieceError
from soundscape.space.measured import MeasuredRoom
from soundscape.space.room import ROOMS, Room

OWN = '[room]\nbase = "cave"\nrt60_s = [4.0, 4.0, 1.0]\nwalls = 0.9\nlevel_db = -9\n'
MEASURED = '[room]\nimpulse_response = "hall.wav"\nlevel_db = -20\nsound_field = "fuma"\n'
ROLE = ('doppler = true\npair_deg = 96\nturn_deg = [90, 0, -10.5]\nsound_field = "a-format"\n'
        'speaker = "LFE"\nzone = "foyer"\n')  # fmt: skip


def write(folder: Path, frame: str = "", room: str = "", role: str = "") -> Path:
    (folder / "s.mid").write_bytes(b"MThd")
    (folder / "hall.wav").write_bytes(b"RIFF")
    path = folder / "p.toml"
    path.write_text(f'[piece]\nscore = "s.mid"\n{frame}\n{room}\n[[role]]\nname = "r"\n{role}', encoding="utf-8")
    return path


def test_a_role_says_how_it_sounds_in_space(tmp_path: Path) -> None:
    (role,) = load_piece(write(tmp_path, role=ROLE)).cast.roles
    assert (role.doppler, role.pair_deg, role.turn_deg) == (True, 96.0, (90.0, 0.0, -10.5))
    assert (role.sound_field, role.speaker, role.zone) == ("a-format", "LFE", "foyer")


def test_a_room_of_walls_and_times_begins_with_its_base(tmp_path: Path) -> None:
    room = load_piece(write(tmp_path, room=OWN)).room
    assert isinstance(room, Room)
    assert (room.rt60_s[0], room.rt60_s[7], room.walls, room.level_db) == (4.0, 1.0, (0.9,) * 6, -9.0)
    assert room.size_m == ROOMS["cave"].size_m


def test_a_measured_room_lies_beside_the_piece(tmp_path: Path) -> None:
    room = load_piece(write(tmp_path, room=MEASURED)).room
    assert room == MeasuredRoom(str((tmp_path / "hall.wav").resolve()), -20.0, "fuma")


@pytest.mark.parametrize("panner", ["vbap", "bs2127", "dbap", "nearest", "ambisonics", "ambisonics-1-epad-basic"])
def test_a_piece_names_its_panner(panner: str, tmp_path: Path) -> None:
    assert load_piece(write(tmp_path, f'layout = "cube"\npanner = "{panner}"')).panner == panner


WRONG = {
    "a panner that is none": ('layout = "5.1"\npanner = "vbpa"', "", "", "did you mean 'vbap'"),
    "an order too high": ('layout = "5.1"\npanner = "ambisonics-9"', "", "", "panner is 'ambisonics-9'"),
    "a panner its layout cannot carry": ('layout = "5.1"\npanner = "ambisonics-3-epad"', "", "", "cannot carry epad"),
    "a panner that is a number": ("panner = 3", "", "", "panner must be text"),
    "two rooms": ('room = "hall"', OWN, "", "both room in [piece] and [room]"),
    "no such base": ("", '[room]\nbase = "cav"', "", "did you mean 'cave'"),
    "a decay below zero": ("", "[room]\nrt60_s = -1", "", "rt60_s"),
    "two decays": ("", "[room]\nrt60_s = [1, 2]", "", "rt60_s must be 1 or 3 or 8 numbers"),
    "a wall that gives back more": ("", "[room]\nwalls = 1.5", "", "walls"),
    "a size of one": ("", "[room]\nsize_m = 3", "", "size_m must be 3 numbers"),
    "a level that is none": ("", "[room]\nlevel_db = nan", "", "level_db must be finite"),
    "an unknown key of a room": ("", "[room]\nrt60 = 2", "", "did you mean 'rt60_s'"),
    "a response that is not there": ("", '[room]\nimpulse_response = "gone.wav"', "", "gone.wav"),
    "a response elsewhere": ("", '[room]\nimpulse_response = "../h.wav"', "", "outside the piece's folder"),
    "a response that is a number": ("", "[room]\nimpulse_response = 3", "", "impulse_response must be text"),
    "a response with walls": ("", MEASURED + "walls = 1", "", "unknown key 'walls'"),
    "a response of no kind": ("", MEASURED.replace("fuma", "foa"), "", "sound_field is 'foa'"),
    "doppler in quotes": ("", "", 'doppler = "yes"', "doppler must be true or false"),
    "a pair beyond the circle": ("", "", "pair_deg = 400", "pair_deg is 400"),
    "a turn of two": ("", "", "turn_deg = [1, 2]", "turn_deg must be [left, up, over]"),
    "a turn that is none": ("", "", "turn_deg = [1, 2, nan]", "turn_deg must be finite"),
    "a turn without end": ("", "", "turn_deg = [1e9, 0, 0]", "turn_deg is"),
    "a kind of field that is none": ("", "", 'sound_field = "ambi"', "did you mean 'ambix'"),
    "a speaker by number": ("", "", "speaker = 3", "speaker must be text"),
    "a zone without a name": ("", "", 'zone = ""', "zone must be text"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_its_file(what: str, tmp_path: Path) -> None:
    frame, room, role, said = WRONG[what]
    with pytest.raises(PieceError) as caught:
        load_piece(write(tmp_path, frame, room, role))
    assert said in str(caught.value)
    assert "p.toml" in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint

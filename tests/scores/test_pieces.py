"""The pieces that ship: made by their scripts, as long as they say, moving, and every role with something to play."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from scores.make import FOLDER, SCORES, bytes_of
from soundscape.arrangement.choosers import CHOOSERS
from soundscape.arrangement.piece import _ROLE_KEYS, load_piece
from soundscape.arrangement.pitching import PITCHINGS
from soundscape.arrangement.steering import AXES
from soundscape.score.midifile import read_score
from soundscape.space.paths import PATHS

PIECES = sorted(path for path in FOLDER.glob("*.toml") if not path.stem.endswith(".exhibit"))
NEEDS_MORE = {"sound_field", "turn_deg", "speaker", "tune", "zone"}
"""Keys of roles that want a take in Ambisonics, a rig of one's own, or a piece that is tuned; none ships."""


@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_what_its_script_makes(name: str) -> None:
    assert (FOLDER / f"{name}.mid").read_bytes() == bytes_of(SCORES[name]())


@pytest.mark.parametrize("path", PIECES, ids=lambda path: path.stem)
def test_every_role_hears_notes_and_every_note_is_heard(path: Path) -> None:
    piece = load_piece(path)
    score = read_score(piece.score)
    assert not score.warnings
    for role in piece.cast.roles:
        assert any(role.hears(note) for note in score.notes), role.name
    for note in score.notes:
        assert any(role.hears(note) for role in piece.cast.roles), note


def test_the_overture_begins_softly_rises_and_ends_softly() -> None:
    score = read_score(FOLDER / "overture.mid")
    assert 120.0 < score.duration_s < 180.0

    def strokes(first: float, last: float) -> int:
        """Notes times how hard they are struck, in a share of the piece."""
        length = score.duration_s
        return sum(n.velocity for n in score.notes if first * length <= n.start_s < last * length)

    fifths = [strokes(k / 5, (k + 1) / 5) for k in range(5)]
    assert max(fifths) == fifths[3]
    assert 4 * max(fifths[0], fifths[4]) < fifths[3]


def test_the_etude_shows_every_way_to_choose_to_pitch_to_move_and_to_steer() -> None:
    piece = load_piece(FOLDER / "etude.toml")
    roles = piece.cast.roles
    rows = tomllib.loads((FOLDER / "etude.toml").read_text(encoding="utf-8"))["role"]
    assert {role.choose for role in roles} == set(CHOOSERS)
    assert {role.pitch for role in roles} == set(PITCHINGS)
    assert {axis for role in roles for axis, _ in role.steer} == set(AXES)
    assert {role.rings for role in roles} >= {True, False}
    assert {way for row in rows for way in row.get("path", ())} == {*PATHS, "to", "over_s"}
    assert {key for row in rows for key in row} == set(_ROLE_KEYS) - NEEDS_MORE

"""Learning by touch."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import ControllerError
from soundscape.live.controllers.learn import Learned, Learner, Wanted, forget, keep
from soundscape.live.controllers.mapping import Source
from soundscape.live.controllers.mapping_file import load_surface
from soundscape.live.controllers.messages import Stream
from soundscape.live.controls import Go, Panic
from tests.live.controllers.playing import ROLES, bend, cc, off, on

PAD = Wanted("pad", {"role": "Gate", "trigger": "loop"})
GO = Wanted("button", {"does": "go"})
KNOB = Wanted("knob", {"to": "level", "role": "Gate"})

FILE = """# my own
[controller]   # on the left
name = "Mine"

# the gate
[[pad]]
note = 36
channel = 10
role = "Gate"   # creaks

# the bell, played with the thumb
[[pad]]
note = 37
role = "Great bell"
[[button]]
note = 50
does = "panic"
"""


def heard(wanted: Wanted, *messages: tuple[int, ...]) -> list[str]:
    learner = Learner(wanted)
    return [str(found.source) for message in messages if (found := learner.hear(bytes(message)))]


def test_only_what_is_meant_binds() -> None:
    chatter = [(0xF8,), (0xFE,), (0xF0, 1, 0xF7), off(36), on(36, 0)]
    assert heard(PAD, *chatter, cc(7, 99), bend(9), (0xC0, 3), on(36, 1, 10)) == ["note 36 on channel 10"]
    assert heard(GO, *chatter, cc(7, 0), cc(7, 63), bend(9), cc(7, 64)) == ["cc 7 on channel 1"]
    assert heard(GO, (0xC4, 12)) == ["programme 12 on channel 5"]
    assert heard(KNOB, *chatter, on(3), bend(9, 2)) == ["bend on channel 2"]


def test_a_knob_of_fourteen_bits_is_told_by_its_second_message() -> None:
    assert heard(KNOB, cc(7, 1), cc(39, 1)) == ["cc14 7 on channel 1"]
    assert heard(KNOB, cc(7, 1), cc(7, 2)) == ["cc 7 on channel 1"]
    assert heard(KNOB, cc(7, 1), cc(8, 2), cc(8, 3)) == ["cc 8 on channel 1"]
    assert heard(KNOB, cc(40, 1)) == ["cc 40 on channel 1"]


def test_how_hard_it_was_hit_does_not_matter() -> None:
    sources = {found.source for velocity in range(1, 128) if (found := Learner(PAD).hear(bytes(on(40, velocity))))}
    assert sources == {Source("note", 40, 1)}


@given(st.sampled_from([PAD, GO, KNOB]), st.binary(max_size=300))
def test_no_bytes_stop_a_learner(wanted: Wanted, raw: bytes) -> None:
    learner = Learner(wanted)
    found = [one for message in Stream().feed(raw) if (one := learner.hear(message))]
    assert all(1 <= one.source.channel <= 16 for one in found)


def write(folder: Path) -> Path:
    path = folder / "mine.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_what_is_learned_is_written_and_everything_else_stays(tmp_path: Path) -> None:
    path = write(tmp_path)
    keep(path, Learned(GO, Source("note", 60, 1)))
    assert path.read_text(encoding="utf-8") == FILE + '\n[[button]]\nnote = 60\nchannel = 1\ndoes = "go"\n'
    assert (tmp_path / "mine.toml.1").read_text(encoding="utf-8") == FILE
    assert [button.control for button in load_surface(path, ROLES).buttons] == [Panic(), Go()]
    keep(path, Learned(KNOB, Source("bend", 0, 3)))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine.toml", "mine.toml.1", "mine.toml.2"]
    assert load_surface(path, ROLES).knobs[0].source == Source("bend", 0, 3)


def test_what_was_bound_there_gives_way_and_its_neighbours_comments_stay(tmp_path: Path) -> None:
    path = write(tmp_path)
    keep(path, Learned(GO, Source("note", 36, 10)))
    text = path.read_text(encoding="utf-8")
    assert "creaks" not in text
    assert "# the bell, played with the thumb\n[[pad]]\nnote = 37" in text
    assert [row.source.number for row in load_surface(path, ROLES).pads] == [37]


def test_what_was_learned_can_be_forgotten(tmp_path: Path) -> None:
    path = write(tmp_path)
    keep(path, Learned(PAD, Source("note", 40, 1)))
    assert forget(path, PAD) == 1
    assert forget(path, PAD) == 0
    assert load_surface(path, ROLES) == load_surface(write(tmp_path), ROLES)


def test_a_mapping_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / 'my "pads".toml'
    keep(path, Learned(PAD, Source("note", 40, 1)))
    surface = load_surface(path, ROLES)
    assert (surface.name, surface.pads[0].pad.trigger) == ('my "pads"', "loop")
    forget(path, PAD)
    assert load_surface(path, ROLES).pads == ()


def test_what_cannot_be_changed_by_hand_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('pad = [{ note = 1, role = "Gate" }]\n[controller]\n', encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    with pytest.raises(ControllerError, match="its rows are not each under a header"):
        keep(path, Learned(PAD, Source("note", 40, 1)))
    path.write_text(before + '[[button]]\nnotes = [30, 40]\nroles_from = 1\ndoes = "mute"\n', encoding="utf-8")
    with pytest.raises(ControllerError, match=r"note 40 on channel 1 belongs to \[\[button\]\] 1, with others"):
        keep(path, Learned(PAD, Source("note", 40, 1)))
    path.write_text("[[[", encoding="utf-8")
    with pytest.raises(ControllerError, match="cannot learn into"):
        keep(path, Learned(PAD, Source("note", 40, 1)))
    assert [one.name for one in tmp_path.iterdir()] == ["mine.toml"]


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(names, st.integers(0, 127), st.integers(1, 16))
def test_any_name_of_a_role_survives(tmp_path_factory: pytest.TempPathFactory, role: str, note: int, ch: int) -> None:
    path = tmp_path_factory.mktemp("learn") / "x.toml"
    keep(path, Learned(Wanted("pad", {"role": role}), Source("note", note, ch)))
    (row,) = load_surface(path, [role]).pads
    assert (row.pad.role, row.source) == (role, Source("note", note, ch))

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundscape.errors import OutputError
from soundscape.exhibit.stems import Stems, plan_key
from tests.exhibit.days import bell, plan_of, wind

SAMPLES = np.arange(600, dtype=np.float32).reshape(300, 2)


def test_what_is_written_is_read_and_mapped(tmp_path: Path) -> None:
    stems = Stems(tmp_path / "stems")
    stems.write("day", 3, SAMPLES)
    found = stems.read("day", 3)
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, SAMPLES)
    assert stems.has("day", 3)
    assert list(stems.windows("day")) == [3]


def test_what_is_not_there_or_torn_is_none(tmp_path: Path) -> None:
    stems = Stems(tmp_path)
    assert stems.read("day", 0) is None
    path = stems.write("day", 0, SAMPLES)
    whole = path.read_bytes()
    for n_bytes in (0, 5, 100, len(whole) - 4):
        path.write_bytes(whole[:n_bytes])
        assert stems.read("day", 0) is None
    path.write_bytes(b"\x93NUMPY\x01\x00" + bytes(200))
    assert stems.read("day", 0) is None


def test_only_what_is_still_to_come_is_kept(tmp_path: Path) -> None:
    stems = Stems(tmp_path)
    for window in range(4):
        stems.write("today", window, SAMPLES)
    stems.write("yesterday", 9, SAMPLES)
    assert stems.forget("today", 2) == 3
    assert sorted(stems.windows("today")) == [2, 3]
    assert list(stems.windows("yesterday")) == []


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"a part of the path is a file|it is a file"):
        Stems(tmp_path / "file" / "stems")
    with pytest.raises(OutputError, match="no windows can be called"):
        Stems(tmp_path).write("../elsewhere", 0, SAMPLES)


def test_a_key_is_of_all_that_is_heard() -> None:
    day = plan_of(wind(0.0, 20.0), bell(5.0))
    key = plan_key(day, about="stereo")
    assert key == plan_key(plan_of(wind(0.0, 20.0), bell(5.0)), about="stereo")
    others = [plan_of(wind(0.0, 20.0), bell(5.1)), plan_of(wind(0.0, 20.0), bell(5.0, gain_db=-1.0)),
              replace(day, levels_db=((0.0, -1.0),)), replace(day, duration_s=10.0)]  # fmt: skip
    assert len({key, plan_key(day, about="quad"), *(plan_key(other, about="stereo") for other in others)}) == 6


def test_what_was_made_of_something_else_is_made_again(tmp_path: Path) -> None:
    beds = Stems(tmp_path)
    beds.begin_anew_for("stereo")
    beds.write("fallback", 0, SAMPLES)
    Stems(tmp_path).begin_anew_for("stereo")
    assert beds.has("fallback", 0)
    Stems(tmp_path).begin_anew_for("quad")
    assert not beds.has("fallback", 0)

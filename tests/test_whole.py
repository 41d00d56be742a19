"""Files appear under their name only when they are whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from soundscape.errors import OutputError
from soundscape.whole import folder_to_write, whole_file, write_text

FULL = Path("/dev/full")


def test_a_file_is_not_there_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    with whole_file(path) as temporary:
        temporary.write_bytes(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    path.write_bytes(b"yesterday")

    def fail_halfway() -> None:
        with whole_file(path) as temporary:
            temporary.write_bytes(b"today")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert path.read_bytes() == b"yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder does not exist") as caught:
        write_text(tmp_path / "nowhere" / "credits.txt", "x")
    assert caught.value.hint


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"

    def fill() -> None:
        with whole_file(path), FULL.open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(OutputError, match="the disk is full"):
        fill()
    assert not path.exists()


def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="no ordinary file"):
        write_text(pipe, "x")
    assert pipe.is_fifo()


def test_a_link_keeps_pointing_where_it_did(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    link = tmp_path / "latest.txt"
    link.symlink_to(tmp_path / "shelf" / "today.txt")
    write_text(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "shelf" / "today.txt").read_text() == "new"
    assert [path.name for path in (tmp_path / "shelf").iterdir()] == ["today.txt"]


def test_a_new_file_can_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "credits.txt", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "credits.txt").stat().st_mode & 0o777 == 0o644


def test_a_file_is_not_a_folder_to_write(tmp_path: Path) -> None:
    (tmp_path / "mix").write_text("x")
    with pytest.raises(OutputError, match="it is a file"):
        folder_to_write(tmp_path / "mix")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").mkdir()
    with pytest.raises(OutputError, match="folder"), whole_file(tmp_path / "mix.wav"):
        raise AssertionError("nothing can be written there")
    assert [path.name for path in tmp_path.iterdir()] == ["mix.wav"]


def test_a_signal_as_the_file_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "close", interrupted)
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "mix.wav"):
        raise AssertionError("it was never made")
    assert list(tmp_path.iterdir()) == []

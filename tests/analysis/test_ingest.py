from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.hearers import Hearers
from soundscape.analysis.ingest import ingest, sound_files
from soundscape.catalogue.store import Store
from soundscape.errors import AudioError


def take(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(24_000), 48_000)
    return path


def test_a_second_run_reads_nothing_and_a_moved_file_is_known(tmp_path: Path) -> None:
    first, store = take(tmp_path / "in" / "deep" / "one.wav"), tmp_path / "house.catalogue"
    assert ingest([tmp_path / "in"], store, n_workers=1).recordings == 1
    again = ingest([tmp_path / "in"], store, n_workers=1)
    assert (again.recordings, again.skipped) == (0, 1)
    moved = first.rename(tmp_path / "in" / "moved.wav")
    ingest([tmp_path / "in"], store, n_workers=1)
    with Store(store) as opened:
        assert [one.path for one in opened.snapshot().recordings.values()] == [str(moved)]


def test_bad_files_are_reported_and_the_others_are_heard(tmp_path: Path) -> None:
    take(tmp_path / "good.wav")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("this is not sound")
    (tmp_path / "cut.wav").write_bytes((tmp_path / "good.wav").read_bytes()[:20])
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 48_000)
    soundfile.write(tmp_path / "slow.wav", np.zeros(10), 1)
    report = ingest([tmp_path], tmp_path / "house.catalogue", n_workers=1)
    assert report.recordings == 1
    failed = {Path(path).name for path, _ in report.failed}
    assert failed == {"empty.wav", "text.wav", "cut.wav", "none.wav", "slow.wav"}
    assert all(reason for _, reason in report.failed)


def test_hidden_files_and_loops_are_passed_over(tmp_path: Path) -> None:
    wanted = take(tmp_path / "a" / "one.wav")
    take(tmp_path / "a" / "._one.wav")
    take(tmp_path / ".trash" / "two.wav")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert sound_files([tmp_path]) == [wanted]


@pytest.mark.parametrize("name", ["missing", "bare"])
def test_no_sound_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(AudioError):
        ingest([tmp_path / name], tmp_path / "house.catalogue")


def test_a_killed_process_costs_its_file_alone(tmp_path: Path) -> None:
    paths = [take(tmp_path / f"{i}.wav", i) for i in range(3)]
    with Hearers(paths, 1) as hearers:
        outcomes = iter(hearers)
        next(outcomes)
        for pid in hearers.pids():
            os.kill(pid, signal.SIGKILL)
        rest = [heard for _, heard in outcomes]
    assert len(rest) == 2
    assert sum(isinstance(heard, str) for heard in rest) <= 1


def test_a_file_that_hangs_is_given_up(tmp_path: Path) -> None:
    with Hearers([take(tmp_path / "one.wav")], 1, patience_s=-0.48) as hearers:
        ((_, heard),) = list(hearers)
    assert isinstance(heard, str)
    assert "longer than" in heard


def test_a_read_only_folder_is_read(tmp_path: Path) -> None:
    folder = take(tmp_path / "in" / "one.wav").parent
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    report = ingest([folder], tmp_path / "house.catalogue", n_workers=1)
    folder.chmod(stat.S_IRWXU)
    assert report.recordings == 1

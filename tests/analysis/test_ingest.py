from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.heard import Analysis, Known
from soundscape.analysis.hearers import Hearers
from soundscape.analysis.ingest import ingest, sound_files
from soundscape.analysis.pipe import receive, send
from soundscape.analysis.triage import Triage
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.store import Store
from soundscape.errors import AudioError, CatalogueError


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
    third = ingest([tmp_path / "in"], store, n_workers=1)
    assert (third.recordings, third.skipped) == (0, 1)
    with Store(store) as opened:
        assert [one.path for one in opened.snapshot().recordings.values()] == [str(moved)]


def paths_of(store: Path) -> dict[str, set[str]]:
    """Where each recording is, and how many segments of each there are."""
    with Store(store) as opened:
        catalogue = opened.snapshot()
        assert opened.count() == len(catalogue.segments) > 0
    return {Path(take.path).name: {s.id for s in catalogue.segments if s.recording_id == key}
            for key, take in catalogue.recordings.items()}  # fmt: skip


def test_a_take_recorded_over_another_replaces_it_and_a_copy_keeps_it(tmp_path: Path) -> None:
    folder, store = tmp_path / "in", tmp_path / "house.catalogue"
    take(folder / "one.wav", seed=1)
    ingest([folder], store, n_workers=1)
    before = paths_of(store)["one.wav"]
    take(folder / "one.wav", seed=2)
    assert ingest([folder], store, n_workers=1).recordings == 1
    after = paths_of(store)
    assert after.keys() == {"one.wav"}
    assert not after["one.wav"] & before
    take(folder / "copy.wav", seed=2)
    ingest([folder], store, n_workers=1)
    take(folder / "copy.wav", seed=3)
    ingest([folder], store, n_workers=1)
    kept = paths_of(store)
    assert kept.keys() == {"one.wav", "copy.wav"}
    assert kept["one.wav"] == after["one.wav"]


@pytest.mark.parametrize("new_name", ["a_before.wav", "z_after.wav"])
def test_a_take_may_be_moved_while_another_takes_its_name(tmp_path: Path, new_name: str) -> None:
    folder, store = tmp_path / "in", tmp_path / "house.catalogue"
    first = take(folder / "one.wav", seed=1)
    ingest([folder], store, n_workers=1)
    before = paths_of(store)["one.wav"]
    first.rename(folder / new_name)
    take(first, seed=2)
    report = ingest([folder], store, n_workers=1)
    assert (report.recordings, report.skipped) == (1, 1)
    assert paths_of(store)[new_name] == before


def test_progress_counts_what_there_is_to_hear_and_not_how_many_files(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(90_000), 48_000)
    soundfile.write(tmp_path / "short.wav", np.zeros(9_000), 48_000)
    (tmp_path / "empty.wav").touch()
    told: list[tuple[float, float]] = []
    ingest(
        [tmp_path],
        tmp_path / "house.catalogue",
        n_workers=1,
        progress=lambda _, done, total: told.append((done, total)),
    )
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0
    long = next(done for done, _ in told if done > 1)
    assert long / told[-1][1] > 0.9


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


def test_what_failed_is_tried_again_once_it_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, store = take(tmp_path / "one.wav"), tmp_path / "house.catalogue"
    monkeypatch.setattr(Hearers, "_hear", lambda *_: "no decoder for it")
    assert ingest([one], store).failed == ((str(one), "no decoder for it"),)
    monkeypatch.undo()
    report = ingest([one], store)
    assert (report.recordings, report.failed) == (1, ())


def test_a_surprise_while_hearing_is_an_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> str:
        raise KeyError("odd")

    monkeypatch.setattr(Hearers, "_hear", surprise)
    with Hearers([take(tmp_path / "one.wav"), take(tmp_path / "two.wav")], 1) as hearers:
        assert [heard for _, heard in hearers] == ["KeyError: 'odd'"] * 2


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


def odd(folder: Path, name: str) -> Path:
    path = folder / f"{name}.wav"
    if name == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path.name if name == "loop" else "gone.wav")
    return path


ODD = {
    "pipe": "is a pipe, not a file",
    "loop": "is a link that leads back to itself",
    "dangling": "is a link to gone.wav, which is not there",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_file_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    path = odd(tmp_path, name)
    take(tmp_path / "good.wav")
    report = ingest([tmp_path], tmp_path / "c.catalogue", n_workers=1)
    assert report.failed == ((str(path), f"{path} {ODD[name]}: name a sound file"),)
    with pytest.raises(AudioError, match=ODD[name]):
        sound_files([path])


def test_a_decoder_says_nothing_over_our_heads(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(96_000)
    soundfile.write(tmp_path / "whole.mp3", noise, 48_000, format="MP3")
    data = (tmp_path / "whole.mp3").read_bytes()
    (tmp_path / "whole.mp3").write_bytes(data[: len(data) // 2])
    ingest([tmp_path], tmp_path / "c.catalogue", n_workers=1)
    assert capfd.readouterr().err == ""


def test_a_catalogue_in_no_folder_is_refused_by_the_folder_it_lacks(tmp_path: Path) -> None:
    take(tmp_path / "good.wav")
    with pytest.raises(CatalogueError, match=f"there is no folder {tmp_path / 'no'}"):
        ingest([tmp_path], tmp_path / "no" / "c.catalogue")


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


def slow_ingest(folder: Path, store: Path) -> subprocess.Popen[bytes]:
    """An ingest in a process of its own, with at least one recording in its catalogue already."""
    program = [sys.executable, "-m", "soundscape"]
    command = [*program, "ingest", str(folder), "--catalogue", str(store), "--workers", "1"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for _ in range(600):
        time.sleep(0.05)
        try:
            with Store(store) as opened:
                if opened.snapshot().recordings:
                    return process
        except CatalogueError:
            continue
    raise AssertionError("nothing was kept in 30 s")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_whatever_ends_an_ingest_the_next_one_goes_on(tmp_path: Path, end: signal.Signals) -> None:
    for number in range(30):
        take(tmp_path / "in" / f"{number}.wav", number)
    store = tmp_path / "house.catalogue"
    process = slow_ingest(tmp_path / "in", store)
    process.send_signal(end)
    process.wait()
    with Store(store) as opened:
        kept = opened.snapshot()
    assert all(kept.recording_of(segment).n_frames == 24_000 for segment in kept.segments)
    rest = ingest([tmp_path / "in"], store)
    assert rest.skipped == len(kept.recordings) >= 1
    assert rest.recordings == 30 - len(kept.recordings)
    with Store(store) as opened:
        assert len(opened.snapshot().recordings) == 30


def zeros(line: np.ndarray, start: int, stop: int) -> np.ndarray:
    cut = line.copy()
    cut[start:stop] = 0.0
    return cut


NOISE = 0.1 * np.random.default_rng(3).standard_normal(144_000)
DYING = NOISE * np.exp(-np.arange(144_000) / 2000.0)


@pytest.mark.parametrize("block", [1000, 48_000, 144_000])
@pytest.mark.parametrize(
    ("line", "is_dropout"),
    [(NOISE, False), (zeros(NOISE, 50_000, 51_000), True), (zeros(NOISE, 47_900, 48_500), True),
     (zeros(NOISE, 50_000, 50_100), False), (zeros(NOISE, 40_000, 100_000), False), (zeros(NOISE, 0, 20_000), False),
     (zeros(DYING, 30_000, 60_000) + np.roll(zeros(DYING, 30_000, 144_000), 60_000), False)],
)  # fmt: skip
def test_a_dropout_is_a_sound_cut_off_and_let_in_again(line: np.ndarray, block: int, *, is_dropout: bool) -> None:
    triage = Triage(48_000)
    for start in range(0, len(line), block):
        part = line[start : start + block].astype(np.float32)
        triage.update(part, part[:, None])
    assert ("dropouts" in triage.faults(-20.0)) == is_dropout


def test_a_read_only_folder_is_read(tmp_path: Path) -> None:
    folder = take(tmp_path / "in" / "one.wav").parent
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    report = ingest([folder], tmp_path / "house.catalogue", n_workers=1)
    folder.chmod(stat.S_IRWXU)
    assert report.recordings == 1


@pytest.mark.parametrize("n_segments", [0, 1, 512, 1300])
def test_what_was_heard_arrives_as_it_was_sent(n_segments: int) -> None:
    recording = Recording("a" * 32, "one.wav", 48_000, 1, 48_000)
    segments = tuple(Segment(f"{n:016x}", recording.id, n / 10, n / 10 + 0.1) for n in range(n_segments))
    vectors = np.random.default_rng(1).standard_normal((n_segments, 64)).astype(np.float32)
    scores = -np.random.default_rng(2).exponential(size=(n_segments, 2)).astype(np.float32)
    stream = io.BytesIO()
    heard = Analysis(recording, segments, vectors, scores, ("gate", "wind"), words_by="tower", words=vectors[:, :3])
    for value in (heard, Analysis(recording, segments, vectors), Known("b" * 32), "no decoder"):
        send(stream, value)
    stream.seek(0)
    arrived = receive(stream)
    assert isinstance(arrived, Analysis)
    assert (arrived.recording, arrived.segments) == (recording, segments)
    np.testing.assert_array_equal(arrived.vectors, vectors)
    np.testing.assert_array_equal(arrived.scores, scores)
    np.testing.assert_array_equal(arrived.words, vectors[:, :3])
    assert (arrived.names, arrived.words_by) == (("gate", "wind"), "tower")
    bare = receive(stream)
    assert isinstance(bare, Analysis)
    assert (bare.segments, bare.kept_scores(), bare.kept_words()) == (segments, None, None)
    assert [receive(stream), receive(stream)] == [Known("b" * 32), "no decoder"]
    with pytest.raises(EOFError):
        receive(stream)

"""A person's boundaries: what is kept of a stretch is what sounds in it, whoever cut it and whenever."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.analysis.boundaries import add, delete, join, move, split
from soundscape.analysis.features import FEATURES
from soundscape.analysis.ingest import ingest
from soundscape.analysis.learning import learn
from soundscape.analysis.stretches import Stretch, measured
from soundscape.audio.files import audio_blocks
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.store import Store
from soundscape.errors import AudioError, SoundscapeError

RATE_HZ = 44_100
LOW_HZ, HIGH_HZ = 300.0, 900.0
LOUD, SOFT = 0.4, 0.04
"""A low tone from 1 s to 2 s, and right after it a high one, 20 dB below, to 3 s; a low one from 4 s to 4.6 s."""


def tone(hz: float, level: float, n: int) -> np.ndarray:
    time_s = np.arange(n) / RATE_HZ
    fade = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / 0.01)
    return level * fade * np.sin(2 * np.pi * hz * time_s)


def take(path: Path, *, seed: int = 0) -> Path:
    samples = 1e-4 * np.random.default_rng(seed).standard_normal(round(5.5 * RATE_HZ))
    for hz, level, start_s, end_s in ((LOW_HZ, LOUD, 1, 2), (HIGH_HZ, SOFT, 2, 3), (LOW_HZ, LOUD, 4, 4.6)):
        n = round((end_s - start_s) * RATE_HZ)
        samples[start_s * RATE_HZ :][:n] += tone(hz, level, n)
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("boundaries")
    take(folder / "tones.wav")
    ingest([folder], folder / "house.catalogue", n_workers=1)
    return folder, (folder / "house.catalogue").read_bytes()


@pytest.fixture
def house(heard: tuple[Path, bytes]) -> Path:
    """A catalogue as ingest left it."""
    path = heard[0] / "house.catalogue"
    for one in heard[0].glob("house.catalogue*"):
        one.unlink()
    path.write_bytes(heard[1])
    return path


def low(store: Store) -> Segment:
    """The segment that begins with the low tone."""
    return next(one for one in store.snapshot().segments if abs(one.start_s - 1.0) < 0.1)


def everything(store: Store) -> dict[str, tuple[object, ...]]:
    """All that is known of each segment, to the bit."""
    snapshot = store.snapshot()
    return {one.id: (one.start_s, one.end_s, one.kind, one.tags, dict(one.features), vector.tobytes())
            for one, vector in zip(snapshot.segments, snapshot.vectors, strict=True)}  # fmt: skip


def test_a_machines_segment_measured_again_is_what_ingest_made_of_it(house: Path) -> None:
    with Store(house) as store:
        snapshot = store.snapshot()
        assert len(snapshot.segments) >= 2
        for one, vector in zip(snapshot.segments, snapshot.vectors, strict=True):
            (again,) = measured(snapshot.recording_of(one), [Stretch(one.start_s, one.end_s, one.kind)])
            assert replace(again.segment, features={}) == replace(one, features={})
            assert dict(again.segment.features) == pytest.approx(dict(one.features), rel=1e-9)
            np.testing.assert_allclose(again.vector, vector, atol=1e-6)


def test_features_are_those_of_the_new_stretch(house: Path) -> None:
    with Store(house) as store:
        key = low(store).id
        for start_s, end_s, hz, level in ((1.05, 1.95, LOW_HZ, LOUD), (2.05, 2.95, HIGH_HZ, SOFT)):
            one = move(store, key, start_s=start_s, end_s=end_s)
            assert (one.id, one.start_s, one.end_s) == (key, start_s, end_s)
            assert one.features["pitch_hz"] == pytest.approx(hz, rel=0.005)
            assert one.features["level_db"] == pytest.approx(20 * np.log10(level / np.sqrt(2)), abs=0.2)
            assert one.features["duration_s"] == pytest.approx(end_s - start_s)
            assert store.count(f'pitch_hz > {0.99 * hz} and pitch_hz < {1.01 * hz} and id = "{key}"') == 1


def test_likeness_is_that_of_the_new_stretch(house: Path) -> None:
    with Store(house) as store:
        other = next(one.id for one in store.snapshot().segments if abs(one.start_s - 4.0) < 0.1)
        key, alike = low(store).id, []
        for start_s in (2.05, 1.05):  # the high tone, and the low one that the other is
            move(store, key, start_s=start_s, end_s=start_s + 0.6)
            found = {one.segment.id: one.similarity for one in store.find("*", like=other)}
            alike.append(found[key] or 0.0)
        assert alike[1] > alike[0] + 0.1


def test_what_is_learned_is_learned_from_the_new_stretch(house: Path) -> None:
    with Store(house) as store:
        one = low(store)
        store.tag(one.id, add=["gong"])
        vectors = []
        for start_s in (1.05, 2.05):
            move(store, one.id, start_s=start_s, end_s=start_s + 0.9)
            (example,) = learn(store).lesson.examples
            snapshot = store.snapshot()
            place = [segment.id for segment in snapshot.segments].index(one.id)
            np.testing.assert_array_equal(example.vector, snapshot.vectors[place])
            assert example.present == ("gong",)
            vectors.append(example.vector)
        assert float(vectors[0] @ vectors[1]) < 0.95


def test_a_new_version_of_hearing_measures_anew_and_moves_nothing(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(house) as store:
        key = move(store, low(store).id, end_s=1.95).id
        gone = delete(store, [next(one.id for one in store.snapshot().segments if one.start_s > 3.5)])[0]
        new = add(store, str(house.parent / "tones.wav"), 2.1, 2.9, tags=["flute"]).id
        before = store.snapshot()
    monkeypatch.setattr("soundscape.analysis.stretches.ANALYSER", "next")
    monkeypatch.setitem(FEATURES, "brightness", lambda heard: 0.125)  # type: ignore[arg-type]
    assert ingest([house.parent], house, n_workers=1).recordings == 1
    with Store(house) as store:
        after = store.snapshot()
        assert [(one.id, one.start_s, one.end_s) for one in after.segments] == [
            (one.id, one.start_s, one.end_s) for one in before.segments
        ]
        for one in (key, new):
            assert store.segment(one).segment.features["brightness"] == 0.125
            assert store.segment(one).segment.features["level_db"] == before.segment(one).features["level_db"]
        assert ("flute", "person") in [(tag.name, tag.by) for tag in store.segment(new).segment.tags]
        store.undo([gone.recording_id])
        assert gone.id in [one.id for one in store.snapshot().segments]


cuts = st.lists(st.floats(0.02, 0.98), min_size=1, max_size=3, unique_by=lambda share: round(share, 1))


@settings(max_examples=12)
@given(cuts)
def test_what_is_split_and_joined_is_what_it_was(heard: tuple[Path, bytes], shares: list[float]) -> None:
    path = heard[0] / "house.catalogue"
    path.write_bytes(heard[1])
    with Store(path) as store:
        before = everything(store)
        one = low(store)
        parts = split(store, one.id, [one.start_s + share * one.duration_s for share in shares])
        assert (parts[0].start_s, parts[-1].end_s, len(parts)) == (one.start_s, one.end_s, len(shares) + 1)
        assert all(left.end_s == right.start_s for left, right in pairwise(parts))
        assert one.id not in everything(store)
        assert join(store, [part.id for part in parts]).id == one.id
        again = everything(store)
        assert again.keys() == before.keys()
        for key, (*placed, features, vector) in again.items():
            *was_placed, had_features, had_vector = before[key]
            assert placed == was_placed
            assert features == pytest.approx(had_features, rel=1e-6)
            near = np.frombuffer(vector, np.float32) - np.frombuffer(had_vector, np.float32)
            assert float(np.abs(near).max()) < 1e-6
        store.undo([one.id])
        assert everything(store) == before
    for left in heard[0].glob("house.catalogue-*"):
        left.unlink()


def test_a_long_take_is_read_only_around_the_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal(8_000 * 600), 8_000, subtype="PCM_16")
    ingest([path], tmp_path / "house.catalogue", n_workers=1)
    n_read = []

    def counted(*arguments: Any, **named: Any) -> Iterator[np.ndarray]:
        for block in audio_blocks(*arguments, **named):
            n_read.append(len(block))
            yield block

    monkeypatch.setattr("soundscape.analysis.stretches.audio_blocks", counted)
    with Store(tmp_path / "house.catalogue") as store:
        one = add(store, str(path), 300.0, 310.0)
    assert sum(n_read) <= 8_000 * 131
    assert one.features["level_db"] == pytest.approx(-20.0, abs=0.1)


WRONG: dict[str, tuple[Callable[[Store, str, str], object], str]] = {
    "unknown id": (lambda store, key, path: move(store, "feed", start_s=1.0), "no segment 'feed'"),
    "no recording": (lambda store, key, path: add(store, "none.wav", 1.0, 2.0), "no takes in"),
    "before the take": (lambda store, key, path: move(store, key, start_s=-0.5), "is not within"),
    "beyond the take": (lambda store, key, path: move(store, key, end_s=5.6), "is not within"),
    "no number": (lambda store, key, path: move(store, key, end_s=float("nan")), "is not within"),
    "backwards": (lambda store, key, path: move(store, key, start_s=3.0, end_s=2.0), "ends before it begins"),
    "nothing": (lambda store, key, path: move(store, key, start_s=2.0, end_s=2.0), "ends before it begins"),
    "too short": (lambda store, key, path: add(store, path, 2.0, 2.009), "too short"),
    "split before": (lambda store, key, path: split(store, key, [0.5]), "is not within segment"),
    "split at the edge": (lambda store, key, path: split(store, key, [low(store).start_s]), "is not within segment"),
    "split too near": (lambda store, key, path: split(store, key, [low(store).start_s + 0.005]), "too short"),
    "one alone": (lambda store, key, path: join(store, [key, key]), "cannot be joined"),
    "no tag": (lambda store, key, path: add(store, path, 2.0, 3.0, tags=["quux"]), "no tag 'quux'"),
    "twice": (lambda store, key, path: [add(store, path, 2.2, 2.4) for _ in range(2)], "already"),
    "one of them unknown": (lambda store, key, path: delete(store, [key, "feed"]), "no segment 'feed'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_said_in_a_line_and_changes_nothing(house: Path, what: str) -> None:
    do, said = WRONG[what]
    with Store(house) as store:
        before = everything(store)
        with pytest.raises(SoundscapeError, match=said) as caught:
            do(store, low(store).id, str(house.parent / "tones.wav"))
        assert "\n" not in str(caught.value) + caught.value.hint
        assert caught.value.hint
        left = everything(store)
        assert left == before if what != "twice" else len(left) == len(before) + 1


def test_segments_of_two_takes_are_not_joined_and_silence_is_no_segment(tmp_path: Path) -> None:
    take(tmp_path / "one.wav")
    soundfile.write(tmp_path / "two.wav", np.append(tone(LOW_HZ, LOUD, RATE_HZ), np.zeros(2 * RATE_HZ)), RATE_HZ)
    ingest([tmp_path], tmp_path / "house.catalogue", n_workers=1)
    with Store(tmp_path / "house.catalogue") as store:
        before = everything(store)
        segments = {one.recording_id: one.id for one in store.snapshot().segments}
        with pytest.raises(SoundscapeError, match="cannot be joined"):
            join(store, list(segments.values()))
        with pytest.raises(SoundscapeError, match=r"nothing sounds from 1\.5 s"):
            add(store, str(tmp_path / "two.wav"), 1.5, 2.5)
        assert everything(store) == before


@pytest.mark.parametrize("end_s", [5.5, 5.5009])
def test_the_end_of_a_take_may_be_written_with_three_digits(house: Path, end_s: float) -> None:
    with Store(house) as store:
        one = add(store, str(house.parent / "tones.wav"), 5.0, end_s)
        assert one.end_s == store.recording(one.recording_id).duration_s


def test_a_take_that_is_gone_or_another_now_is_said(tmp_path: Path) -> None:
    path = take(tmp_path / "tones.wav")
    ingest([path], tmp_path / "house.catalogue", n_workers=1)
    with Store(tmp_path / "house.catalogue") as store:
        before = everything(store)
        key = low(store).id
        path.rename(tmp_path / "away.wav")
        with pytest.raises(AudioError, match="does not exist"):
            add(store, str(path), 2.0, 2.5)
        assert everything(store) == before
        take(path, seed=1)
        os.utime(path, (1, 1))
        with pytest.raises(AudioError, match="has changed"):
            move(store, key, end_s=1.8)
        assert everything(store) == before
        path.unlink()
        delete(store, [key])  # for which nothing is measured
        store.undo([key])
        assert everything(store) == before

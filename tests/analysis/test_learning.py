"""Learning from corrections: what sounds alike learns, all else stays, and nothing is ever taken from a person."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from soundscape.analysis.ingest import ingest
from soundscape.analysis.learning import _told, learn, tags_by
from soundscape.analysis.taggers.shipped import tags_of
from soundscape.catalogue import lessons
from soundscape.catalogue.lessons import Example
from soundscape.catalogue.scores import Scores
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store

NAMES = ("gate.knock", "gate.latch", "gate.creak", "wind")
KNOCK, LATCH, UNSURE = (0.7, 0.2, 0.05, 0.05), (0.2, 0.7, 0.05, 0.05), (0.1, 0.1, 0.1, 0.1)
SIDES = {"left": 0, "right": 1}
"""Two kinds of sound whose vectors stand at right angles."""
N_TAKES, N_SEGMENTS = 6, 4


def house(
    path: Path, *, order: Sequence[int] = range(N_TAKES), shares: Sequence[float] = KNOCK, names: Sequence[str] = NAMES
) -> Store:
    """Takes of which the first half sound like one thing and the others like another, all the same to the model."""
    store = Store(path, create=True)
    for take in order:
        side = SIDES["left" if take < N_TAKES // 2 else "right"]
        recording = Recording(f"take{take}", f"{take}.wav", 48_000, 1, 48_000 * 60)
        lines = np.log(np.tile(shares, (N_SEGMENTS, 1))).astype(np.float32)
        vectors = 0.05 * np.random.default_rng(take).standard_normal((N_SEGMENTS, 8))
        vectors[:, side] += 1.0
        segments = [Segment(f"t{take}s{n}", recording.id, 5.0 * n, 5.0 * n + 2.0, tags=tags_of(lines[n], names))
                    for n in range(N_SEGMENTS)]  # fmt: skip
        store.add_analysis(recording, segments, vectors, analyser="1", scores=Scores(tuple(names), lines))
    return store


def tags(store: Store) -> dict[str, tuple[Tag, ...]]:
    return {segment.id: segment.tags for segment in store.snapshot().segments}


def sure(store: Store, segment_id: str, name: str) -> float:
    return {tag.name: tag.confidence for tag in store.segment(segment_id).segment.tags}.get(name, 0.0)


def test_without_corrections_the_model_stands_to_the_digit(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        before = tags(store)
        learned = learn(store)
        assert learned.change.n_segments == 0
        assert learned.lesson.examples == ()
        assert store.lesson() is None
        assert tags(store) == before


def test_what_sounds_like_the_corrected_learns_and_the_rest_stays(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        before = tags(store)
        store.tag_all(["t0s0", "t1s0"], add=["gate.latch"], remove=["gate.knock"])
        learned = learn(store)
        after = tags(store)
        for key, row in after.items():
            if key.startswith(("t3", "t4", "t5")):
                assert row == before[key]
            elif key in ("t0s0", "t1s0"):
                assert row[0] == Tag("gate.latch", 1.0, "person")
                assert "gate.knock" not in [tag.name for tag in row]
            else:
                assert row[0].name == "gate.latch"
                assert row[0].by == "machine"
        assert learned.change.moves == {("gate.knock", "gate.latch"): 10}
        assert [one[1:] for one in learned.change.first] == [("gate.knock", "gate.latch")] * 10
        assert {store.segment(one.segment_id).segment.tag for one in learned.change.first} == {"gate.latch"}
        assert (learned.lesson.n_corrections, learned.lesson.n_recordings) == (4, 2)
        assert (learned.lesson.right_before, learned.lesson.right_after) == (0, 2)


def test_one_more_recording_tells_more_and_one_more_segment_of_it_does_not(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        store.tag("t0s0", add=["gate.latch"])
        learn(store)
        once = sure(store, "t2s0", "gate.latch")
        store.tag_all(["t0s1", "t0s2", "t0s3"], add=["gate.latch"])
        learn(store)
        often = sure(store, "t2s0", "gate.latch")
        store.tag("t1s0", add=["gate.latch"])
        learn(store)
        assert KNOCK[1] < once <= often < once + 0.05
        assert sure(store, "t2s0", "gate.latch") > often + 0.05


def test_what_is_not_there_is_not_heard_elsewhere_either_and_nothing_gains(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        store.tag_all(["t0s0", "t1s0"], remove=["gate.knock"])
        learn(store)
        assert "gate.knock" not in [tag.name for tag in store.segment("t2s1").segment.tags]
        assert sure(store, "t4s1", "gate.knock") == pytest.approx(0.7)


def test_what_a_person_did_not_speak_of_keeps_its_confidence_on_a_corrected_segment(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        corrected = ["t0s0", "t0s1", "t1s0", "t2s0"]
        store.tag_all(corrected, add=["wind"])
        learn(store)
        for key in corrected:
            assert store.segment(key).segment.tags == (Tag("wind", 1.0, "person"), Tag("gate.knock", 0.7))
        assert sure(store, "t0s2", "gate.knock") < 0.5  # of the others each case more leaves less


def test_one_more_tag_on_a_segment_leaves_what_it_learned_from_others(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        store.tag_all(["t0s0", "t1s0"], add=["gate.latch"], remove=["gate.knock"])
        learn(store)
        assert store.segment("t2s0").segment.tag == "gate.latch"
        store.tag("t2s0", add=["bell"])
        learn(store)
        first, second = store.segment("t2s0").segment.tags
        assert first == Tag("bell", 1.0, "person")
        assert second.name == "gate.latch"
        assert second.confidence > 0.6


@pytest.mark.parametrize(("corrected", "first"), [(("t0s0",), "flute"), (("t0s0", "t1s0"), "flute.endblown")])
def test_what_a_name_gains_those_above_it_do_not_lose(tmp_path: Path, corrected: Sequence[str], first: str) -> None:
    names = ("flute", "wind", "bell", "drum")
    with house(tmp_path / "house.catalogue", shares=(0.9, 0.05, 0.03, 0.02), names=names) as store:
        store.tag_all(corrected, add=["flute.endblown"])
        learn(store)
        segment = store.segment("t2s0").segment
        confidences = {tag.name: tag.confidence for tag in segment.tags}
        assert segment.tag == first  # the lower where it is most of what the upper is
        assert 0.3 < confidences["flute.endblown"] < confidences["flute"]
        assert confidences["flute"] > 0.9
        assert len(store.find("flute@0.9", limit=None)) == N_TAKES * N_SEGMENTS


def test_a_word_the_model_never_heard_is_learned(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue", shares=UNSURE) as store:
        store.tag_all(["t0s0", "t1s0"], add=["telephone"])
        learn(store)
        assert store.segment("t2s2").segment.tag == "telephone"
        assert store.segment("t3s2").segment.tag != "telephone"


def test_the_result_depends_on_the_corrections_and_not_on_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundscape.analysis.learning.MOST_PICKED", 7)  # as of a catalogue that is much larger
    monkeypatch.setattr("soundscape.analysis.learning.WIDEST", 2.0)
    said = [("t0s0", "gate.latch"), ("t1s1", "gate.latch"), ("t4s0", "wind"), ("t5s2", "telephone"), ("t3s0", "bell")]
    results = []
    for number, order in enumerate([range(N_TAKES), range(N_TAKES)[::-1], (3, 0, 5, 1, 4, 2)]):
        with house(tmp_path / f"{number}.catalogue", order=order) as store:
            for key, name in list(itertools.chain(said[number:], said[:number])):
                store.tag(key, add=[name])
                learn(store)
            results.append((tags(store), store.snapshot().digest))
    assert results[0] == results[1] == results[2]


def test_forgetting_gives_back_what_was_heard_and_keeps_what_was_said(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        store.tag_all(["t0s0", "t1s0", "t4s0"], add=["gate.creak"], remove=["gate.knock"])
        before = tags(store)
        assert learn(store).change.n_segments > 0
        assert tags(store) != before
        store.forget()
        assert tags(store) == before
        assert store.lesson() is None


def test_a_lesson_that_makes_it_worse_is_not_used(tmp_path: Path) -> None:
    rows = {"a": (0.51, 0.49, 0.0, 0.0), "b": (0.49, 0.51, 0.0, 0.0)}
    with Store(tmp_path / "house.catalogue", create=True) as store:
        for key, shares in rows.items():
            line = np.log(np.maximum([shares], 1e-9)).astype(np.float32)
            segment = Segment(f"{key}0", key, 0.0, 1.0, tags=tags_of(line[0], NAMES))
            recording = Recording(key, f"{key}.wav", 48_000, 1, 48_000)
            store.add_analysis(recording, [segment], np.ones((1, 8)), analyser="1", scores=Scores(NAMES, line))
        store.tag("a0", add=["gate.knock"])
        store.tag("b0", add=["gate.latch"])
        before = tags(store)
        lesson = learn(store).lesson
        assert (lesson.right_before, lesson.right_after, lesson.is_used) == (2, 0, False)
        assert tags(store) == before


def test_a_lesson_that_cannot_be_kept_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(tmp_path / "house.catalogue") as store:
        store.tag_all(["t0s0", "t1s0"], add=["gate.latch"])
        before = tags(store)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(lessons, "_settle_segments", full)
        with pytest.raises(OSError, match="No space"):
            learn(store)
        assert tags(store) == before
        assert store.lesson() is None


def test_a_lesson_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    with house(tmp_path / "house.catalogue") as store:
        store.tag_all(["t0s0", "t1s0"], add=["gate.latch"], remove=["wind"])
        lesson = learn(store).lesson
    with Store(tmp_path / "house.catalogue") as store:
        kept = store.lesson()
        assert kept is not None
        assert kept.learned_at
        for one, other in zip(kept.examples, lesson.examples, strict=True):
            assert (one.recording_id, one.present, one.absent) == (other.recording_id, other.present, other.absent)
            np.testing.assert_array_equal(one.vector, other.vector)
            np.testing.assert_array_equal(one.scores, other.scores)
        assert (kept.reach, kept.names, kept.right_after) == (lesson.reach, lesson.names, lesson.right_after)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 8))
def test_confidences_stay_probabilities(seed: int, n_segments: int, n_examples: int) -> None:
    random = np.random.default_rng(seed)
    columns = (*NAMES, "bell")
    examples = [
        Example(f"take{random.integers(3)}", tuple(random.choice(columns, random.integers(0, 3), replace=False)),
                tuple(random.choice(["gate", "wind"], random.integers(0, 2), replace=False)), np.zeros(1), np.zeros(1))
        for _ in range(n_examples)
    ]  # fmt: skip
    near = random.uniform(0.0, 1.0, (n_segments, n_examples)).astype(np.float32)
    scores = np.log(random.dirichlet(np.full(len(NAMES), 0.3), n_segments) + 1e-9).clip(max=0.0)
    told = np.exp(_told(near, scores, NAMES, columns, examples))
    assert np.all(told <= 1.0)
    assert np.all(told.sum(axis=1) <= 1.0 + 1e-6)


def noise(path: Path, seed: int) -> None:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(96_000), 48_000)


def test_what_is_heard_later_profits_from_what_was_learned(tmp_path: Path) -> None:
    folder, path = tmp_path / "in", tmp_path / "house.catalogue"
    for seed in range(3):
        noise(folder / f"{seed}.wav", seed)
    ingest([folder], path, n_workers=1)
    with Store(path) as store:
        store.tag_all([segment.id for segment in store.snapshot().segments], add=["water.fall"])
        learn(store)
    noise(folder / "later.wav", 9)
    ingest([folder], path, n_workers=1)
    with Store(path) as store:
        later = [found.segment for found in store.find("*") if found.recording.path.endswith("later.wav")]
        assert later
        assert all(segment.tag == "water.fall" and segment.tags[0].by == "machine" for segment in later)
        known = tags(store)
        learn(store)
        assert tags(store) == known  # the lesson at the ingest is the lesson of the command
        store.forget()
        assert all("water.fall" not in [tag.name for tag in store.segment(one.id).segment.tags] for one in later)


def test_an_ingest_that_is_stopped_has_what_was_learned_in_what_it_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = tmp_path / "in", tmp_path / "house.catalogue"
    for seed in range(3):
        noise(folder / f"{seed}.wav", seed)
    ingest([folder], path, n_workers=1)
    with Store(path) as store:
        store.tag_all([segment.id for segment in store.snapshot().segments], add=["water.fall"])
        learn(store)
    noise(folder / "later.wav", 9)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("soundscape.analysis.ingest.learn", stopped)
    with pytest.raises(KeyboardInterrupt):
        ingest([folder], path, n_workers=1)
    with Store(path) as store:
        assert {segment.tag for segment in store.snapshot().segments} == {"water.fall"}


def test_a_corrected_take_that_comes_back_teaches_again(tmp_path: Path) -> None:
    folder, path = tmp_path / "in", tmp_path / "house.catalogue"
    for seed in range(4):
        noise(folder / f"{seed}.wav", seed)
    ingest([folder], path, n_workers=1)
    with Store(path) as store:
        snapshot = store.snapshot()
        corrected = [one.id for one in snapshot.segments if not snapshot.recording_of(one).path.endswith("3.wav")]
        store.tag_all(corrected, add=["water.fall"])
        learn(store)
        taught = tags(store)
    for seed in range(3):
        noise(folder / f"{seed}.wav", seed + 20)
    ingest([folder], path, n_workers=1)
    with Store(path) as store:
        assert "water.fall" not in {segment.tag for segment in store.snapshot().segments}
    for seed in range(3):
        noise(folder / f"{seed}.wav", seed)
    ingest([folder], path, n_workers=1)
    with Store(path) as store:
        assert {segment.tag for segment in store.snapshot().segments} == {"water.fall"}
        assert tags(store) == taught


TEACHER = """
import sys, itertools
from soundscape.analysis.learning import learn
from soundscape.catalogue.store import Store

with Store(sys.argv[1]) as store:
    print("ready", flush=True)
    for n in itertools.count():
        store.tag(f"t{n % 3}s{n % 4}", add=[("gate.latch", "gate.creak")[n % 2]], remove=["gate.knock"])
        learn(store)
        if n % 5 == 4:
            store.forget()
"""


def test_killed_while_it_learns_the_lesson_and_the_tags_belong_together(tmp_path: Path) -> None:
    path = tmp_path / "house.catalogue"
    house(path).close()
    for moment_s in np.random.default_rng(6).uniform(0.05, 0.4, 5):
        teacher = subprocess.Popen([sys.executable, "-c", TEACHER, str(path)], stdout=subprocess.PIPE)
        assert teacher.stdout is not None
        teacher.stdout.readline()
        time.sleep(moment_s)
        os.kill(teacher.pid, signal.SIGKILL)
        teacher.wait()
        teacher.stdout.close()
        with Store(path) as store:
            lesson, held = store.lesson(), tags(store)
            assert sum(row[0].by == "person" for row in held.values()) > 0
            store.teach(lambda ground, lesson=lesson: (lesson, {} if lesson is None else {
                int(ground.segments[place]): row
                for place, row in tags_by(lesson, ground.vectors, ground.scores, ground.names,
                                          ground.recordings).items()}))  # fmt: skip
            others = [key for key, row in held.items() if row[0].by == "machine"]
            assert others
            assert {key: tags(store)[key] for key in others} == {key: held[key] for key in others}

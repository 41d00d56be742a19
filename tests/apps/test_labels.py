"""Labels go out to an editor of sound, and come back as a person's word."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import main
from soundscape.catalogue.labels import Label, Take, read_labels, write_labels
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.store import Store

ROOT = Path(__file__).resolve().parents[2]
ENDINGS = ("knocks.txt", "knocks.selections.txt", "knocks.TextGrid", "knocks.jams")


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    shutil.copy(ROOT / "recordings" / "gate_knocker.flac", folder / "knocks.flac")
    ingest([folder / "knocks.flac"], folder / "house.catalogue", n_workers=1)
    return folder / "house.catalogue"


@pytest.fixture
def house(heard: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(heard, tmp_path / "house.catalogue"))


def segments(house: Path) -> dict[str, Segment]:
    with Store(house) as store:
        return {one.id: one for one in store.snapshot().segments}


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("name", ENDINGS)
def test_every_segment_goes_out_as_a_label_with_all_its_tags(house: Path, tmp_path: Path, name: str) -> None:
    with Store(house) as store:
        chosen = next(one for one in store.snapshot().segments if one.kind == "event")
        store.tag(chosen.id, add=["bell", "wind"], remove=[tag.name for tag in chosen.tags])
        snapshot = store.snapshot()
    take = next(iter(snapshot.recordings.values()))
    assert run("labels", "export", take.id[:8], "-o", tmp_path / name, "--no-ids", "--catalogue", house) == 0
    written = read_labels(tmp_path / name).labels
    known = {one.id: one for one in snapshot.segments}
    texts = {key: ", ".join(tag.name for tag in one.tags) or "unknown" for key, one in known.items()}
    assert len(written) == len(known)
    assert sorted(one.text for one in written) == sorted(texts.values())
    assert texts[chosen.id] == "bell, wind"
    edges = sorted((one.start_s, one.end_s) for one in known.values())
    assert np.allclose(sorted((one.start_s, one.end_s) for one in written), edges, rtol=0.0, atol=2e-6)
    if name.endswith(".jams"):
        sure = sorted(one.tags[0].confidence for one in known.values() if one.tags)
        assert sorted(one.confidence for one in written if one.confidence is not None) == sure
        assert next(one.confidence for one in written if one.text == "bell, wind") == 1.0


def test_a_label_that_comes_back_is_a_persons_word(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    with Store(house) as store:
        segment = next(one for one in store.snapshot().segments if one.kind == "event")
    labels = [Label(segment.start_s + 0.01, segment.end_s, "gate.latch")]
    write_labels(tmp_path / "knocks.txt", labels, Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
    assert "gate.knock -> gate.latch" in capsys.readouterr().out
    with Store(house) as store:
        tags = store.segment(segment.id).segment.tags
    assert ("gate.latch", "person") in [(tag.name, tag.by) for tag in tags]


@pytest.mark.parametrize("options", [(), ("--no-ids",)])
@pytest.mark.parametrize("name", ENDINGS)
def test_labels_that_come_back_as_they_went_are_no_persons_word(
    house: Path, tmp_path: Path, name: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    take = next(iter(before.values())).recording_id
    assert run("labels", "export", take, "-o", tmp_path / name, *options, "--catalogue", house) == 0
    assert run("labels", "import", tmp_path / name, "--take", take, "--catalogue", house) == 0
    out = capsys.readouterr().out
    n_guesses = sum(bool(one.tags) for one in before.values())
    assert f"0 of tags, 0 moved, 0 new; {len(before)} unchanged, 0 passed over" in out
    assert f"{n_guesses} agree with what the machine heard: --confirm makes them your word" in out
    assert segments(house) == before


def test_what_the_machine_heard_is_a_persons_word_once_it_is_confirmed(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    take = next(iter(before.values())).recording_id
    assert run("labels", "export", take, "-o", tmp_path / "knocks.txt", "--catalogue", house) == 0
    for n_new in (sum(bool(one.tags) for one in before.values()), 0):  # the second time they are the person's already
        assert run("labels", "import", tmp_path / "knocks.txt", "--confirm", "--catalogue", house) == 0
        out = capsys.readouterr().out
        assert f"{n_new} of tags, 0 moved, 0 new; {len(before) - n_new} unchanged" in out
        assert "agree" not in out
    after = segments(house)
    assert {key: sorted(tag.name for tag in one.tags) for key, one in after.items()} == {
        key: sorted(tag.name for tag in one.tags) for key, one in before.items()
    }
    assert {tag.by for one in after.values() for tag in one.tags} == {"person"}


def test_segments_without_a_label_stay_and_are_said(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    first, *others = sorted(before.values(), key=lambda one: one.start_s)
    write_labels(tmp_path / "knocks.txt", [Label(first.start_s, first.end_s, f"#{first.id}")], Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
    said = f"{len(others)} segments have no label, which changes nothing: {others[0].id}, "
    assert said in capsys.readouterr().out
    assert segments(house) == before


def test_a_label_where_nothing_was_heard_makes_a_segment_and_a_point_is_said(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    n_before = len(segments(house))
    labels = [Label(0.1, 0.3, "bell"), Label(0.1, 0.3, "gate.latch"), Label(0.05, 0.05, "wind")]
    for n_new in (1, 0):  # the second time the segments are there
        write_labels(tmp_path / "knocks.txt", labels, Take())
        assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
        out = capsys.readouterr().out
        assert f"0 of tags, 0 moved, {2 * n_new} new; {2 * (1 - n_new)} unchanged, 1 passed over" in out
        assert "no segment there: 0.05 s (wind)" in out
        assert len(segments(house)) == n_before + 1
    made = next(one for one in segments(house).values() if (one.start_s, one.end_s) == (0.1, 0.3))
    assert {(tag.name, tag.by) for tag in made.tags} == {("bell", "person"), ("gate.latch", "person")}


def test_a_label_that_is_moved_and_named_anew_is_all_that_is_heard_there(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = next(one for one in segments(house).values() if one.kind == "event" and one.tags)
    kept = chosen.tags[0].name
    labels = [Label(chosen.start_s, chosen.start_s + 0.15, f"bell, {kept}, #{chosen.id}")]
    for said in ("1 of 1 labels are corrections", "0 of 1 labels are corrections"):  # the second time it is so
        write_labels(tmp_path / "knocks.txt", labels, Take())
        assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
        assert said in capsys.readouterr().out
        moved = segments(house)[chosen.id]
        assert moved.end_s == pytest.approx(chosen.start_s + 0.15, abs=2e-6)
        assert {(tag.name, tag.by) for tag in moved.tags} == {("bell", "person"), (kept, "person")}


@pytest.mark.parametrize("name", ENDINGS)
def test_labels_with_ids_that_were_moved_move_their_segments_and_the_others_stay(
    house: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    take = next(iter(before.values())).recording_id
    assert run("labels", "export", take, "-o", tmp_path / name, "--catalogue", house) == 0
    labels = list(read_labels(tmp_path / name).labels)
    chosen = next(one for one in before.values() if one.kind == "event")
    place = next(n for n, one in enumerate(labels) if chosen.id in one.text)
    labels[place] = replace(labels[place], start_s=chosen.start_s + 0.05, end_s=chosen.end_s - 0.2)
    write_labels(tmp_path / name, labels, Take("knocks.flac"))
    assert run("labels", "import", tmp_path / name, "--catalogue", house) == 0
    assert "1 moved, 0 new" in capsys.readouterr().out
    after = segments(house)
    assert after.keys() == before.keys()
    for key, one in after.items():
        if key == chosen.id:
            assert one.start_s == pytest.approx(chosen.start_s + 0.05, abs=2e-6)
            assert one.end_s == pytest.approx(chosen.end_s - 0.2, abs=2e-6)
            assert one.features["duration_s"] == pytest.approx(one.duration_s)
        else:  # what an editor rounded has not been moved
            assert (one.start_s, one.end_s) == (before[key].start_s, before[key].end_s)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([Label(0.0, 1.0, "bell, #feed")], "line 1: no segments of"),
        ([Label(1.0, 1.004, "bell, #{id}")], "line 1: a segment from 1 s to 1.004 s"),
        ([Label(1.0, 99.0, "bell, #{id}")], "is not within"),
        ([Label(0.1, 99.0, "bell")], "is not within"),
        ([Label(1.0, 2.0, "#{id}"), Label(2.0, 3.0, "#{id}")], "line 2: segment"),
    ],
)
def test_labels_that_cannot_be_boundaries_change_nothing(
    house: Path, tmp_path: Path, labels: list[Label], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    key = next(iter(before))
    all_labels = [*(replace(one, text=one.text.format(id=key)) for one in labels), Label(14.0, 14.4, "gate.latch")]
    write_labels(tmp_path / "knocks.txt", all_labels, Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 2
    assert said in capsys.readouterr().err
    assert segments(house) == before


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("knocks.txt", "bell\nquux", "line 2"), ("other.txt", "bell", "cannot tell which take")],
)
def test_what_cannot_be_taken_is_named(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str
) -> None:
    labels = [Label(float(i), i + 1.0, word) for i, word in enumerate(text.split("\n"))]
    write_labels(tmp_path / name, labels, Take())
    assert run("labels", "import", tmp_path / name, "--catalogue", house) == 2
    assert said in capsys.readouterr().err


def test_labels_that_may_have_been_edited_are_not_written_over(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    edited = tmp_path / "knocks.txt"
    edited.write_text("0.0\t1.0\tgate.latch\n")
    take = next(iter(segments(house).values())).recording_id
    assert run("labels", "export", take, "-o", edited, "--catalogue", house) == 2
    assert "is there already" in capsys.readouterr().err
    assert edited.read_text() == "0.0\t1.0\tgate.latch\n"
    assert run("labels", "export", take, "-o", edited, "--overwrite", "--catalogue", house) == 0
    assert len(edited.read_text().splitlines()) == len(segments(house))


@pytest.mark.parametrize(
    ("name", "take", "refused"),
    [
        ("a.jams", Take("other.flac", "knocks"), "other.flac"),
        ("a.jams", Take("", "Another gate"), "Another gate"),
        ("a.jams", Take("", "knocks"), ""),
        ("a.jams", Take("old/knocks.wav", "Another gate"), ""),
        ("a.selections.txt", Take("other.flac"), "other.flac"),
        ("a.selections.txt", Take("knocks.wav"), ""),
        ("a.txt", Take("other.flac"), ""),  # which has no place for a take
    ],
)
def test_labels_of_another_take_are_refused_where_they_say_so(
    house: Path, tmp_path: Path, name: str, take: Take, refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    write_labels(tmp_path / name, [Label(0.1, 0.3, "bell")], take)
    code = run("labels", "import", tmp_path / name, "--take", "knocks", "--catalogue", house)
    assert code == (2 if refused else 0)
    assert (segments(house) == before) == bool(refused)
    if refused:
        message, hint = capsys.readouterr().err.splitlines()[-2:]
        assert f"has labels of {refused!r}, and --take is " in message
        assert "write 'knocks.flac' in" in hint


def test_a_label_of_words_that_are_no_tags_is_passed_over_and_they_are_named(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = segments(house)
    one = next(one for one in before.values() if one.kind == "event")
    write_labels(tmp_path / "knocks.txt", [Label(one.start_s, one.end_s, "quux")], Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--ignore-unknown", "--catalogue", house) == 0
    out = capsys.readouterr().out
    assert "0 of 1 labels are corrections" in out
    assert "0 unchanged, 1 passed over\nno tag: quux\n" in out
    assert segments(house) == before
    write_labels(tmp_path / "knocks.txt", [Label(one.start_s, one.end_s, "bell, quux, zzyzx")], Take())
    assert run("labels", "import", tmp_path / "knocks.txt", "--ignore-unknown", "--catalogue", house) == 0
    out = capsys.readouterr().out
    assert "1 of 1 labels are corrections" in out
    assert "no tags: quux, zzyzx\n" in out


@pytest.mark.parametrize("name", ENDINGS)
def test_a_file_without_a_label_is_said(
    house: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labels(tmp_path / name, [], Take("knocks.flac"))
    assert run("labels", "import", tmp_path / name, "--take", "knocks", "--catalogue", house) == 2
    assert f"there are no labels in {tmp_path / name}" in capsys.readouterr().err


def test_that_a_segment_has_no_tag_goes_out_and_comes_back_as_no_correction(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = next(one for one in segments(house).values() if one.kind == "event" and one.tags)
    for said, word in (("1 of 1 labels are corrections", "unknown"), ("0 of 1 labels are corrections", "Unknown")):
        write_labels(tmp_path / "knocks.txt", [Label(one.start_s, one.end_s, word)], Take())
        assert run("labels", "import", tmp_path / "knocks.txt", "--catalogue", house) == 0
        assert said in capsys.readouterr().out
        assert not segments(house)[one.id].tags


@pytest.mark.parametrize(
    ("format_name", "named"),
    [("jams", "c.jams"), ("praat", "c.textgrid"), ("raven", "c.selections.txt"), ("audacity", "c.txt")],
)
def test_a_name_that_no_file_of_labels_has_is_told_with_one_of_the_format(
    house: Path, tmp_path: Path, format_name: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.dat"
    assert run("labels", "export", "knocks", "-o", file, "--format", format_name, "--catalogue", house) == 2
    assert f"name it {named}" in capsys.readouterr().err

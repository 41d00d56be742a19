"""Files of labels: what is written is read again to the microsecond, and what is no label is named by its line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.catalogue.labels import FORMATS, MAX_BYTES, Label, Take, read_labels, write_labels
from soundscape.catalogue.labels.label import in_order, one_line
from soundscape.errors import CatalogueError

micros = st.integers(0, 10**11).map(lambda n: n / 1e6)
words = st.text(min_size=1, max_size=30).map(one_line).filter(bool)
bands = st.tuples(st.none() | micros, st.none() | micros)


@st.composite
def label(draw: st.DrawFn) -> Label:
    start_s, end_s = sorted((draw(micros), draw(micros)))
    low_hz, high_hz = draw(bands)
    if low_hz is not None and high_hz is not None:
        low_hz, high_hz = sorted((low_hz, high_hz))
    confidence = draw(st.none() | st.floats(0.0, 1.0))
    return Label(start_s, draw(st.sampled_from([start_s, end_s])), draw(words), low_hz, high_hz, confidence)


@pytest.mark.parametrize("name", FORMATS)
@given(labels=st.lists(label(), max_size=8))
def test_what_is_written_is_read_again(name: str, labels: list[Label]) -> None:
    if name in ("praat", "jams"):  # which have no frequencies
        labels = [replace(one, low_hz=None, high_hz=None) for one in labels]
    if name != "jams":  # which alone has a place for it
        labels = [replace(one, confidence=None) for one in labels]
    back = FORMATS[name].read(FORMATS[name].write(labels, Take("gate.wav", "Old gate", 12.5)))
    assert list(back.labels) == in_order(labels)


def test_the_take_goes_along_where_the_format_has_a_place() -> None:
    take, labels = Take("old gate.wav", "Old gate", 12.5), [Label(1.0, 2.0, "bell")]
    back = {name: one.read(one.write(labels, take)).take for name, one in FORMATS.items()}
    assert back == {"raven": Take("old gate.wav"), "praat": Take(duration_s=12.5), "jams": take, "audacity": Take()}


def test_audacity_as_it_writes_itself(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(b"0,5\t1,25\tgate creak\r\n\\\t-1.0\t4000.0\r\n2.0\t2.0\tbell\r\n3.0\t4.0\t\r\n")
    found = read_labels(path)
    assert found.labels == (Label(0.5, 1.25, "gate creak", None, 4000.0), Label(2.0, 2.0, "bell"))
    assert found.lines == (1, 3)


def test_raven_with_two_views_of_a_selection_and_columns_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "takes.txt"  # known by its first line, not by its ending
    path.write_text(
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tPeak\t"
        "Begin File\tTags\n"
        "1\tSpectrogram 1\t1\t0.5\t1.5\t100.0\t2000.0\t3\tgate.wav\tgate.creak\n"
        "1\tWaveform 1\t1\t0.5\t1.5\t\t\t3\tgate.wav\tgate.creak\n"
        "2\tWaveform 1\t1\t4\t5\t\t\t\tgate.wav\tbell\n"
    )
    found = read_labels(path)
    assert found.labels == (Label(0.5, 1.5, "gate.creak", 100.0, 2000.0), Label(4.0, 5.0, "bell"))
    assert found.take.file_name == "gate.wav"


SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
2
"IntervalTier"
"doors"
0
3
2
0
1.5
"the ""old"" gate"
1.5
3
""
"TextTier"
"hits"
0
3
1
2.25
"knock"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_praat_short_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "gate.TextGrid"
    path.write_bytes(SHORT.replace("knock", "叩门").encode(encoding))
    found = read_labels(path)
    assert found.labels == (Label(0.0, 1.5, 'the "old" gate'), Label(2.25, 2.25, "叩门"))


def test_praat_intervals_cover_the_whole_take_and_never_overlap() -> None:
    labels = [Label(1.0, 3.0, "gate"), Label(2.0, 4.0, "wind"), Label(3.0, 5.0, "bell")]
    text = FORMATS["praat"].write(labels, Take(duration_s=9.0))
    assert text.count('class = "IntervalTier"') == 2
    assert text.count("xmax = 9.000000") == 1 + 2 * 2  # the grid, each tier, each tier's last interval


def test_jams_is_valid_by_its_own_fields() -> None:
    labels = [Label(1.0, 3.5, "铜钟", confidence=0.75), Label(4.0, 5.0, "unknown")]
    document = json.loads(FORMATS["jams"].write(labels, Take("a.wav", "Bell", 20.0)))
    assert document["file_metadata"]["duration"] == 20.0
    assert document["file_metadata"]["title"] == "Bell"
    (annotation,) = document["annotations"]
    assert annotation["namespace"] == "tag_open"
    assert annotation["data"] == [
        {"time": 1.0, "duration": 2.5, "value": "铜钟", "confidence": 0.75},
        {"time": 4.0, "duration": 1.0, "value": "unknown", "confidence": None},
    ]


def test_jams_by_columns_and_beside_other_namespaces() -> None:
    data = {"time": [1.0, 4], "duration": [0.5, None], "value": ["bell", "gong"], "confidence": [None, 1]}
    beats = {"namespace": "beat", "data": [{"time": 1.0, "duration": 0.0, "value": 1}]}
    text = json.dumps({"annotations": [beats, {"namespace": "tag_open", "data": data}], "file_metadata": {}})
    assert FORMATS["jams"].read(text).labels == (Label(1.0, 1.5, "bell"), Label(4.0, 4.0, "gong", confidence=1.0))


@pytest.mark.parametrize("confidence", [None, 7, -0.1, "high", True, [0.5], {}])
def test_a_confidence_of_another_kind_says_nothing(confidence: object) -> None:
    row = {"time": 1.0, "duration": 0.5, "value": "bell", "confidence": confidence}
    text = json.dumps({"annotations": [{"namespace": "tag_open", "data": [row]}]})
    assert FORMATS["jams"].read(text).labels == (Label(1.0, 1.5, "bell"),)


WRONG = {
    "no tab": ("a.txt", "0.0\t1.0\tbell\nbell at one\n", "line 2: 'bell at one'", "tab"),
    "no number": ("a.txt", "0.0\tlater\tbell\n", "line 1: end is 'later'", "12.5"),
    "not finite": ("a.txt", "0.0\tinf\tbell\n", "line 1: end is 'inf'", "12.5"),
    "backwards": ("a.txt", "\n3.0\t1.0\tbell\n", "line 2: a label from 3.0 s to 1.0 s", "end after"),
    "before the take": ("a.txt", "-3.0\t1.0\tbell\n", "line 1: a label from -3.0 s", "0 or more"),
    "a band of nothing": ("a.txt", "\\\t1.0\t2.0\n", "line 1: frequencies without a label", "below"),
    "no header": ("a.selections.txt", "1\t0.0\t1.0\n", "line 1: no column 'Begin Time (s)'", "header"),
    "no words": ("a.selections.txt", "Begin Time (s)\tEnd Time (s)\n", "line 1: no column with", "Annotation"),
    "a cell too many": (
        "a.selections.txt",
        "Begin Time (s)\tEnd Time (s)\tTag\n1\t2\ta\tb\n",
        "line 2: 4 cells",
        "tab",
    ),
    "a cell too few": ("a.selections.txt", "Begin Time (s)\tEnd Time (s)\tTag\n1\n", "line 2: End Time", "seconds"),
    "no TextGrid": ("a.TextGrid", SHORT.replace('"TextGrid"', '"Sound"'), "line 2: 'Sound'", "TextGrid"),
    "cut off": ("a.TextGrid", SHORT[:120], "line 15: the file ends", "cut off"),
    "open quotes": ("a.TextGrid", SHORT[:-2], "line 25: a text whose quotes", "twice"),
    "too many labels": ("a.TextGrid", SHORT.replace("3\n2\n0\n", "3\n9\n0\n"), "line 19: a time should stand", "Praat"),
    "another tier": ("a.TextGrid", SHORT.replace('"TextTier"', '"Pitch"'), "line 19: a tier of class", "IntervalTier"),
    "no JSON": ("a.jams", '{"annotations":\n [}', "line 2: no JSON", "save it again"),
    "deep JSON": ("a.jams", "[" * 100_000, "line 1: no JSON", "save it again"),
    "NaN": ("a.jams", '{"annotations": [NaN]}', "NaN is no number", "time"),
    "a list": ("a.jams", "[]", "no JSON object", "another kind"),
    "another namespace": ("a.jams", '{"annotations": [{"namespace": "beat"}]}', "tag_open", "beat"),
    "no value": ("a.jams", '{"annotations": [{"namespace": "tag_open", "data": [{"time": 1}]}]}', "row 1", "value"),
    "no text": ("a.txt", "0\t1\tb\n\udcff", "line 2: no UTF-8", "save it as UTF-8"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_label_is_named_by_its_line(case: str, tmp_path: Path) -> None:
    name, text, says, hint = WRONG[case]
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CatalogueError) as caught:
        read_labels(path)
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", FORMATS)
@given(text=st.text(max_size=200) | st.sampled_from([SHORT, '{"annotations": []}']))
def test_any_text_is_labels_or_an_error_for_the_user(name: str, text: str) -> None:
    try:
        FORMATS[name].read(text)
    except CatalogueError as error:
        assert error.hint  # noqa: PT017  (what is no label may be one by chance)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(CatalogueError, match="larger than 64 MB"):
        read_labels(path)


def test_an_ending_that_says_nothing_needs_a_format(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    with pytest.raises(CatalogueError, match="ending"):
        write_labels(path, [], Take())
    write_labels(path, [Label(0.0, 1.0, "bell")], Take(), "audacity")
    assert read_labels(path, "audacity").labels == (Label(0.0, 1.0, "bell"),)

"""Scala files: what they say is what is read, what is written reads back, and what is none is refused by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.arrangement.scala import load_scala, save_scala
from soundscape.arrangement.tuning import Degree, Partial, Tuning
from soundscape.errors import PieceError
from soundscape.units import hz_of

JUST = """! just.scl
! a comment
Five notes, just
! another
 5
!
 9/8          a tone
 386.314
 3/2
 5/3! sixth
 2
what follows the last note is none
"""


def written(folder: Path, text: str | bytes, name: str = "scale.scl") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_comments_ratios_cents_and_remarks_are_read(tmp_path: Path) -> None:
    found = load_scala(written(tmp_path, JUST))
    assert found.name == "Five notes, just"
    cents = [degree.cents for degree in found.degrees]
    assert cents == pytest.approx([0.0, 203.910, 386.314, 701.955, 884.359], abs=1e-3)
    assert found.period_cents == pytest.approx(1200.0)
    assert found.reference_hz == pytest.approx(hz_of(60))
    assert found.objects == ()


def test_the_last_line_is_where_the_scale_begins_again(tmp_path: Path) -> None:
    lines = "".join(f"{1901.955 * step / 13:.5f}\n" for step in range(1, 13))
    found = load_scala(written(tmp_path, f"Bohlen-Pierce\n13\n{lines}3/1\n"))
    assert found.period_cents == pytest.approx(1901.955, abs=1e-3)
    assert len(found.degrees) == 13
    reference = 60.0
    for turn in (-2, 0, 3):  # each tritave has the same steps
        wanted = reference + (turn * 1901.955 + 5 * 146.3042) / 100.0
        assert found.nearest(wanted + 0.3).pitch == pytest.approx(wanted, abs=1e-4)


def test_degrees_out_of_order_and_below_1_1_are_put_into_the_period(tmp_path: Path) -> None:
    found = load_scala(written(tmp_path, "mixed\n4\n700.\n-100.\n1300.\n2/1\n"))
    assert [degree.cents for degree in found.degrees] == pytest.approx([0.0, 100.0, 700.0, 1100.0])


def test_a_thousand_notes_are_a_scale(tmp_path: Path) -> None:
    lines = "".join(f"{1.2 * step:.3f}\n" for step in range(1, 1000))
    found = load_scala(written(tmp_path, f"fine\n1000\n{lines}2/1\n"))
    assert len(found.degrees) == 1000
    assert abs(found.nearest(69).cents) <= 0.6


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it has 0 lines"),
        ("! only a comment\n", "it has 0 lines"),
        ("title\n", "it has 1 lines"),
        ("title\n0\n", "line 2: the number of notes is '0'"),
        ("title\n\n2/1\n", "line 2: the number of notes is ''"),
        ("! c\ntitle\n! c\nmany\n2/1\n", "line 4: the number of notes is 'many'"),
        ("title\n-3\n2/1\n", "line 2: the number of notes is '-3'"),
        ("title\n99999999999999999999\n2/1\n", "line 2: the number of notes"),
        ("title\n3\n9/8\n2/1\n", "it tells of 3 notes and has 2"),
        ("title\n2\n! c\n-3/2\n2/1\n", "line 4: '-3/2' is no note"),
        ("title\n2\n3/-2\n2/1\n", "line 3: '3/-2' is no note"),
        ("title\n2\n3/0\n2/1\n", "line 3: 3/0 is no ratio"),
        ("title\n2\n0/3\n2/1\n", "line 3: 0/3 is no ratio"),
        ("title\n2\n-5\n2/1\n", "line 3: -5/1 is no ratio"),
        ("title\n2\n3/2x\n2/1\n", "line 3: '3/2x' is no note"),
        ("title\n2\n386,31\n2/1\n", "line 3: '386,31' is no note"),
        ("title\n2\n3/2.5\n2/1\n", "line 3: '3/2.5' is no note"),
        ("title\n2\nfifth\n2/1\n", "line 3: 'fifth' is no note"),
        ("title\n2\n1e3\n2/1\n", "line 3: '1e3' is no note"),
        ("title\n2\n1234567890.\n2/1\n", "line 3: 1234567890. cents is beyond hearing"),
        ("title\n2\n700.\n0.0\n", "line 4: the last note is 0 cents"),
        ("title\n2\n700.\n1/1\n", "line 4: the last note is 0 cents"),
        ("title\n2\n700.\n-1200.\n", "line 4: the last note is -1200 cents"),
        ("title\n2\n700.\n0." + "0" * 320 + "1\n", "line 4: the last note is"),
        (b"RIFF\0\0\0\0WAVE\n", "it is no text"),
        ("title\n1\n2/1\n" + " " * (1 << 20), "more than"),
    ],
)
def test_what_is_no_scale_is_refused_by_its_line(text: str | bytes, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PieceError) as caught:
        load_scala(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("text", ["", "12\n0\n127\n", "12\n0\n127\n60\n60\nnan\n12\n",
                                  "1\n0\n127\n60\n60\n-3.\n12\n0\n",
                                  "12\n0\n127\n60\n66\n440.\n12\nx\nx\nx\nx\nx\nx\nx\n"])  # fmt: skip
def test_a_keyboard_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    written(tmp_path, text, "scale.kbm")
    with pytest.raises(PieceError, match=r"scale\.kbm"):
        load_scala(written(tmp_path, JUST))


def test_a_keyboard_says_where_1_1_is(tmp_path: Path) -> None:
    written(tmp_path, "! A4 is 1/1 at 415 Hz\n12\n0\n127\n69\n69\n415.0\n12\n" + "0\n" * 12, "scale.kbm")
    assert load_scala(written(tmp_path, JUST)).reference_hz == pytest.approx(415.0)
    # 1/1 on C, but the A above it, which plays degree 4 (5/3), is 440 Hz
    written(tmp_path, "12\n0\n127\n60\n69\n440.0\n5\n0\nx\n1\nx\n2\nx\nx\n3\nx\n4\nx\nx\n", "scale.kbm")
    assert load_scala(written(tmp_path, JUST)).reference_hz == pytest.approx(440.0 * 3.0 / 5.0)


@st.composite
def tunings(draw: st.DrawFn) -> Tuning:
    period = draw(st.floats(50.0, 4000.0))
    steps = draw(st.lists(st.integers(0, 999), min_size=1, max_size=24, unique=True).map(sorted))
    titles = draw(st.lists(st.text(max_size=12), min_size=len(steps), max_size=len(steps)))
    degrees = [Degree(step * period / 1000.0, 1.0, (Partial("s", title, 0.0, 1, 300.0, 1.0),))
               for step, title in zip(steps, titles, strict=True)]  # fmt: skip
    return Tuning(draw(st.text(max_size=20)), draw(st.floats(20.0, 8000.0)), tuple(degrees), period)


@given(tuning=tunings())
def test_what_is_written_reads_back_as_the_same_scale(tuning: Tuning, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("scala")
    path, _ = save_scala(tuning, folder / "scale.scl")
    found = load_scala(path)
    first = tuning.degrees[0].cents
    cents = [one.cents - first for one in tuning.degrees]
    assert [one.cents for one in found.degrees] == pytest.approx(cents, abs=2e-6)
    assert found.period_cents == pytest.approx(tuning.period_cents, abs=1e-6)
    assert found.reference_hz == pytest.approx(tuning.hz(0), rel=1e-6)
    for pitch in (31, 60, 99):
        away = abs(found.nearest(pitch).pitch - tuning.nearest(pitch).pitch)
        assert away < 1e-3 or _is_tie(tuning, pitch)


def _is_tie(tuning: Tuning, pitch: int) -> bool:
    """Whether two degrees are as near as each other, or one just at the edge of reach: rounding may choose either."""
    below, above = (tuning.nearest(pitch + step, within_cents=200.0).pitch for step in (-1e-4, 1e-4))
    return abs(below - above) > 1e-3


@pytest.mark.parametrize("name", ["!no comment", "two\nlines", "a\x1cb", "\udcff", ""])
def test_whatever_a_scale_is_called_its_file_reads_back(name: str, tmp_path: Path) -> None:
    partial = Partial("s", f"{name}\n! {name}", 0.0, 1, 300.0, 1.0)
    path, _ = save_scala(Tuning(name, 300.0, (Degree(0.0), Degree(702.0, 1.0, (partial,)))), tmp_path / "scale.scl")
    assert [one.cents for one in load_scala(path).degrees] == [0.0, 702.0]

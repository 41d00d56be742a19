"""Pictures: what is drawn is where it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.tuning import Partial, Tuning, tuning_of
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.deliver.pictures import picture_of_paths, picture_of_takes, picture_of_timeline
from soundscape.deliver.pictures.page import FAMILY_COLOURS, ROLE_COLOURS, new_page, save_page
from soundscape.deliver.pictures.scale import picture_of_tuning
from soundscape.errors import OutputError
from soundscape.space.layout import layout_named

FOOT_ROWS = 45
"""At the bottom of a picture, where it is said what its colours stand for."""


def columns_of(path: Path, colour: str) -> np.ndarray:
    """Columns of the picture, without its foot, where a colour is, however pale, from 0 to 1 of its width."""
    ink = 1.0 - imread(path)[:-FOOT_ROWS, :, :3].astype(float)
    wanted = 1.0 - np.array(to_rgb(colour))
    strength = ink @ wanted / (wanted @ wanted)
    there = (np.abs(ink - strength[..., None] * wanted).max(axis=2) < 0.03) & (strength > 0.2)
    return np.flatnonzero(there.sum(axis=0) > 6) / ink.shape[1]


def test_a_bar_stands_where_its_event_sounds(arrangement: Arrangement, tmp_path: Path) -> None:
    path = picture_of_timeline(arrangement, tmp_path / "timeline.png")
    bells = columns_of(path, FAMILY_COLOURS["instruments"])
    assert bells.size
    # The bell sounds from 6 s to 14 s of 14 s; the plot leaves a margin at the left.
    assert 0.40 < bells.min() < 0.60
    assert bells.max() > 0.90


def test_loudness_adds_a_row(arrangement: Arrangement, tmp_path: Path) -> None:
    plain = imread(picture_of_timeline(arrangement, tmp_path / "a.png"))
    curve = tuple((float(second), -23.0) for second in range(3, 14))
    with_curve = imread(picture_of_timeline(arrangement, tmp_path / "b.png", loudness_lufs=curve))
    assert with_curve.shape[0] > plain.shape[0]
    assert with_curve.shape[1] == plain.shape[1]


@pytest.mark.parametrize("layout", ["mono", "stereo", "7.1.4", "22.2"])
def test_paths_are_drawn_over_any_rig(arrangement: Arrangement, tmp_path: Path, layout: str) -> None:
    image = imread(picture_of_paths(arrangement, layout_named(layout), tmp_path / "paths.png"))
    assert min(image.shape[:2]) > 400
    assert float(image[..., :3].std()) > 0.02


def test_a_tone_and_its_segment_are_drawn_at_its_time(tmp_path: Path) -> None:
    line = 1e-4 * np.random.default_rng(1).standard_normal(4 * 48_000)
    line[96_000:144_000] += 0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(48_000) / 48_000)
    soundfile.write(tmp_path / "tone.wav", line, 48_000)
    recording = Recording("t" * 32, str(tmp_path / "tone.wav"), 48_000, 1, len(line), titles={"en": "Tone", "zh": "音"})
    segment = Segment("s", recording.id, 2.0, 3.0, tags=(Tag("bell", 0.9),))
    path = picture_of_takes([(recording, [segment])], tmp_path / "takes.png", title="Takes")
    boxes = columns_of(path, FAMILY_COLOURS["instruments"])
    assert 0.45 < boxes.min() < 0.60
    assert 0.65 < boxes.max() < 0.85


def test_a_picture_that_cannot_be_written_says_so(arrangement: Arrangement, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder does not exist"):
        picture_of_timeline(arrangement, tmp_path / "nowhere" / "timeline.png")


def test_letters_that_no_font_has_are_left_out_and_others_kept(tmp_path: Path) -> None:
    page = new_page(2.0, 2.0)
    page.suptitle("Glocke é / \U0010fffd\U0010fffe")
    save_page(page, tmp_path / "page.png")
    assert page.get_suptitle() == "Glocke é"


def rows_of(path: Path, colour: str) -> list[int]:
    """Heights of the bars of a colour that is not pale, from the top, in rows of the picture."""
    there = (np.abs(imread(path)[..., :3] - np.array(to_rgb(colour))).max(axis=2) < 0.02).sum(axis=1) > 40
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]])))
    return [int(stop - start) for start, stop in edges.reshape(-1, 2)]


def test_overlapping_segments_and_phrases_have_bars_of_their_own(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "take.wav", 1e-3 * np.random.default_rng(1).standard_normal(4 * 48_000), 48_000)
    take = Recording("t" * 32, str(tmp_path / "take.wav"), 48_000, 1, 4 * 48_000)
    first, second, after = (Segment(str(n), take.id, *span, tags=(Tag("bell", 0.9),)) for n, span in
                            enumerate(((0.5, 2.0), (1.5, 2.8), (2.9, 3.5))))  # fmt: skip
    phrase = Segment("p", take.id, 0.5, 2.8, "phrase", (Tag("bell", 0.9),))
    colour = FAMILY_COLOURS["instruments"]
    for segments, lanes in (([first, after], 1), ([first, second, after], 2), ([first, second, after, phrase], 3)):
        bars = rows_of(picture_of_takes([(take, segments)], tmp_path / "takes.png"), colour)
        assert len(bars) == lanes
        assert all(12 < bar < 30 for bar in bars)


def test_the_scale_is_drawn_as_tall_as_its_objects_need(tmp_path: Path) -> None:
    def scale(n_bells: int) -> Tuning:
        partials = [Partial(f"b{n}", f"Bell {n}", 0.0, 1, 300.0 * 1.07**n, 1.0) for n in range(n_bells)]
        return tuning_of(partials, name="Bells")

    heights = [imread(picture_of_tuning(scale(n), tmp_path / "scale.png")).shape[0] for n in (1, 6)]
    assert heights[1] - heights[0] == pytest.approx(5 * 0.35 * 110, abs=2)


def test_a_degree_is_drawn_where_it_lies(tmp_path: Path) -> None:
    partials = [Partial("a", "A", 0.0, 1, 300.0, 1.0), Partial("b", "B", 0.0, 1, 300.0 * 2.0**0.5, 0.9)]
    path = picture_of_tuning(tuning_of(partials), tmp_path / "scale.png")
    at = columns_of(path, ROLE_COLOURS[1])  # half an octave up: in the middle, as wide as the labels at the left are
    left, right = columns_of(path, ROLE_COLOURS[0]).min(), 0.98
    assert np.median(at) == pytest.approx((left + right) / 2.0, abs=0.03)

"""Pictures of takes: silence is dark, short takes are fine-grained, and every segment can be read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from soundscape.apps.cli import run
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.deliver.pictures import lettering
from soundscape.deliver.pictures.bars import bars_of, lanes_of
from soundscape.deliver.pictures.cleaned import picture_of_cleaning
from soundscape.deliver.pictures.page import mark_times, new_page, save_page
from soundscape.deliver.pictures.spectrogram import N_ROWS, spectrogram_of
from soundscape.deliver.pictures.takes import page_of_takes, picture_of_takes

RATE_HZ = 48_000
NO_TITLES: Mapping[str, str] = {}
FAMILIES = {"gate.knock": "gates", "bell": "instruments", "wind": "wind"}


def take_of(samples: np.ndarray, folder: Path, *, name: str = "take", rate_hz: int = RATE_HZ,
            titles: Mapping[str, str] = NO_TITLES, object_id: str = "") -> Recording:  # fmt: skip
    path = folder / f"{name}.wav"
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    n_channels = 1 if samples.ndim == 1 else samples.shape[1]
    return Recording("7a" * 16, str(path), rate_hz, n_channels, len(samples), titles, object_id=object_id)


def noise(duration_s: float, level_db: float = -12.0) -> np.ndarray:
    return 10.0 ** (level_db / 20.0) * np.random.default_rng(1).standard_normal(round(duration_s * RATE_HZ))


def sine(hz: float, duration_s: float) -> np.ndarray:
    return 0.5 * np.sin(2.0 * np.pi * hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ)


def words_in(page: Figure) -> list[str]:
    return [text.get_text() for text in page.findobj(Text) if text.get_text()]


def spectrum_in(page: Figure) -> Axes:
    return next(axes for axes in page.axes if axes.images)


def brightness(page: Figure) -> float:
    """Of the spectrogram, from 0 for black to 1 for white."""
    image = spectrum_in(page).images[0]
    return float(image.to_rgba(image.get_array())[..., :3].mean())


@pytest.mark.parametrize("offset", [0.0, 0.25], ids=["zeros", "an offset"])
def test_a_take_without_sound_is_dark_and_says_so(offset: float, tmp_path: Path) -> None:
    page = page_of_takes([(take_of(np.full((RATE_HZ, 2), offset), tmp_path), [])])
    assert brightness(page) < 0.01
    assert any("silent" in words for words in words_in(page))
    assert any("dBFS" in words for words in words_in(page)) == bool(offset)


def test_the_fainter_a_take_the_darker_it_is_and_only_silence_is_called_silent(tmp_path: Path) -> None:
    pages = [page_of_takes([(take_of(noise(1.0, db), tmp_path), [])]) for db in (-12.0, -72.0, -100.0)]
    loud, faint, hiss = (brightness(page) for page in pages)
    assert loud > 0.4
    assert hiss < 0.05 < faint < 0.5 * loud
    assert not any("silent" in words for page in pages for words in words_in(page))


def test_channels_that_cancel_are_heard_none_the_less(tmp_path: Path) -> None:
    tone = sine(1000.0, 1.0)
    both = spectrogram_of(take_of(np.stack([tone, -tone], axis=1), tmp_path))
    one = spectrogram_of(take_of(tone, tmp_path))
    assert both.level_db.max() == pytest.approx(one.level_db.max(), abs=0.1)
    assert both.peak == pytest.approx(0.5, abs=1e-3)


def test_a_stretch_is_drawn_as_a_take_of_its_own(tmp_path: Path) -> None:
    whole = np.concatenate([sine(300.0, 0.7), noise(0.5), sine(2000.0, 0.9)])
    begins, ends = round(0.5 * RATE_HZ), round(1.5 * RATE_HZ)
    part = spectrogram_of(take_of(whole, tmp_path), 0.5, 1.5, n_columns=400)
    alone = spectrogram_of(take_of(whole[begins:ends], tmp_path, name="part"), n_columns=400)
    assert part.level_db.shape[1] == 400
    np.testing.assert_array_equal(part.level_db, alone.level_db)
    np.testing.assert_array_equal(part.peaks, alone.peaks)
    assert spectrogram_of(take_of(whole, tmp_path), 2.0, 99.0).peak == pytest.approx(0.5, abs=1e-3)


def test_a_cleaned_silence_is_dark(tmp_path: Path) -> None:
    silence = np.zeros((RATE_HZ, 1), np.float32)
    picture_of_cleaning(silence, silence, RATE_HZ, tmp_path / "cleaned.png")
    picture = imread(tmp_path / "cleaned.png")
    assert picture[len(picture) // 4, 300:1200, :3].mean() < 0.05


def test_a_tone_is_where_it_sounds_and_as_loud_as_it_is(tmp_path: Path) -> None:
    for hz in (60.0, 440.0, 5000.0):
        image = spectrogram_of(take_of(sine(hz, 2.0), tmp_path))
        row = int(np.searchsorted(image.edges_hz, hz)) - 1
        middle = image.level_db[:, 200:-200]
        assert (np.abs(middle.argmax(axis=0) - row) <= 1).all()
        assert middle[row] == pytest.approx(-6.0, abs=0.5)


def test_a_short_take_is_as_fine_grained_as_a_long_one_and_has_no_holes(tmp_path: Path) -> None:
    tones = sum(sine(hz, 0.4) for hz in (80.0, 180.0, 430.0))
    image = spectrogram_of(take_of(0.3 * np.asarray(tones), tmp_path))
    assert image.level_db.shape[1] == len(image.peaks) > 1500
    low = image.level_db[(image.edges_hz[1:] > 70.0) & (image.edges_hz[1:] < 90.0)].max(axis=0)
    assert np.ptp(low[100:-100]) < 6.0
    assert np.abs(np.diff(image.level_db.clip(-80.0), axis=1)).max() < 6.0


def test_a_click_is_drawn_at_its_time(tmp_path: Path) -> None:
    for duration_s in (0.4, 30.0):
        line = np.zeros(round(duration_s * RATE_HZ))
        line[len(line) // 4] = 0.9
        image = spectrogram_of(take_of(line, tmp_path))
        high = image.level_db[N_ROWS * 9 // 10 :].mean(axis=0)
        loudest = np.flatnonzero(high > high.max() - 3.0) / len(high)
        assert loudest.mean() == pytest.approx(0.25, abs=0.01)
        assert np.flatnonzero(image.peaks[:, 1] > 0.5) / len(high) == pytest.approx(0.25, abs=0.002)


@pytest.mark.parametrize("n_frames", [1, 2, 7, 48, 480])
def test_the_shortest_takes_are_drawn(n_frames: int, tmp_path: Path) -> None:
    take = take_of(noise(1.0)[:n_frames], tmp_path)
    assert picture_of_takes([(take, [])], tmp_path / "take.png").is_file()


@pytest.mark.parametrize("shown_s", [1e-3, 0.01, 0.4, 0.999, 1.0, 7.3, 59.9, 61.0, 300.0, 5000.0, 86_400.0])
def test_marks_of_time_are_distinct_and_have_a_unit(shown_s: float) -> None:
    axes = new_page(13.0, 2.0).subplots()
    mark_times(axes, shown_s)
    marks = [label.get_text() for label in axes.get_xticklabels()]
    assert 4 <= len(marks) == len(set(marks)) <= 14
    unit = "ms" if shown_s < 1.0 else "s" if shown_s < 60.0 else ":"
    assert all(unit in mark for mark in marks)


def test_a_title_no_font_can_draw_gives_way_to_one_that_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "CHINESE_FONTS", ())
    for facts, title in (
        ({"name": "门环 叩门"}, "7a7a7a7a7a7a"),
        ({"name": "门环", "object_id": "MIM 12"}, "MIM 12"),
        ({"name": "门环", "titles": {"zh": "门环", "fr": "Heurtoir"}}, "Heurtoir"),
        ({"name": "take_03", "titles": {"zh": "门环"}}, "take_03.wav"),
        ({"name": "门环", "titles": {"en": "Knocker", "zh": "门环"}}, "Knocker"),
    ):
        page = page_of_takes([(take_of(noise(0.1), tmp_path, **facts), [])])
        save_page(page, tmp_path / "page.png")
        assert title in words_in(page)


def test_a_chinese_title_asks_for_a_chinese_font_and_an_english_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    latin = font_manager.findfont("DejaVu Sans")
    entry = font_manager.FontEntry(fname=latin, name="Noto Sans CJK JP")  # all that older readers see of a collection
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, entry])
    monkeypatch.setattr(lettering, "CHINESE_FONTS", ("Noto Sans CJK",))
    assert lettering.fonts_for("门环") == ["DejaVu Sans", "Noto Sans CJK JP"]
    assert lettering.fonts_for("Cloche à vent") == ["DejaVu Sans"]


def test_a_font_installed_since_matplotlib_last_looked_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "wqy-test.ttf"
    file.write_bytes(Path(font_manager.findfont("DejaVu Sans Mono")).read_bytes())
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(file)])
    monkeypatch.setattr(lettering, "CHINESE_FONTS", ("DejaVu Sans Mono",))
    lettering._find_new_fonts.cache_clear()
    assert lettering.chinese_font() == "DejaVu Sans Mono"


def test_doctor_says_which_font_draws_chinese_and_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lettering, "CHINESE_FONTS", ())
    assert run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "no font with Chinese" in said
    assert "fonts-noto-cjk" in said
    monkeypatch.setattr(lettering, "CHINESE_FONTS", ("DejaVu Sans",))
    assert run(["doctor"]) == 0
    assert "drawn in DejaVu Sans" in capsys.readouterr().out


def test_a_dollar_in_a_title_is_a_dollar(tmp_path: Path) -> None:
    page = page_of_takes([(take_of(noise(0.1), tmp_path, titles={"en": "$5 {bell} $6_"}), [])])
    save_page(page, tmp_path / "page.png")
    assert "$5 {bell} $6_" in words_in(page)


def segments_of(n: int, take: Recording, longest_s: float) -> list[Segment]:
    """Many kinds of segments, long and short, apart and overlapping, some without a tag."""
    rng = np.random.default_rng(n)
    found = []
    for index in range(n):
        start_s = float(rng.uniform(0.0, 0.97 * take.duration_s))
        end_s = min(take.duration_s, start_s + float(rng.uniform(0.05, longest_s)))
        tags = (Tag(list(FAMILIES)[index % 3], float(rng.uniform(0.3, 1.0))),) if index % 5 else ()
        found.append(Segment(str(index), take.id, start_s, end_s, "phrase" if index % 7 == 1 else "event", tags))
    return found


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return take_of(noise(60.0, -40.0)[: 60 * 4000], tmp_path_factory.mktemp("minute"), rate_hz=4000)


@pytest.mark.parametrize(("n", "longest_s"), [(20, 1.0), (20, 8.0), (90, 0.5), (90, 6.0)])
def test_every_segment_has_its_words_or_a_number_that_is_listed(minute: Recording, n: int, longest_s: float) -> None:
    segments = segments_of(n, minute, longest_s)
    page = page_of_takes([(minute, segments)])
    bars = page.axes[1]
    at_bars = [text.get_text() for text in bars.texts if text.get_text() not in ("sounds", "phrases")]
    assert len(at_bars) == n
    numbers = {words for words in at_bars if words.isdigit()}
    listed = dict(words.split("  ") for words in words_in(page) if "  " in words)
    assert set(listed) == numbers == {str(number) for number in range(1, len(numbers) + 1)}
    for words in (*listed.values(), *(words for words in at_bars if not words.isdigit())):
        assert words.removeprefix("phrase: ").split(" ")[0] in (*FAMILIES, "no")


@pytest.mark.parametrize(("n", "longest_s"), [(20, 1.0), (20, 8.0), (90, 0.5), (90, 6.0)])
def test_no_words_cover_others_or_a_bar_they_do_not_belong_to(minute: Recording, n: int, longest_s: float) -> None:
    page = page_of_takes([(minute, segments_of(n, minute, longest_s))])
    renderer = FigureCanvasAgg(page).get_renderer()
    words = [text.get_window_extent(renderer) for text in page.axes[1].texts]
    assert not [pair for pair in combinations(words, 2) if pair[0].overlaps(pair[1])]
    rows = [patch.get_window_extent(renderer) for patch in page.axes[1].patches if isinstance(patch, Rectangle)]
    for box in words:
        covered = [bar for bar in rows if bar.overlaps(box)]
        assert len(covered) <= 1
        assert all(bar.x0 < box.x0 and box.x1 < bar.x1 for bar in covered)


def test_a_row_of_short_strikes_is_numbered_below_in_their_order(minute: Recording) -> None:
    strikes = [Segment(str(n), minute.id, 30.0 + 0.3 * n, 30.28 + 0.3 * n) for n in range(12)]
    (lane,) = bars_of(strikes, shown_s=60.0, page_in=12.0, width_of=lambda words: 0.06 * len(words))
    below = [bar for bar in lane.bars if bar.place == "strip"]
    assert len(below) >= 10
    assert lane.n_rows == 1
    places = [bar.words_in for bar in below]
    assert places == sorted(places)
    assert np.mean(places) == pytest.approx(np.mean([bar.left_in for bar in below]), abs=0.1)


def test_segments_that_touch_share_a_lane() -> None:
    first, second, third = (
        Segment(str(n), "r", start_s, start_s + 60.0002) for n, start_s in enumerate((0.0, 60.0, 90.0))
    )
    assert lanes_of([first, second, third]) == [[first, second], [third]]


def test_colours_are_told_of_the_families_that_are_there_and_of_no_others(tmp_path: Path) -> None:
    take = take_of(noise(2.0), tmp_path)
    knock = Segment("k", take.id, 0.1, 0.6, tags=(Tag("gate.knock", 0.9),))
    unknown = Segment("u", take.id, 1.1, 1.6)
    page = page_of_takes([(take, [knock, unknown])])
    assert [text.get_text() for text in page.legends[0].get_texts()] == ["gates", "no tag"]
    assert not page_of_takes([(take, [])]).legends


def test_a_phrase_is_told_from_its_strikes(tmp_path: Path) -> None:
    take = take_of(noise(20.0), tmp_path)
    strikes = [Segment(str(n), take.id, 5.0 + 0.2 * n, 5.15 + 0.2 * n, tags=(Tag("bell", 0.9),)) for n in range(4)]
    page = page_of_takes([(take, [*strikes, Segment("p", take.id, 5.0, 5.75, "phrase", (Tag("bell", 0.9),))])])
    assert {"phrases", "sounds", "phrase: bell 90%"} <= set(words_in(page))

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from soundscape.errors import LayoutError
from soundscape.space.layout import LAYOUTS, MASK_BITS, Layout, Speaker, layout_named, load_layout
from soundscape.space.panners import panner_for


def rig_file(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_layouts_come_in_order_of_their_channels() -> None:
    counts = {name: LAYOUTS[name].n_channels for name in LAYOUTS if LAYOUTS[name].kind == "speakers"}
    assert list(counts.values()) == sorted(counts.values())
    assert counts.items() >= {"mono": 1, "stereo": 2, "quad": 4, "5.1": 6, "7.1": 8, "5.1.4": 10, "7.1.4": 12,
                              "9.1.6": 16, "22.2": 24, "dome24": 24}.items()  # fmt: skip
    assert all(LAYOUTS[name].name == name and LAYOUTS[name].about for name in LAYOUTS)


def test_masks_are_those_of_the_standard() -> None:
    """Values of `KSAUDIO_SPEAKER_*` in Microsoft's ksmedia.h; those with heights are sums of its bits."""
    masks = {name: LAYOUTS[name].channel_mask for name in LAYOUTS if LAYOUTS[name].channel_mask}
    assert masks == {"mono": 0x4, "stereo": 0x3, "quad": 0x33, "5.1": 0x3F, "5.1.2": 0x503F, "7.1": 0x63F,
                     "5.1.4": 0x2D03F, "7.1.4": 0x2D63F, "headphones": 0x3}  # fmt: skip


BS2051 = {
    "0+2+0": "M+030 M-030", "0+5+0": "M+030 M-030 M+000 LFE1 M+110 M-110",
    "2+5+0": "M+030 M-030 M+000 LFE1 M+110 M-110 U+030 U-030",
    "4+5+0": "M+030 M-030 M+000 LFE1 M+110 M-110 U+030 U-030 U+110 U-110",
    "4+5+1": "M+030 M-030 M+000 LFE1 M+110 M-110 U+030 U-030 U+110 U-110 B+000",
    "3+7+0": "M+000 M+030 M-030 U+045 U-045 M+090 M-090 M+135 M-135 UH+180 LFE1 LFE2",
    "4+9+0": "M+030 M-030 M+000 LFE1 M+090 M-090 M+135 M-135 U+045 U-045 U+135 U-135 M+SC M-SC",
    "9+10+3": "M+060 M-060 M+000 LFE1 M+135 M-135 M+030 M-030 M+180 LFE2 M+090 M-090 U+045 U-045 U+000 T+000 U+135"
              " U-135 U+090 U-090 U+180 B+000 B+045 B-045",
    "0+7+0": "M+030 M-030 M+000 LFE1 M+090 M-090 M+135 M-135",
    "4+7+0": "M+030 M-030 M+000 LFE1 M+090 M-090 M+135 M-135 U+045 U-045 U+135 U-135",
}  # fmt: skip
"""Labels of the loudspeakers of each system in its order (ITU-R BS.2051-3)."""
HEIGHTS_DEG = {"M": 0.0, "U": 30.0, "UH": 45.0, "T": 90.0, "B": -30.0}
SCREEN_DEG = 15.0


@pytest.mark.parametrize("system", BS2051)
def test_every_system_of_the_standard_stands_where_it_says(system: str) -> None:
    """Film's 7.1 and 7.1.4 have their own order of channels; the directions are those of the standard."""
    wanted = []
    for label in BS2051[system].split():
        layer, sign, angle = re.match(r"(M|UH|U|T|B)([+-])(\d+|SC)|LFE\d", label).groups()  # type: ignore[union-attr]
        if layer is not None:
            degrees = SCREEN_DEG if angle == "SC" else float(angle)
            wanted.append((degrees if sign == "+" else -degrees, HEIGHTS_DEG[layer]))
    layout = layout_named(system)
    stand = [(s.azimuth_deg, s.elevation_deg) for s in layout.speakers if not s.is_lfe]
    assert len(layout.lfe_channels) == BS2051[system].count("LFE")
    if system in ("0+7+0", "4+7+0"):
        stand, wanted = sorted(stand), sorted(wanted)
    assert stand == wanted


def test_the_masks_bits_are_those_of_the_header() -> None:
    assert (MASK_BITS["TFL"], MASK_BITS["TBR"]) == (0x1000, 0x20000)


def test_an_order_that_the_mask_cannot_say_has_none() -> None:
    assert Layout("swapped", (Speaker("FR", -30.0), Speaker("FL", 30.0))).channel_mask == 0
    assert Layout("own", (Speaker("FL", 30.0), Speaker("door", -30.0))).channel_mask == 0


@pytest.mark.parametrize(("name", "channel", "azimuth_deg", "elevation_deg"), [
    ("7.1", "BL", 135.0, 0.0), ("7.1", "SL", 90.0, 0.0), ("5.1", "BR", -110.0, 0.0), ("5.1.4", "TBL", 110.0, 30.0),
    ("7.1.4", "TFR", -45.0, 30.0), ("22.2", "FL", 60.0, 0.0), ("22.2", "FLc", 30.0, 0.0),
    ("22.2", "BtFR", -45.0, -30.0), ("22.2", "TpC", 0.0, 90.0),
])  # fmt: skip
def test_speakers_stand_where_the_standard_puts_them(name: str, channel: str, azimuth_deg: float,
                                                     elevation_deg: float) -> None:  # fmt: skip
    (speaker,) = [speaker for speaker in layout_named(name).speakers if speaker.name == channel]
    assert (speaker.azimuth_deg, speaker.elevation_deg) == (azimuth_deg, elevation_deg)


def test_the_order_of_22_2_is_that_of_the_broadcasters() -> None:
    names = [speaker.name for speaker in layout_named("22.2").speakers]
    assert " ".join(names) == ("FL FR FC LFE1 BL BR FLc FRc BC LFE2 SiL SiR TpFL TpFR TpFC TpC TpBL TpBR TpSiL TpSiR "
                               "TpBC BtFC BtFL BtFR")  # fmt: skip


def test_loudness_weighs_the_sides_and_leaves_out_the_lfe() -> None:
    assert layout_named("7.1").loudness_weights == (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41)
    large = layout_named("22.2")
    weights = {speaker.name: weight for speaker, weight in zip(large.speakers, large.loudness_weights, strict=True)}
    assert {name for name, weight in weights.items() if weight == 1.41} == {"FL", "FR", "SiL", "SiR"}
    assert weights["LFE1"] == weights["LFE2"] == 0.0
    assert Layout("turned", (Speaker("a", 270.0), Speaker("b", 0.0))).loudness_weights == (1.41, 1.0)


def test_a_layout_answers_to_its_other_names() -> None:
    assert layout_named("9+10+3") is layout_named("22.2")


@pytest.mark.parametrize(("asked", "meant"), [("7.1.5", "7.1.4"), ("Sterio", "stereo")])
def test_an_unknown_name_is_answered_with_the_known_ones(asked: str, meant: str) -> None:
    with pytest.raises(LayoutError, match=f"did you mean '{meant}'") as caught:
        load_layout(asked)
    assert "mono, stereo, quad, 5.1" in caught.value.hint
    assert ".toml" in caught.value.hint


def test_a_rig_is_read_from_a_file(tmp_path: Path) -> None:
    path = rig_file(tmp_path, """
        name = "old gate"
        speakers = [
            { name = "leaf", azimuth_deg = 12, distance_m = 3.4 },
            { name = "sub", is_lfe = true, distance_m = 2.0 },
            { name = "beam", azimuth_deg = -70.0, elevation_deg = 40.0, distance_m = 1.0 },
        ]""")  # fmt: skip
    rig = load_layout(str(path))
    assert rig == load_layout(path)
    assert rig.speakers[0] == Speaker("leaf", 12.0, 0.0, 3.4)
    assert rig.lfe_channels == (1,)
    np.testing.assert_allclose(np.linalg.norm(rig.points_m, axis=1), [3.4, 2.0, 1.0])


ROWS = 'name = "r"\nspeakers = [ { name = "a", azimuth_deg = 1.0 }, { %s } ]'


@pytest.mark.parametrize(("text", "says"), [
    ('name = "r"\nspeakers = []', "no speakers"),
    ('name = "r"', "no speakers"),
    ('name = "r"\nspeakers = ["left"]', "no speakers"),
    ("speakers = [ { name = 'a', azimuth_deg = 1 } ]", "name must be a text"),
    ('name = "r"\nspeakers = [ { name = "sub", is_lfe = true } ]', "only LFE"),
    ('name = "r"\nspeekers = []', "did you mean 'speakers'"),
    (ROWS % 'azimuth_deg = 5.0', "speaker 2: name must be a text"),
    (ROWS % 'name = "b"', r"speaker 2 \(b\): no azimuth_deg"),
    (ROWS % 'name = "a", azimuth_deg = 30.0', "unique"),
    (ROWS % 'name = "b", azimuth_deg = "30"', "azimuth_deg must be a number, got '30'"),
    (ROWS % 'name = "b", azimuth_deg = true', "azimuth_deg must be a number, got True"),
    (ROWS % 'name = "b", azimuth_deg = nan', "azimuth_deg must be finite"),
    (ROWS % 'name = "b", azimuth_deg = 5.0, elevation_deg = 91.0', "elevation_deg is 91"),
    (ROWS % 'name = "b", azimuth_deg = 5.0, distance_m = 2.0', "distance_m of 'a' is missing"),
    ('name = "r"\nspeakers = [ { name = "a", azimuth_deg = 5.0, distance_m = 0.0 } ]', "distance_m is 0"),
    (ROWS % 'name = "b", below_hz = 900.0', "below_hz is 900"),
    (ROWS % 'name = "b", below_hz = 0.0', "below_hz is 0"),
    (ROWS % 'name = "b", is_lfe = false, below_hz = 80.0', "below_hz is given and is_lfe is false"),
    (ROWS % 'name = "b", azimuth_deg = 40.0, zone = "foyer"', "zone of 'a' is missing"),
    (ROWS % 'name = "b", azimuth_deg = 5.0, zone = 3', "zone must be a text"),
    ('name = "r"\nspeakers = [ { name = "a", azimuth_deg = 1.0, zone = "hall" },'
     ' { name = "b", is_lfe = true, zone = "foyer" } ]', "zone 'foyer' has no loudspeaker"),
    ('name = "r"\norder = 8', "order is 8"),
    ('name = "r"\norder = 3\nspeakers = []', "both order and speakers"),
    ('name = "r"\nis_headphones = true\nspeakers = [ { name = "a", azimuth_deg = 1.0 } ]', "two channels, not 1"),
    ('name = "r"\naligns = 1\nspeakers = [ { name = "a", azimuth_deg = 1.0 } ]', "aligns must be true or false"),
    (ROWS % 'name = "b", azimut_deg = 5.0', "did you mean 'azimuth_deg'"),
    (ROWS % 'name = "b", azimuth_deg = 5.0, is_lfe = "no"', "is_lfe must be true or false"),
    (ROWS % 'name = "b", azimuth_deg = 1.5', "'a' and 'b' stand on the same spot"),
    (ROWS % 'name = "b", azimuth_deg = 361.0', "azimuth_deg is 361"),
    ('name = "r"\nspeakers = [ } ]', "line 2"),
])  # fmt: skip
def test_a_rig_that_cannot_work_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LayoutError, match=says) as caught:
        load_layout(rig_file(tmp_path, text))
    assert "\n" not in str(caught.value) + caught.value.hint
    assert caught.value.hint


def test_what_is_no_layout_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="no layout file"):
        load_layout(str(tmp_path / "nowhere.toml"))
    with pytest.raises(LayoutError, match="directory"):
        load_layout(tmp_path)
    (tmp_path / "sound.toml").write_bytes(b"RIFF\xff\xfe\x00")
    with pytest.raises(LayoutError, match="not a text file"):
        load_layout(tmp_path / "sound.toml")


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_speaker_that_is_nowhere_is_refused(bad: float) -> None:
    with pytest.raises(LayoutError, match="speaker 'a': azimuth_deg"):
        Layout("r", (Speaker("a", bad),))


def test_two_in_one_direction_at_two_distances_are_not_on_one_spot() -> None:
    assert Layout("r", (Speaker("near", 10.0, 0.0, 1.0), Speaker("far", 10.0, 0.0, 3.0))).n_channels == 2


def test_a_rig_of_one_speaker_plays_everything_there() -> None:
    one = Layout("one", (Speaker("sub", is_lfe=True), Speaker("only", 70.0, 10.0)))
    places = np.array([[0.0, 1.0, 0.0], [3.0, -2.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(panner_for(one).gains(places), [[0.0, 1.0]] * 3)


def test_an_unknown_panner_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LayoutError, match="did you mean 'vbap'") as caught:
        panner_for(layout_named("quad"), "vbab")
    assert caught.value.hint.startswith("panners: vbap, ")

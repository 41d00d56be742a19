"""The panner `bs2127` against the standard's own facts, and against the EBU ADM renderer where there is one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.errors import LayoutError
from soundscape.space.layout import Layout, Speaker, layout_named
from soundscape.space.panners import panner_for
from soundscape.space.trajectory import Points, point_at

ORACLE = Path(__file__).parents[1] / "oracles" / "ear_gains.py"
SYSTEMS = ("0+2+0", "0+5+0", "2+5+0", "4+5+0", "4+5+1", "3+7+0", "4+9+0", "9+10+3", "0+7+0", "4+7+0")
AGREES = 1e-6


def gains_at(name: str, *angles_deg: tuple[float, float]) -> Points:
    panner = panner_for(layout_named(name), "bs2127")
    return panner.gains(np.array([point_at(azimuth, elevation, 2.0) for azimuth, elevation in angles_deg]))


def heard_units(name: str) -> tuple[list[int], Points]:
    """Channels that are no LFE, and their directions."""
    layout = layout_named(name)
    heard = [channel for channel in range(layout.n_channels) if channel not in layout.lfe_channels]
    return heard, layout.points_m[heard] / np.linalg.norm(layout.points_m[heard], axis=1, keepdims=True)


def directions_for(name: str) -> Points:
    """Anywhere, at every loudspeaker, half-way between any two, over the poles, and along the edges of layers."""
    rng = np.random.default_rng(2127)
    _, units = heard_units(name)
    turns_deg = np.arange(-180.0, 180.0, 2.5)
    rings = [point_at(turn, height) for height in (-90.0, -30.0, 0.0, 30.0, 45.0, 89.999, 90.0) for turn in turns_deg]
    meridians = [point_at(turn, height) for turn in (0.0, 30.0, 90.0, 135.0, 180.0) for height in turns_deg / 2.0]
    between = (units[:, None] + units).reshape(-1, 3)
    points = np.vstack([rng.standard_normal((2500, 3)), units, between, rings, meridians])
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray((points / np.maximum(lengths, 1e-9))[lengths[:, 0] > 1e-3])


@pytest.fixture(scope="module")
def ear(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Points]:
    """What the EBU ADM renderer says about `directions_for` every system."""
    python = os.environ.get("SOUNDSCAPE_EAR", "")
    if not python:
        pytest.skip("SOUNDSCAPE_EAR names no Python that has ear 2.1.0 (tests/oracles/ear.txt)")
    folder = tmp_path_factory.mktemp("ear")
    np.savez(folder / "asked.npz", **{name: directions_for(name) for name in SYSTEMS})
    run = subprocess.run([python, str(ORACLE), str(folder / "asked.npz"), str(folder / "answered.npz")],
                         capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, run.stderr
    return {name: array for name, array in np.load(folder / "answered.npz").items()}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_gains_are_those_of_the_ebu_adm_renderer(name: str, ear: Mapping[str, Points]) -> None:
    heard, units = heard_units(name)
    apart = np.linalg.norm(ear[f"{name}/places"][:, None] - units, axis=2)
    assert apart.min(axis=1).max() < 1e-9
    channels = [heard[index] for index in apart.argmin(axis=1)]
    assert sorted(channels) == heard
    gains = panner_for(layout_named(name), "bs2127").gains(directions_for(name))
    np.testing.assert_allclose(gains[:, channels], ear[name], rtol=0.0, atol=AGREES)


def test_stereo_is_a_downmix_of_five_that_gets_softer_towards_the_back() -> None:
    gains = gains_at("0+2+0", (30, 0), (-30, 0), (0, 0), (110, 0), (-110, 0), (180, 0))
    half, quarter = 0.5**0.5, 0.5
    expected = [[1, 0], [0, 1], [half, half], [half, 0], [0, half], [quarter, quarter]]
    np.testing.assert_allclose(gains, expected, atol=1e-9)


def test_stereo_keeps_directions_in_front_and_loses_at_most_3_db() -> None:
    ahead_deg = np.linspace(-30.0, 30.0, 61)
    gains = gains_at("0+2+0", *((azimuth, 0.0) for azimuth in ahead_deg))
    np.testing.assert_allclose((gains**2).sum(axis=1), 1.0, atol=1e-12)
    _, units = heard_units("0+2+0")
    towards = gains @ units
    np.testing.assert_allclose(np.degrees(np.arctan2(-towards[:, 0], towards[:, 1])), ahead_deg, atol=1e-9)
    anywhere = panner_for(layout_named("0+2+0"), "bs2127").gains(directions_for("0+2+0"))
    powers = (anywhere**2).sum(axis=1)
    assert 0.5 - 1e-12 <= powers.min() < 0.5 + 1e-6
    assert powers.max() <= 1.0 + 1e-12


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name != "0+2+0"])
def test_at_the_ears_height_the_gains_point_at_the_source(name: str) -> None:
    around_deg = np.arange(-180.0, 180.0, 0.5)
    heard, units = heard_units(name)
    towards = gains_at(name, *((azimuth, 0.0) for azimuth in around_deg))[:, heard] @ units
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    np.testing.assert_allclose(towards, [point_at(azimuth) for azimuth in around_deg], atol=1e-9)


def test_where_a_layer_is_missing_the_middle_one_plays_up_to_30_degrees_of_it() -> None:
    at_ears = gains_at("0+5+0", (20, 0), (70, 0), (180, 0))
    for height in (-30.0, 30.0):
        np.testing.assert_allclose(gains_at("0+5+0", (20, height), (70, height), (180, height)), at_ears, atol=1e-9)
    assert (gains_at("0+5+0", (30, 32), (30, -32))[:, [0, 1, 2, 4, 5]] > 0.001).all()


def test_half_way_to_a_pole_its_power_is_handed_to_all_alike() -> None:
    """On a square the imaginary one above FL and the pole get 1 each; of the pole's, 1/2 goes to each of four."""
    gains = panner_for(layout_named("quad"), "bs2127").gains(np.array([point_at(45.0, 60.0)]))[0]
    np.testing.assert_allclose(gains / gains[1], [3.0, 1.0, 1.0, 1.0], atol=1e-9)


def test_the_upper_pair_of_2_5_0_leaves_what_is_more_than_40_degrees_beyond_it_to_the_middle_layer() -> None:
    names = [speaker.name for speaker in layout_named("2+5+0").speakers]
    behind, above = gains_at("2+5+0", (110, 30), (30, 30))
    assert names[int(behind.argmax())] == "BL"
    assert names[int(above.argmax())] == "TFL"
    assert behind.max() == pytest.approx(1.0)
    assert above.max() == pytest.approx(1.0)


def test_a_pole_without_a_loudspeaker_is_shared_in_equal_power() -> None:
    above = gains_at("4+7+0", (0, 90))[0]
    names = [speaker.name for speaker in layout_named("4+7+0").speakers]
    assert {name: round(gain**2, 6) for name, gain in zip(names, above, strict=True) if gain} == {
        "TFL": 0.25, "TFR": 0.25, "TBL": 0.25, "TBR": 0.25,
    }  # fmt: skip
    np.testing.assert_allclose(gains_at("0+5+0", (0, 90), (0, -90)) ** 2, [[0.2, 0.2, 0.2, 0.0, 0.2, 0.2]] * 2)


def test_what_is_overhead_stays_exact_where_a_loudspeaker_may_stand_there() -> None:
    heard, units = heard_units("3+7+0")
    towards = gains_at("3+7+0", (0, 90))[0, heard] @ units
    np.testing.assert_allclose(towards / np.linalg.norm(towards), [0.0, 0.0, 1.0], atol=1e-9)


def test_a_pole_with_a_loudspeaker_is_its_own() -> None:
    names = [speaker.name for speaker in layout_named("9+10+3").speakers]
    assert gains_at("9+10+3", (0, 90))[0, names.index("TpC")] == pytest.approx(1.0)


def test_in_the_middle_of_two_pairs_all_four_play_alike_and_on_an_edge_only_two() -> None:
    panner = panner_for(layout_named("4+5+0"), "bs2127")
    pairs = heard_units("4+5+0")[1][[0, 3, 5, 7]]
    gains = panner.gains(np.array([pairs.sum(axis=0), pairs[0] + pairs[2], pairs[1] + pairs[3]]))
    half = 0.5**0.5
    np.testing.assert_allclose(gains[:, [0, 4, 6, 8]], [[0.5] * 4, [half, 0, half, 0], [0, half, 0, half]], atol=1e-9)


def test_nothing_jumps_across_the_edges_of_regions() -> None:
    for name in SYSTEMS:
        panner = panner_for(layout_named(name), "bs2127")
        points = directions_for(name)
        aside = points + 1e-7 * np.random.default_rng(1).standard_normal(points.shape)
        assert np.abs(panner.gains(points) - panner.gains(aside)).max() < 1e-4


def test_a_pair_that_is_not_that_of_stereo_is_refused() -> None:
    with pytest.raises(LayoutError, match="do not surround"):
        panner_for(Layout("wide", (Speaker("L", 45.0), Speaker("R", -45.0))), "bs2127")


def test_channels_in_another_order_get_the_same_gains() -> None:
    for name in ("0+2+0", "4+7+0"):
        layout = layout_named(name)
        turned = Layout("turned", layout.speakers[::-1])
        points = directions_for(name)
        np.testing.assert_allclose(panner_for(turned, "bs2127").gains(points)[:, ::-1],
                                   panner_for(layout, "bs2127").gains(points), atol=1e-9)  # fmt: skip


def test_a_plane_face_of_six_loudspeakers_is_shared_by_all_in_its_middle() -> None:
    signed = product(permutations((0.0, 1.0, 2.0)), product((1.0, -1.0), repeat=3))
    corners = sorted({(x * i + 0.0, y * j + 0.0, z * k + 0.0) for (x, y, z), (i, j, k) in signed})
    angles_deg = [(np.degrees(np.arctan2(-x, y)), np.degrees(np.arcsin(z / 5.0**0.5))) for x, y, z in corners]
    rig = Layout("truncated octahedron", tuple(Speaker(str(n), *angles) for n, angles in enumerate(angles_deg)))
    gains = panner_for(rig, "bs2127").gains(np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]]))
    np.testing.assert_allclose(np.sort(gains, axis=1), [[0.0] * 18 + [6.0**-0.5] * 6] * 2, atol=1e-9)


places = st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0))


@settings(max_examples=80)
@given(st.lists(places, min_size=3, max_size=12), st.lists(places, min_size=1, max_size=9))
def test_any_rig_is_panned_with_power_1_or_refused(rig_deg: list[tuple[float, float]],
                                                   sources_deg: list[tuple[float, float]]) -> None:  # fmt: skip
    layout = Layout("any", tuple(Speaker(str(n), *angles, 1.0 + n) for n, angles in enumerate(rig_deg)))
    try:
        panner = panner_for(layout, "bs2127")
    except LayoutError:
        return
    gains = panner.gains(np.array([point_at(*angles) for angles in sources_deg]))
    np.testing.assert_allclose((gains**2).sum(axis=1), 1.0, atol=1e-9)
    assert (gains >= 0.0).all()

"""What every panner promises on every layout, and on rigs that no standard knows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from soundscape.errors import LayoutError
from soundscape.space.layout import LAYOUTS, Layout, Speaker, layout_named
from soundscape.space.panners import PANNERS, Panner, panner_for
from soundscape.space.trajectory import Points, point_at

MUSEUM = Layout("museum", (
    Speaker("door", 17.0, 3.0, 3.4), Speaker("sub", is_lfe=True), Speaker("case", -41.0, -12.0, 2.1),
    Speaker("beam", -88.0, 47.0, 5.2), Speaker("stair", 173.0, -20.0, 6.0), Speaker("window", 96.0, 8.0, 2.8),
    Speaker("lamp", 40.0, 71.0, 2.2),
))  # fmt: skip
DOME = Layout("dome", tuple(
    Speaker(f"S{elevation}-{turn}", 360.0 / n * (turn + 0.5), elevation)
    for elevation, n in ((0.0, 8), (30.0, 5), (60.0, 3)) for turn in range(n)
))  # fmt: skip
ODD = {
    "museum": MUSEUM,
    "dome": DOME,
    "one": Layout("one", (Speaker("only", 70.0, 10.0),)),
    "ceiling": Layout("ceiling", tuple(Speaker(f"C{n}", 90.0 * n + 45.0, 50.0) for n in range(4))),
    "opposite": Layout("opposite", (Speaker("L", 90.0), Speaker("R", -90.0))),
    "poles": Layout("poles", (Speaker("top", 0.0, 90.0), Speaker("floor", 0.0, -90.0))),
    "wall": Layout("wall", tuple(Speaker(f"W{a}{e}", a, e) for a in (40.0, 0.0, -40.0) for e in (0.0, 35.0))),
    "behind": Layout("behind", (Speaker("near", 150.0, 0.0, 1.0), Speaker("far", 150.0, 0.0, 4.0), Speaker("R", -150))),
}
NO_JUMP_PER_DEG = 0.25
"""The steepest change of a gain for one degree of movement: two loudspeakers some degrees apart and a wide source."""

RIM_DEG = {"wall": 5.0}
"""Where loudspeakers leave a side of the room open, a source along their rim may be this far off."""


def every_layout() -> list[Layout]:
    return [*LAYOUTS.values(), *ODD.values()]


EVERY = frozenset(layout.name for layout in every_layout())
REFUSED: Mapping[str, frozenset[str]] = {
    "bs2127": frozenset({"mono", "one", "opposite", "poles", "wall", "behind"}),
}
"""Layouts that a panner does not take."""

NOT_PROMISED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "bs2127": {
        "test_power_is_one_everywhere_and_an_lfe_is_silent": frozenset({"stereo"}),
        "test_the_gains_point_at_the_source_wherever_speakers_surround_it": EVERY,
    },
}
"""What a panner does not promise, and on which layouts; everything else here every panner does."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rig" in metafunc.fixturenames:
        names = [(panner, layout.name) for panner in PANNERS for layout in every_layout()
                 if layout.name not in REFUSED.get(panner, ())
                 and layout.name not in NOT_PROMISED.get(panner, {}).get(metafunc.function.__name__, ())]  # fmt: skip
        metafunc.parametrize("rig", names, indirect=True, ids="-".join)


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> tuple[Panner, Layout]:
    name, layout_name = request.param
    layout = ODD[layout_name] if layout_name in ODD else layout_named(layout_name)
    return panner_for(layout, name), layout


@pytest.mark.parametrize(("name", "layout_name"), [(name, one) for name in REFUSED for one in sorted(REFUSED[name])])
def test_a_rig_that_a_panner_does_not_take_is_refused_with_one_that_does(name: str, layout_name: str) -> None:
    layout = ODD[layout_name] if layout_name in ODD else layout_named(layout_name)
    with pytest.raises(LayoutError, match="do not surround") as refused:
        panner_for(layout, name)
    assert "vbap" in refused.value.hint
    assert panner_for(layout).n_bus == layout.n_channels


def sphere(n: int, distance_m: float = 2.0) -> Points:
    rng = np.random.default_rng(5)
    points = rng.standard_normal((n, 3))
    return distance_m * points / np.linalg.norm(points, axis=1, keepdims=True)


def units_of(layout: Layout) -> Points:
    return layout.points_m / np.linalg.norm(layout.points_m, axis=1, keepdims=True)


def ring_of(rng: np.random.Generator, n: int) -> Points:
    """A great circle through a random place, in n steps."""
    plane, _ = np.linalg.qr(rng.standard_normal((3, 2)))
    turn = np.linspace(0.0, 2.0 * np.pi, n)
    return 2.0 * (np.cos(turn)[:, None] * plane[:, 0] + np.sin(turn)[:, None] * plane[:, 1])


@pytest.mark.parametrize("spread_deg", [0.0, 12.0, 90.0, 360.0])
def test_power_is_one_everywhere_and_an_lfe_is_silent(rig: tuple[Panner, Layout], spread_deg: float) -> None:
    panner, layout = rig
    gains = panner.gains(sphere(1500), spread_deg)
    assert gains.shape == (1500, layout.n_channels)
    assert gains.dtype == np.float64
    np.testing.assert_allclose((gains**2).sum(axis=1), 1.0, atol=1e-12)
    assert (gains >= 0.0).all()
    assert not gains[:, list(layout.lfe_channels)].any()


def test_a_source_at_a_speaker_is_only_there(rig: tuple[Panner, Layout]) -> None:
    panner, layout = rig
    heard = [channel for channel in range(layout.n_channels) if channel not in layout.lfe_channels]
    gains = panner.gains(layout.points_m[heard])
    np.testing.assert_allclose(gains, np.eye(layout.n_channels)[heard], atol=1e-7)


def test_the_gains_point_at_the_source_wherever_speakers_surround_it(rig: tuple[Panner, Layout]) -> None:
    panner, layout = rig
    units = units_of(layout)[[c for c in range(layout.n_channels) if c not in layout.lfe_channels]]
    points = sphere(800) / 2.0
    blends = np.abs(np.random.default_rng(2).dirichlet(np.full(len(units), 0.4), 400)) @ units
    points = np.vstack([points, blends[np.linalg.norm(blends, axis=1) > 0.3]])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    inside = np.array([nnls(units.T, point)[1] < 1e-9 for point in points])
    assert inside.any()
    towards = panner.gains(points[inside]) @ units_of(layout)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    off_deg = np.degrees(2.0 * np.arcsin(np.linalg.norm(towards - points[inside], axis=1) / 2.0))
    assert off_deg.max() < RIM_DEG.get(layout.name, 0.01)


@pytest.mark.parametrize("spread_deg", [0.0, 60.0])
def test_a_small_step_makes_a_small_change_anywhere(rig: tuple[Panner, Layout], spread_deg: float) -> None:
    panner, _ = rig
    rng = np.random.default_rng(8)
    n_steps, n_rings = (7200, 12) if spread_deg == 0.0 else (1440, 2)
    for _ in range(n_rings):
        gains = panner.gains(ring_of(rng, n_steps + 1), spread_deg)
        assert np.abs(np.diff(gains, axis=0)).max() < NO_JUMP_PER_DEG * 360.0 / n_steps


def test_steps_over_the_poles_and_along_the_seams_are_small_too(rig: tuple[Panner, Layout]) -> None:
    panner, _ = rig
    turn = np.radians(np.arange(0.0, 360.0, 0.05))
    for axes in ((0, 1), (1, 2), (0, 2)):
        ring = np.zeros((len(turn), 3))
        ring[:, axes[0]], ring[:, axes[1]] = np.cos(turn), np.sin(turn)
        assert np.abs(np.diff(panner.gains(ring), axis=0)).max() < NO_JUMP_PER_DEG * 0.05


def test_a_walk_through_the_head_has_no_jump(rig: tuple[Panner, Layout]) -> None:
    panner, _ = rig
    walk = np.linspace(-1.0, 1.0, 4001)[:, None] * np.array([[0.6, 0.7, 0.2]])
    gains = panner.gains(walk)
    assert np.abs(np.diff(gains, axis=0)).max() < 0.02
    assert (np.abs(gains[2000] - panner.gains(np.zeros((1, 3)))[0]) < 1e-12).all()


@pytest.mark.parametrize(("panner_name", "name"), [
    (panner, layout) for panner in PANNERS for layout in LAYOUTS if layout not in REFUSED.get(panner, ())
])  # fmt: skip
@pytest.mark.parametrize("spread_deg", [0.0, 75.0])
def test_the_mirror_image_of_a_source_has_the_mirror_image_of_its_gains(panner_name: str, name: str,
                                                                        spread_deg: float) -> None:  # fmt: skip
    layout = layout_named(name)
    panner = panner_for(layout, panner_name)
    swapped = [_mirrored_channel(layout, channel) for channel in range(layout.n_channels)]
    points = sphere(1500)
    gains = panner.gains(points, spread_deg)
    mirrored = panner.gains(points * [-1.0, 1.0, 1.0], spread_deg)
    np.testing.assert_allclose(mirrored[:, swapped], gains, atol=1e-6)


def _mirrored_channel(layout: Layout, channel: int) -> int:
    if channel in layout.lfe_channels:
        return channel
    image = layout.points_m[channel] * [-1.0, 1.0, 1.0]
    off_m = np.linalg.norm(layout.points_m - image, axis=1)
    off_m[list(layout.lfe_channels)] = np.inf
    assert off_m.min() < 1e-9
    return int(off_m.argmin())


def test_a_source_that_is_everywhere_has_no_direction(rig: tuple[Panner, Layout]) -> None:
    panner, _ = rig
    gains = panner.gains(sphere(50), 360.0)
    np.testing.assert_allclose(gains, np.broadcast_to(gains[0], gains.shape), atol=1e-12)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_place_that_is_no_place_is_refused(rig: tuple[Panner, Layout], bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        rig[0].gains(np.array([[0.0, bad, 0.0]]))


@pytest.mark.parametrize("bad_deg", [-1.0, 361.0, math.nan])
def test_a_spread_that_is_none_is_refused(rig: tuple[Panner, Layout], bad_deg: float) -> None:
    with pytest.raises(ValueError, match="spread_deg"):
        rig[0].gains(np.array([[0.0, 1.0, 0.0]]), bad_deg)


def test_no_points_give_no_gains(rig: tuple[Panner, Layout]) -> None:
    assert rig[0].gains(np.zeros((0, 3))).shape == (0, rig[1].n_channels)


directions = st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0))


@settings(max_examples=60)
@given(st.lists(directions, min_size=1, max_size=9), st.lists(directions, min_size=1, max_size=5),
       st.floats(0.0, 5.0), st.floats(0.0, 360.0))  # fmt: skip
def test_any_rig_has_power_one_and_no_hole(rig_deg: list[tuple[float, float]], source_deg: list[tuple[float, float]],
                                           distance_m: float, spread_deg: float) -> None:  # fmt: skip
    layout = Layout("any", tuple(Speaker(str(n), *angles, 1.0 + n) for n, angles in enumerate(rig_deg)))
    points = np.array([point_at(*angles, distance_m) for angles in source_deg])
    gains = panner_for(layout).gains(points, spread_deg)
    assert np.isfinite(gains).all()
    np.testing.assert_allclose((gains**2).sum(axis=1), 1.0, atol=1e-9)


def test_sources_behind_stereo_sound_in_front_and_those_beside_it_at_the_nearer_speaker() -> None:
    panner = panner_for(layout_named("stereo"))
    ahead = panner.gains(np.array([point_at(az) for az in (0.0, 10.0, -20.0)]))
    behind = panner.gains(np.array([point_at(az) for az in (180.0, 170.0, -160.0)]))
    np.testing.assert_allclose(behind, ahead, atol=1e-12)
    np.testing.assert_allclose(panner.gains(np.array([point_at(az) for az in (50.0, 90.0, 140.0)])), [[1, 0]] * 3,
                               atol=1e-12)  # fmt: skip
    np.testing.assert_allclose(panner.gains(np.array([[0.0, 0.0, 3.0]])), [[0.5**0.5] * 2], atol=1e-6)


def test_a_source_above_a_ring_is_heard_all_round() -> None:
    gains = panner_for(layout_named("quad")).gains(np.array([[0.0, 0.0, 2.0]]))
    np.testing.assert_allclose(gains, [[0.5] * 4], atol=1e-6)


def test_energy_from_above_leans_to_no_side_where_nothing_hangs_above() -> None:
    for name in ("5.1", "7.1"):
        layout = layout_named(name)
        energy = panner_for(layout).gains(np.array([[0.0, 0.0, 2.0]])) ** 2 @ units_of(layout)
        assert np.abs(energy[0, 0]) < 1e-6
        assert np.abs(energy[0, 1]) < 0.01


def test_a_source_at_ear_level_stays_sharp_on_a_rig_under_the_ceiling() -> None:
    gains = panner_for(ODD["ceiling"]).gains(np.array([point_at(45.0)]))
    np.testing.assert_allclose(gains, [[1.0, 0.0, 0.0, 0.0]], atol=1e-9)


def test_speakers_in_one_direction_share_by_distance() -> None:
    points = np.array([point_at(150.0, 0.0, distance_m) for distance_m in (0.5, 1.0, 2.5, 4.0, 9.0)])
    gains = panner_for(ODD["behind"]).gains(points)
    half = 0.5**0.5
    np.testing.assert_allclose(gains, [[1, 0, 0], [1, 0, 0], [half, half, 0], [0, 1, 0], [0, 1, 0]], atol=1e-7)


def test_a_wider_source_reaches_more_speakers() -> None:
    panner = panner_for(layout_named("22.2"))
    counts = [(panner.gains(np.array([point_at(0.0)]), spread_deg) > 0.01).sum() for spread_deg in (0.0, 60.0, 180.0)]
    assert counts[0] == 1
    assert counts[0] < counts[1] < counts[2]

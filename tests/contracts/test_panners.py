"""What every panner promises on every layout, and on rigs that no standard knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

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
    "steep": Layout("steep", (Speaker("roof", 0.0, 80.0), Speaker("floor", 31.0, -90.0))),
    "wall": Layout("wall", tuple(Speaker(f"W{a}{e}", a, e) for a in (40.0, 0.0, -40.0) for e in (0.0, 35.0))),
    "behind": Layout("behind", (Speaker("near", 150.0, 0.0, 1.0), Speaker("far", 150.0, 0.0, 4.0), Speaker("R", -150))),
}
NO_JUMP_PER_DEG = 0.25
"""The steepest change of a gain for one degree of movement: two loudspeakers some degrees apart and a wide source."""

EVERY_LAYOUT = {**{name: one for name, one in LAYOUTS.items() if one.kind == "speakers"}, **ODD}


@dataclass(frozen=True, kw_only=True)
class Promises:
    """What a row keeps, in terms of the gains that loudspeakers get in the end.

    `power_db`: how far the power strays from 1, by layout, elsewhere 0. `off_deg`: how far, by layout, the sum of the
    loudspeakers' directions, weighted with their gains to the power of `weighing` (1 for velocity, 2 for energy), is
    from a source between them; elsewhere `else_off_deg`, None where nobody sits in the middle.
    """

    layouts: tuple[str, ...] = tuple(EVERY_LAYOUT)
    power_db: Mapping[str, float] = field(default_factory=dict)
    off_deg: Mapping[str, float] = field(default_factory=dict)
    else_off_deg: float | None = None
    weighing: int = 1
    is_positive: bool = True
    is_only_at_a_speaker: bool = False
    moves_smoothly: bool = True
    has_width: bool = True


NOT_AROUND = ("mono", "one", "opposite", "poles", "steep", "wall", "behind")
"""Rigs that do not surround the listener: `bs2127` refuses them."""

ANY_RIG = ("mono", "stereo", "7.1.4", "22.2", "museum", "one", "ceiling", "poles", "behind")
PROMISES: Mapping[str, Promises] = {
    # Where loudspeakers leave a side open, a source along their rim may be off; between two nearly opposite, more so.
    "vbap": Promises(off_deg={"wall": 5.0, "steep": 11.0}, else_off_deg=0.01, is_only_at_a_speaker=True),
    # Stereo is a downmix of 5.0 there, whose power the standard does not keep.
    "bs2127": Promises(layouts=tuple(name for name in EVERY_LAYOUT if name not in (*NOT_AROUND, "stereo")),
                       is_only_at_a_speaker=True),
    "dbap": Promises(layouts=ANY_RIG),
    "nearest": Promises(layouts=("stereo", "22.2", "museum", "one", "behind"), is_only_at_a_speaker=True,
                        moves_smoothly=False, has_width=False),
    "ambisonics": Promises(
        layouts=(*ANY_RIG, "quad", "5.1", "cube", "dome24"),
        power_db={"stereo": 1.1, "5.1": 2.0, "7.1.4": 2.0, "22.2": 3.4, "dome24": 2.5, "cube": 0.1, "quad": 1.1,
                  "museum": 1.6, "ceiling": 2.1, "poles": 0.4, "behind": 1.1},
        off_deg={"stereo": 11.0, "5.1": 24.0, "7.1.4": 16.0, "22.2": 28.0, "dome24": 4.5, "museum": 45.0,
                 "ceiling": 19.0, "behind": 11.0},
        else_off_deg=0.1, weighing=2, is_positive=False,
    ),
    "ambisonics-3-in-phase": Promises(
        layouts=("octagon", "7.1.4", "dome24"), power_db={"octagon": 0.2, "7.1.4": 1.5, "dome24": 2.4},
        off_deg={"7.1.4": 13.0, "dome24": 9.5}, else_off_deg=0.1, weighing=2,
    ),
    "ambisonics-epad": Promises(
        layouts=("cube", "7.1.4", "dome24"), off_deg={"7.1.4": 17.0, "dome24": 6.5}, else_off_deg=0.1, weighing=2,
        is_positive=False,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Rig:
    """A panner with the layout it was made for, and what it promises there."""

    panner: Panner
    layout: Layout
    promises: Promises

    def played(self, points_m: Points, spread_deg: float = 0.0) -> Points:
        """Gains that the loudspeakers get: (n, n_channels)."""
        gains = self.panner.gains(points_m, spread_deg)
        return gains if self.panner.decoder is None else gains @ self.panner.decoder.T


@pytest.fixture(params=[(name, layout) for name, row in PROMISES.items() for layout in row.layouts], ids="-".join)
def rig(request: pytest.FixtureRequest) -> Rig:
    name, layout_name = request.param
    layout = EVERY_LAYOUT[layout_name]
    return Rig(panner_for(layout, name), layout, PROMISES[name])


@pytest.mark.parametrize("name", NOT_AROUND)
def test_a_rig_that_a_panner_does_not_take_is_refused_with_one_that_does(name: str) -> None:
    layout = EVERY_LAYOUT[name]
    with pytest.raises(LayoutError, match="do not surround") as refused:
        panner_for(layout, "bs2127")
    assert "vbap" in refused.value.hint
    assert panner_for(layout).n_bus == layout.n_channels


def test_every_panner_promises_something() -> None:
    assert set(PANNERS) <= set(PROMISES)


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


def heard_channels(layout: Layout) -> list[int]:
    return [channel for channel in range(layout.n_channels) if channel not in layout.lfe_channels]


@pytest.mark.parametrize("spread_deg", [0.0, 12.0, 90.0, 360.0])
def test_power_is_one_everywhere_and_an_lfe_is_silent(rig: Rig, spread_deg: float) -> None:
    points = sphere(1500)
    gains = rig.panner.gains(points, spread_deg)
    assert gains.shape == (1500, rig.panner.n_bus)
    assert gains.dtype == np.float64
    played = rig.played(points, spread_deg)
    assert played.shape == (1500, rig.layout.n_channels)
    strays = 10.0 ** (rig.promises.power_db.get(rig.layout.name, 0.0) / 10.0)
    powers = (played**2).sum(axis=1)
    assert powers.min() > 1.0 / strays - 1e-12
    assert powers.max() < strays + 1e-12
    assert (played >= -1e-12).all() or not rig.promises.is_positive
    assert not played[:, list(rig.layout.lfe_channels)].any()


def test_a_source_at_a_speaker_is_only_there(rig: Rig) -> None:
    heard = heard_channels(rig.layout)
    alone = rig.played(rig.layout.points_m[heard]) - np.eye(rig.layout.n_channels)[heard]
    assert (np.abs(alone).max() < 1e-7) == rig.promises.is_only_at_a_speaker or len(heard) == 1


def test_the_gains_point_at_the_source_wherever_speakers_surround_it(rig: Rig) -> None:
    units = units_of(rig.layout)[heard_channels(rig.layout)]
    points = sphere(800) / 2.0
    blends = np.abs(np.random.default_rng(2).dirichlet(np.full(len(units), 0.4), 400)) @ units
    points = np.vstack([points, blends[np.linalg.norm(blends, axis=1) > 0.3]])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    inside = np.array([nnls(units.T, point)[1] < 1e-9 for point in points])
    assert inside.any()
    towards = rig.played(points[inside]) ** rig.promises.weighing @ units_of(rig.layout)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    off_deg = np.degrees(2.0 * np.arcsin(np.linalg.norm(towards - points[inside], axis=1) / 2.0))
    allowed_deg = rig.promises.off_deg.get(rig.layout.name, rig.promises.else_off_deg)
    assert allowed_deg is None or off_deg.max() < allowed_deg


@pytest.mark.parametrize("spread_deg", [0.0, 60.0])
def test_a_small_step_makes_a_small_change_anywhere(rig: Rig, spread_deg: float) -> None:
    rng = np.random.default_rng(8)
    n_steps, n_rings = (7200, 12) if spread_deg == 0.0 else (1440, 2)
    steps = [np.abs(np.diff(rig.played(ring_of(rng, n_steps + 1), spread_deg), axis=0)).max() for _ in range(n_rings)]
    is_smooth = max(steps) < NO_JUMP_PER_DEG * 360.0 / n_steps
    assert is_smooth or not rig.promises.moves_smoothly


def test_steps_over_the_poles_and_along_the_seams_are_small_too(rig: Rig) -> None:
    turn = np.radians(np.arange(0.0, 360.0, 0.05))
    for axes in ((0, 1), (1, 2), (0, 2)):
        ring = np.zeros((len(turn), 3))
        ring[:, axes[0]], ring[:, axes[1]] = np.cos(turn), np.sin(turn)
        is_smooth = np.abs(np.diff(rig.played(ring), axis=0)).max() < NO_JUMP_PER_DEG * 0.05
        assert is_smooth or not rig.promises.moves_smoothly


def test_a_walk_through_the_head_has_no_jump(rig: Rig) -> None:
    walk = np.linspace(-1.0, 1.0, 4001)[:, None] * np.array([[0.6, 0.7, 0.2]])
    played = rig.played(walk)
    assert np.abs(np.diff(played, axis=0)).max() < 0.02 or not rig.promises.moves_smoothly
    assert (np.abs(played[2000] - rig.played(np.zeros((1, 3)))[0]) < 1e-12).all()


SYMMETRIC = [(name, layout) for name, row in PROMISES.items() for layout in row.layouts if layout in LAYOUTS]


@pytest.mark.parametrize(("name", "layout_name"), SYMMETRIC)
@pytest.mark.parametrize("spread_deg", [0.0, 75.0])
def test_the_mirror_image_of_a_source_has_the_mirror_image_of_its_gains(name: str, layout_name: str,
                                                                         spread_deg: float) -> None:  # fmt: skip
    layout = layout_named(layout_name)
    rig = Rig(panner_for(layout, name), layout, PROMISES[name])
    swapped = [_mirrored_channel(layout, channel) for channel in range(layout.n_channels)]
    points = sphere(1500)
    mirrored = rig.played(points * [-1.0, 1.0, 1.0], spread_deg)
    np.testing.assert_allclose(mirrored[:, swapped], rig.played(points, spread_deg), atol=1e-6)


def _mirrored_channel(layout: Layout, channel: int) -> int:
    if channel in layout.lfe_channels:
        return channel
    image = layout.points_m[channel] * [-1.0, 1.0, 1.0]
    off_m = np.linalg.norm(layout.points_m - image, axis=1)
    off_m[list(layout.lfe_channels)] = np.inf
    assert off_m.min() < 1e-9
    return int(off_m.argmin())


def test_a_source_that_is_everywhere_has_no_direction(rig: Rig) -> None:
    played = rig.played(sphere(50), 360.0)
    is_alike = np.abs(played - played[0]).max() < 1e-12
    assert is_alike or not rig.promises.has_width


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_place_that_is_no_place_is_refused(rig: Rig, bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        rig.panner.gains(np.array([[0.0, bad, 0.0]]))


@pytest.mark.parametrize("bad_deg", [-1.0, 361.0, math.nan])
def test_a_spread_that_is_none_is_refused(rig: Rig, bad_deg: float) -> None:
    with pytest.raises(ValueError, match="spread_deg"):
        rig.panner.gains(np.array([[0.0, 1.0, 0.0]]), bad_deg)


def test_no_points_give_no_gains(rig: Rig) -> None:
    assert rig.panner.gains(np.zeros((0, 3))).shape == (0, rig.panner.n_bus)


directions = st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0))


@pytest.mark.parametrize("name", ["vbap", "dbap", "nearest"])
@settings(max_examples=60)
@given(st.lists(directions, min_size=1, max_size=9), st.lists(directions, min_size=1, max_size=5),
       st.floats(0.0, 5.0), st.floats(0.0, 360.0))  # fmt: skip
def test_any_rig_has_power_one_and_no_hole(name: str, rig_deg: list[tuple[float, float]],
                                           source_deg: list[tuple[float, float]], distance_m: float,
                                           spread_deg: float) -> None:  # fmt: skip
    layout = Layout("any", tuple(Speaker(str(n), *angles, 1.0 + n) for n, angles in enumerate(rig_deg)))
    points = np.array([point_at(*angles, distance_m) for angles in source_deg])
    gains = panner_for(layout, name).gains(points, spread_deg)
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

"""Ambisonics: what each decoder and each weighting is for, how names are spelled, and how wide sources are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.errors import LayoutError
from soundscape.space.harmonics import degrees, harmonics, n3d_factors
from soundscape.space.layout import LAYOUTS, Layout, Speaker, layout_named
from soundscape.space.panners import panner_for
from soundscape.space.panners.ambisonics import AmbisonicBus, Ambisonics
from soundscape.space.panners.decoders import decoder_for, degree_powers, order_weights
from soundscape.space.quadrature import sphere_grid
from soundscape.space.trajectory import Points, point_at

EVERYWHERE, SHARES = sphere_grid(40)
ICOSAHEDRON = Layout("icosahedron", (
    Speaker("top", 0.0, 90.0), Speaker("bottom", 0.0, -90.0),
    *(Speaker(f"U{n}", 72.0 * n, np.degrees(np.arctan(0.5))) for n in range(5)),
    *(Speaker(f"L{n}", 72.0 * n + 36.0, -np.degrees(np.arctan(0.5))) for n in range(5)),
))  # fmt: skip


def played(panner: Ambisonics, points: Points, spread_deg: float = 0.0) -> np.ndarray:
    return panner.gains(points, spread_deg) @ panner.decoder.T


def energy_vectors(layout: Layout, gains: np.ndarray) -> np.ndarray:
    units = layout.points_m / np.linalg.norm(layout.points_m, axis=1, keepdims=True)
    return gains**2 @ units / (gains**2).sum(axis=1, keepdims=True)


LOUDSPEAKERS = [name for name, layout in LAYOUTS.items() if layout.kind == "speakers"]


@pytest.mark.parametrize(("name", "weights"), [*((name, "max-re") for name in LOUDSPEAKERS), ("7.1.4", "in-phase"),
                                               ("22.2", "basic")])  # fmt: skip
def test_the_mean_power_over_all_directions_is_one(name: str, weights: str) -> None:
    panner = Ambisonics(layout_named(name), 3, weights=weights)
    assert SHARES @ (played(panner, EVERYWHERE) ** 2).sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert not panner.decoder[list(panner.layout.lfe_channels)].any()


@pytest.mark.parametrize("order", range(1, 8))
def test_max_re_gathers_the_most_energy_of_all_weights(order: int) -> None:
    """On an ideal sphere the length of the energy vector is a ratio of sums; slightly other weights make it less."""

    def energy_vector(a: np.ndarray) -> float:
        n = np.arange(1, order + 1)
        return float(2.0 * (n * a[1:] * a[:-1]).sum() / ((2 * np.arange(order + 1) + 1) * a**2).sum())

    best = order_weights("max-re", order)
    approximate = np.cos(np.radians(137.9 / (order + 1.51)))
    assert energy_vector(best) == pytest.approx(approximate, abs=3e-3)
    assert energy_vector(best) > energy_vector(order_weights("basic", order))
    for change in np.random.default_rng(order).standard_normal((200, order + 1)) * 0.05:
        assert energy_vector(best + change) <= energy_vector(best) + 1e-12


@pytest.mark.parametrize("order", range(1, 8))
def test_in_phase_weights_make_a_beam_without_a_side_lobe(order: int) -> None:
    """They are those of ((1 + cos) / 2) ** order: one lobe, and a zero right behind."""
    cosines = np.linspace(-1.0, 1.0, 101)
    coefficients = (2 * np.arange(order + 1) + 1) * order_weights("in-phase", order)
    beam = np.polynomial.legendre.legval(cosines, coefficients)
    np.testing.assert_allclose(beam / beam[-1], ((1.0 + cosines) / 2.0) ** order, atol=1e-12)


@pytest.mark.parametrize("name", ["5.1", "7.1.4", "22.2", "dome24"])
def test_in_phase_never_inverts_a_loudspeaker(name: str) -> None:
    assert played(Ambisonics(layout_named(name), 3, weights="in-phase"), EVERYWHERE).min() > -1e-9
    assert played(Ambisonics(layout_named(name), 3, weights="basic"), EVERYWHERE).min() < -0.05


def test_basic_on_an_even_sphere_gives_the_field_back() -> None:
    """Sampled again where the loudspeakers are, what they play is the field: re-encoding undoes decoding."""
    units = ICOSAHEDRON.points_m
    for decoder in ("allrad", "epad"):
        field = harmonics(units, 1).T @ decoder_for(ICOSAHEDRON, 1, decoder, "basic")
        scale = field[0, 0]
        if decoder == "epad":
            np.testing.assert_allclose(field, scale * np.eye(4), atol=1e-9)
        assert np.abs(field - np.diag(np.diag(field))).max() < 1e-3 * scale


@pytest.mark.parametrize(("name", "order"), [("cube", 1), ("7.1.4", 1), ("dome24", 2), ("22.2", 2), ("auro-13.1", 2)])
@pytest.mark.parametrize("weights", ["max-re", "in-phase", "basic"])
def test_epad_has_the_same_power_in_every_direction(name: str, order: int, weights: str) -> None:
    panner = Ambisonics(layout_named(name), order, "epad", weights)
    np.testing.assert_allclose((played(panner, EVERYWHERE) ** 2).sum(axis=1), 1.0, atol=1e-12)
    assert not panner.decoder[list(panner.layout.lfe_channels)].any()


@pytest.mark.parametrize(("name", "order", "hint"), [
    ("7.1.4", 3, "ambisonics-1-epad or ambisonics-3-allrad"), ("22.2", 3, "ambisonics-2-epad"),
    ("quad", 1, "use ambisonics-1-allrad"), ("octagon", 1, "ambisonics-1-allrad"), ("mono", 1, "allrad"),
])  # fmt: skip
def test_epad_says_what_a_rig_can_carry(name: str, order: int, hint: str) -> None:
    with pytest.raises(LayoutError, match=f"cannot carry epad of order {order}") as caught:
        Ambisonics(layout_named(name), order, "epad")
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", ["7.1.4", "22.2", "dome24", "cube"])
def test_epad_without_an_order_takes_the_highest_that_works(name: str) -> None:
    layout = layout_named(name)
    order = Ambisonics(layout, decoder="epad").order
    with pytest.raises(LayoutError):
        Ambisonics(layout, order + 1, "epad")


@pytest.mark.parametrize(("name", "order"), [("mono", 1), ("quad", 1), ("octagon", 3), ("cube", 1), ("7.1.4", 3),
                                            ("dome16", 4), ("dome24", 5)])  # fmt: skip
def test_allrad_without_an_order_takes_what_the_loudspeakers_are_enough_for(name: str, order: int) -> None:
    assert Ambisonics(layout_named(name)).order == order


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_a_higher_order_is_sharper(order: int) -> None:
    layout = layout_named("dome24")
    above = EVERYWHERE[EVERYWHERE[:, 2] > 0.2]
    lengths = [np.linalg.norm(energy_vectors(layout, played(Ambisonics(layout, n), above)), axis=1).mean()
               for n in (order, order + 1)]  # fmt: skip
    assert lengths[1] > lengths[0]


@pytest.mark.parametrize("name", ["hexagon", "octagon"])
def test_a_source_round_a_ring_is_where_it_should_be_and_as_loud_everywhere(name: str) -> None:
    layout = layout_named(name)
    ring = np.array([point_at(azimuth) for azimuth in range(360)])
    gains = played(Ambisonics(layout), ring)
    levels_db = 10.0 * np.log10((gains**2).sum(axis=1))
    assert np.ptp(levels_db) < 0.05
    towards = energy_vectors(layout, gains)
    np.testing.assert_allclose(towards / np.linalg.norm(towards, axis=1, keepdims=True), ring, atol=2e-3)


def test_a_source_at_a_loudspeaker_is_loudest_there() -> None:
    layout = layout_named("dome24")
    gains = played(Ambisonics(layout), layout.points_m)
    assert gains.argmax(axis=1).tolist() == list(range(24))


def test_of_loudspeakers_in_one_direction_the_farthest_plays() -> None:
    stacked = Layout("stacked", (Speaker("near", 0.0), Speaker("far", 0.0, 0.0, 4.0), Speaker("back", 180.0, 0.0, 2.0)))
    gains = played(Ambisonics(stacked), EVERYWHERE)
    assert np.abs(gains[:, 0]).max() < 1e-12
    assert gains[:, 1].max() > 0.5


def test_one_loudspeaker_plays_everything() -> None:
    np.testing.assert_allclose(played(Ambisonics(layout_named("mono"), 3), EVERYWHERE), 1.0, atol=1e-12)


def test_a_wide_source_is_the_mean_over_its_cap() -> None:
    """Against a sum over many directions in the cap, scaled to the level of a point."""
    bus, source = AmbisonicBus(3), np.array([point_at(50.0, 20.0)])
    fine, shares = sphere_grid(400)
    within = fine @ source[0] > np.cos(np.radians(45.0))
    mean = shares[within] @ harmonics(fine[within], 3)
    gains = bus.gains(source, 90.0)[0]
    np.testing.assert_allclose(gains / gains[0], mean / mean[0], atol=3e-3)


@pytest.mark.parametrize("name", ["cube", "dome24", "22.2"])
@pytest.mark.parametrize("spread_deg", [0.0, 20.0, 90.0, 200.0, 360.0])
def test_a_wide_source_is_as_loud_as_a_point(name: str, spread_deg: float) -> None:
    panner = Ambisonics(layout_named(name))
    assert SHARES @ (played(panner, EVERYWHERE, spread_deg) ** 2).sum(axis=1) == pytest.approx(1.0, abs=1e-9)


def test_a_wide_source_has_less_direction_and_one_in_the_head_has_none() -> None:
    bus, source = AmbisonicBus(3), np.array([point_at(-30.0)])
    direction = [np.linalg.norm(bus.gains(source, s)[0, 1:4]) / bus.gains(source, s)[0, 0] for s in (0, 40, 120, 300)]
    assert direction == sorted(direction, reverse=True)
    for everywhere in (bus.gains(source, 360.0), bus.gains(np.zeros((1, 3)))):
        assert not everywhere[0, 1:].any()


def test_a_point_on_an_ambisonic_bus_is_a_plane_wave() -> None:
    for order in (1, 4, 7):
        bus = AmbisonicBus(order)
        assert bus.decoder is None
        np.testing.assert_allclose(bus.gains(5.0 * EVERYWHERE), harmonics(EVERYWHERE, order), atol=1e-14)


@pytest.mark.parametrize(("name", "order", "decoder", "weights"), [
    ("ambisonics", None, "allrad", "max-re"), ("ambisonics-2", 2, "allrad", "max-re"),
    ("ambisonics-2-epad", 2, "epad", "max-re"), ("ambisonics-2-epad-in-phase", 2, "epad", "in-phase"),
    ("ambisonics-1-basic", 1, "allrad", "basic"), ("ambisonics-epad", None, "epad", "max-re"),
    ("ambisonics-in-phase", None, "allrad", "in-phase"), ("ambisonics-7-allrad-max-re", 7, "allrad", "max-re"),
])  # fmt: skip
def test_a_name_spells_a_panner(name: str, order: int | None, decoder: str, weights: str) -> None:
    layout = layout_named("dome24")
    panner = panner_for(layout, name)
    assert panner.decoder is not None
    np.testing.assert_array_equal(panner.decoder, Ambisonics(layout, order, decoder, weights).decoder)
    assert panner_for(layout, name) is panner


@pytest.mark.parametrize(("name", "message", "hint"), [
    ("ambisonics-0", "no Ambisonics of order 0", "orders go from 1 to 7"),
    ("ambisonics-8", "no Ambisonics of order 8", "orders go from 1 to 7"),
    ("ambisonics-3-epda", "'epda' says nothing here; did you mean 'epad'", "allrad or epad"),
    ("ambisonics-max_re", "did you mean 'max-re'", "max-re or in-phase or basic"),
    ("ambisonics-max-re-3", "'3' says nothing", "ORDER-DECODER-WEIGHTS"),
    ("ambisonics3", "'3' says nothing", "ORDER-DECODER-WEIGHTS"),
    ("ambisonics-", "'ambisonics-'", "ORDER-DECODER-WEIGHTS"),
    ("ambisonic", "did you mean 'ambisonics'", "such as ambisonics-3"),
    ("vbpa", "did you mean 'vbap'", "dbap, nearest"),
])  # fmt: skip
def test_a_name_that_spells_nothing_is_explained(name: str, message: str, hint: str) -> None:
    with pytest.raises(LayoutError) as caught:
        panner_for(layout_named("7.1.4"), name)
    assert message in str(caught.value)
    assert hint in caught.value.hint


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0)), min_size=1, max_size=9))
def test_allrad_decodes_to_any_rig(rig_deg: list[tuple[float, float]]) -> None:
    rig = Layout("any", tuple(Speaker(str(n), *angles, 1.0 + n) for n, angles in enumerate(rig_deg)))
    powers = (played(Ambisonics(rig), EVERYWHERE) ** 2).sum(axis=1)
    assert SHARES @ powers == pytest.approx(1.0, abs=1e-9)
    assert powers.min() > 0.05


def test_a_decoder_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'sad' is none of allrad, epad"):
        Ambisonics(layout_named("quad"), 1, "sad")
    with pytest.raises(ValueError, match="'maxre' is none of max-re, in-phase, basic"):
        Ambisonics(layout_named("quad"), None, weights="maxre")


def test_an_order_is_refused_where_there_is_no_name() -> None:
    for make in (lambda: Ambisonics(layout_named("quad"), 8), lambda: AmbisonicBus(0)):
        with pytest.raises(LayoutError) as caught:
            make()
        assert caught.value.hint == "orders go from 1 to 7"


def test_degrees_of_a_decoder_share_its_power() -> None:
    decoder = decoder_for(layout_named("22.2"), 3, "allrad", "max-re")
    for n, power in enumerate(degree_powers(decoder)):
        part = harmonics(EVERYWHERE, 3)[:, degrees(3) == n] @ decoder[:, degrees(3) == n].T
        assert SHARES @ (part**2).sum(axis=1) == pytest.approx(power, abs=1e-12)


@pytest.mark.parametrize("order", [1, 2])
def test_decoders_are_those_of_spaudiopy(order: int) -> None:
    interpreter = os.environ.get("SOUNDSCAPE_SPAUDIOPY")
    if not interpreter:
        pytest.skip("SOUNDSCAPE_SPAUDIOPY names no interpreter that has spaudiopy")
    units = ICOSAHEDRON.points_m
    places = np.stack([units[:, 1], -units[:, 0], units[:, 2]], axis=-1)
    script = Path(__file__).parents[1] / "oracles" / "spaudiopy_allrad.py"
    request = json.dumps({"places": places.tolist(), "order": order})
    answer = subprocess.run([interpreter, str(script)], input=request, capture_output=True, text=True, check=True)
    for decoder, weights, off in (("allrad", "max-re", 0.01), ("epad", "basic", 1e-9)):
        theirs = np.array(json.loads(answer.stdout.splitlines()[-1])[decoder]) * n3d_factors(order)
        ours = decoder_for(ICOSAHEDRON, order, decoder, weights)
        scale = np.linalg.norm(ours) / np.linalg.norm(theirs)
        np.testing.assert_allclose(ours, theirs * scale, atol=off * np.abs(ours).max())

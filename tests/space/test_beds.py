"""Beds: sound fields of any convention are turned, brought to a bus and keep their power; stereo pairs stand apart."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.errors import AudioError
from soundscape.space.beds import ORTF_DEG, PAIR_DEG, ambix_from, bed_gains, pair
from soundscape.space.harmonics import harmonics
from soundscape.space.layout import layout_named
from soundscape.space.panners import Panner, panner_for
from soundscape.space.panners.ambisonics import AmbisonicBus, Ambisonics
from soundscape.space.quadrature import sphere_grid
from soundscape.space.rotation import turn
from soundscape.space.trajectory import Points, point_at

EVERYWHERE, SHARES = sphere_grid(40)


def by_malham(directions: Points) -> np.ndarray:
    """Third-order FuMa by its table: azimuth to the left, elevation up."""
    azimuth = np.arctan2(-directions[:, 0], directions[:, 1])
    elevation = np.arcsin(np.clip(directions[:, 2], -1.0, 1.0))
    (s, c), (sa, ca) = ((np.sin(a), np.cos(a)) for a in (elevation, azimuth))
    s2, c2, s3, c3 = np.sin(2 * azimuth), np.cos(2 * azimuth), np.sin(3 * azimuth), np.cos(3 * azimuth)
    lm, no = np.sqrt(135.0 / 256.0), np.sqrt(27.0 / 4.0)
    return np.stack([
        np.full(len(s), 0.5**0.5), ca * c, sa * c, s,
        (3 * s**2 - 1) / 2, ca * np.sin(2 * elevation), sa * np.sin(2 * elevation), c2 * c**2, s2 * c**2,
        s * (5 * s**2 - 3) / 2, lm * ca * c * (5 * s**2 - 1), lm * sa * c * (5 * s**2 - 1),
        no * c2 * s * c**2, no * s2 * s * c**2, c3 * c**3, s3 * c**3,
    ], axis=-1)  # fmt: skip


def by_cardioids(directions: Points) -> np.ndarray:
    """Four cardioids in one point: ahead left up, ahead right down, behind left down, behind right up."""
    capsules = np.array([[-1, 1, 1], [1, 1, -1], [-1, -1, -1], [1, -1, 1]]) / np.sqrt(3.0)
    return (1.0 + directions @ capsules.T) / 2.0


@pytest.mark.parametrize(("n_channels", "order"), [(4, 1), (9, 2), (16, 3)])
def test_fuma_becomes_ambix(n_channels: int, order: int) -> None:
    brought = by_malham(EVERYWHERE)[:, :n_channels] @ ambix_from("fuma", n_channels).T
    np.testing.assert_allclose(brought, harmonics(EVERYWHERE, order), atol=1e-12)


def test_four_cardioids_become_ambix() -> None:
    brought = by_cardioids(EVERYWHERE) @ ambix_from("a-format", 4).T
    np.testing.assert_allclose(brought, harmonics(EVERYWHERE, 1), atol=1e-12)


def test_ambix_stays_what_it_is() -> None:
    for order in range(1, 8):
        np.testing.assert_array_equal(ambix_from("ambix", (order + 1) ** 2), np.eye((order + 1) ** 2))


@pytest.mark.parametrize(("kind", "n_channels", "hint"), [
    ("ambix", 5, "4, 9, 16, 25, 36, 49, 64"), ("ambix", 1, "4, 9"), ("ambix", 81, "64"), ("fuma", 25, "4, 9, 16"),
    ("fuma", 3, "4, 9, 16"), ("a-format", 9, "a-format has 4 channels"), ("b-format", 4, "ambix, fuma, a-format"),
])  # fmt: skip
def test_channels_that_cannot_be_are_explained(kind: str, n_channels: int, hint: str) -> None:
    with pytest.raises(AudioError) as caught:
        ambix_from(kind, n_channels)
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


FIELDS = {
    "ambix": lambda n: harmonics(EVERYWHERE, int(n**0.5) - 1),
    "fuma": lambda n: by_malham(EVERYWHERE)[:, :n],
    "a-format": lambda _: by_cardioids(EVERYWHERE),
}
TAKES = [("ambix", 4), ("ambix", 16), ("ambix", 64), ("fuma", 4), ("fuma", 9), ("a-format", 4)]


@pytest.mark.parametrize("panner_name", ["vbap", "dbap", "ambisonics", "ambisonics-1", "ambisonics-5-in-phase"])
@pytest.mark.parametrize("layout_name", ["stereo", "quad", "7.1.4", "22.2"])
@pytest.mark.parametrize(("kind", "n_channels"), TAKES)
def test_a_diffuse_field_keeps_its_power(panner_name: str, layout_name: str, kind: str, n_channels: int) -> None:
    layout = layout_named(layout_name)
    panner = panner_for(layout, panner_name)
    played = FIELDS[kind](n_channels) @ heard(
        panner, bed_gains(panner, layout, kind, n_channels, turn(50.0, 20.0, -9.0))
    )
    assert SHARES @ (played**2).sum(axis=1) == pytest.approx(1.0, abs=1e-9)
    assert not played[:, list(layout.lfe_channels)].any()


def heard(panner: Panner, gains: np.ndarray) -> np.ndarray:
    return gains if panner.decoder is None else gains @ panner.decoder.T


@pytest.mark.parametrize("n_channels", [4, 16])
def test_a_bed_sounds_the_same_on_loudspeakers_and_through_a_finer_field(n_channels: int) -> None:
    layout = layout_named("7.1.4")
    direct, field = panner_for(layout), Ambisonics(layout, 5)
    np.testing.assert_allclose(heard(field, bed_gains(field, layout, "ambix", n_channels, turn(15.0))),
                               bed_gains(direct, layout, "ambix", n_channels, turn(15.0)), atol=1e-12)  # fmt: skip


def test_an_ambisonic_bus_gets_the_field_itself() -> None:
    layout = layout_named("mono")
    np.testing.assert_array_equal(bed_gains(AmbisonicBus(3), layout, "ambix", 16), np.eye(16))
    np.testing.assert_array_equal(bed_gains(AmbisonicBus(2), layout, "ambix", 16), np.eye(16)[:, :9])
    np.testing.assert_array_equal(bed_gains(AmbisonicBus(2), layout, "ambix", 4), np.eye(9)[:4])


def test_a_turned_bed_has_its_front_where_it_was_turned_to() -> None:
    matrix = turn(75.0, 30.0, 10.0)
    ahead, there = (np.array([point_at(*angles)]) for angles in ((0.0, 0.0), (75.0, 30.0)))
    gains = bed_gains(AmbisonicBus(2), layout_named("mono"), "fuma", 9, matrix)
    np.testing.assert_allclose(by_malham(ahead)[:, :9] @ gains, harmonics(there, 2), atol=1e-12)


def test_a_bed_turned_to_a_loudspeaker_is_loudest_there() -> None:
    layout = layout_named("octagon")
    for channel, speaker in enumerate(layout.speakers):
        gains = bed_gains(panner_for(layout), layout, "ambix", 4, turn(speaker.azimuth_deg))
        played = harmonics(np.array([[0.0, 1.0, 0.0]]), 1) @ gains
        assert played.argmax() == channel


def test_degrees_keep_their_shares_when_a_field_is_cut() -> None:
    layout = layout_named("dome24")
    coarse = Ambisonics(layout, 1)
    cut = harmonics(EVERYWHERE, 3) @ heard(coarse, bed_gains(coarse, layout, "ambix", 16))
    np.testing.assert_allclose(cut, harmonics(EVERYWHERE, 1) @ coarse.decoder.T, atol=1e-12)


@pytest.mark.parametrize("width_deg", [PAIR_DEG, ORTF_DEG, 0.0])
def test_a_pair_stands_at_both_sides_of_its_middle(width_deg: float) -> None:
    middle = np.array([point_at(20.0, 15.0, 3.0), point_at(-100.0, 0.0, 1.0)])
    left, right = pair(middle, width_deg)
    for side, sign in ((left, 1.0), (right, -1.0)):
        np.testing.assert_allclose(np.linalg.norm(side, axis=1), [3.0, 1.0], atol=1e-12)
        np.testing.assert_allclose(side[:, 2], middle[:, 2], atol=1e-12)
        azimuths_deg = np.degrees(np.arctan2(-side[:, 0], side[:, 1]))
        np.testing.assert_allclose(azimuths_deg, np.array([20.0, -100.0]) + sign * width_deg / 2.0, atol=1e-9)


def test_an_angle_no_pair_has_is_refused() -> None:
    with pytest.raises(ValueError, match="width_deg"):
        pair(np.zeros((1, 3)), -1.0)

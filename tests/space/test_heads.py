"""Heads as acoustics knows them, and what of a head comes through an Ambisonic bus."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.heads.analytic import EAR_DEG, RADIUS_M, _left_ear, _sphere, analytic_head
from soundscape.space.heads.diffuse import area_shares, diffuse_equalised, shared_delay_s
from soundscape.space.heads.head import Head, even_directions
from soundscape.space.heads.magls import aliasing_hz, binaural_filters, latency_frames
from soundscape.space.trajectory import Points, point_at
from tests.space.ears import Floats, circle, ild_db, itd_us, plain_fit, rms, third_octaves_db, through, towards

RATE_HZ = 48_000
MIRROR = np.array([-1.0, 1.0, 1.0])
AXES = np.concatenate([np.eye(3), -np.eye(3)])


def open_air(directions: Points, responses: Floats | None = None, rate_hz: int = RATE_HZ) -> Head:
    return Head("air", directions, np.ones((len(directions), 2, 1)) if responses is None else responses, rate_hz)


# Heads


def test_a_head_keeps_a_copy_that_nobody_writes_to() -> None:
    directions, responses = AXES.copy(), np.ones((6, 2, 4))
    head = Head("air", directions, responses, RATE_HZ)
    responses[:], directions[:] = 7.0, 0.0
    assert head.responses.max() == 1.0
    assert head.directions.max() == 1.0
    with pytest.raises(ValueError, match="read-only"):
        head.responses[0] = 0.0
    with pytest.raises(FrozenInstanceError):
        head.name = "other"  # type: ignore[misc]


def with_value(value: float) -> Floats:
    responses = np.ones((6, 2, 4))
    responses[3, 1, 2] = value
    return responses


@pytest.mark.parametrize(
    ("directions", "responses", "rate_hz", "reason"),
    [
        (AXES[:, :2], np.ones((6, 2, 4)), RATE_HZ, r"directions must be \(n, 3\)"),
        (AXES[:0], np.ones((0, 2, 4)), RATE_HZ, r"directions must be \(n, 3\)"),
        (AXES, np.ones((5, 2, 4)), RATE_HZ, r"responses must be \(6, 2, n_taps\)"),
        (AXES, np.ones((6, 1, 4)), RATE_HZ, r"responses must be \(6, 2, n_taps\)"),
        (AXES, np.ones((6, 2, 0)), RATE_HZ, r"responses must be \(6, 2, n_taps\)"),
        (AXES, with_value(np.nan), RATE_HZ, "finite"),
        (AXES, with_value(-np.inf), RATE_HZ, "finite"),
        (AXES, with_value(2e6), RATE_HZ, "finite"),
        (AXES, np.ones((6, 2, 4)) * [[[1.0], [0.0]]], RATE_HZ, "the right ear hears nothing"),
        (AXES * 1.001, np.ones((6, 2, 4)), RATE_HZ, "unit vectors"),
        (AXES * np.nan, np.ones((6, 2, 4)), RATE_HZ, "unit vectors"),
        (AXES, np.ones((6, 2, 4)), 7_999, "rate_hz"),
        (AXES, np.ones((6, 2, 4)), 192_001, "rate_hz"),
        (circle(), np.ones((72, 2, 4)), RATE_HZ, "elevation -?90"),
        (AXES[:5], np.ones((5, 2, 4)), RATE_HZ, "elevation -90"),
    ],
)
def test_a_head_that_cannot_be_is_refused(directions: Points, responses: Floats, rate_hz: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Head("bad", directions, responses, rate_hz)


@pytest.mark.parametrize("rate_hz", [44_100, 32_000, 96_000])
def test_another_rate_hears_the_same_level_and_phase(rate_hz: int) -> None:
    head = analytic_head(RATE_HZ)
    other = head.resampled(rate_hz)
    hertz = np.linspace(100.0, 0.8 * min(RATE_HZ, rate_hz) / 2.0, 50)

    def heard(which: Head) -> NDArray[np.complex128]:
        turns = np.exp(-2j * np.pi * np.arange(which.n_taps)[:, None] * hertz / which.rate_hz)
        return np.asarray(which.responses[:40] @ turns)

    assert other.rate_hz == rate_hz
    assert np.abs(heard(other) - heard(head)).max() < 0.02 * np.abs(heard(head)).max()
    assert head.resampled(RATE_HZ) is head


@pytest.mark.parametrize("rate_hz", [0, 7_999, 192_001])
def test_no_head_is_at_a_rate_beyond_its_range(rate_hz: int) -> None:
    with pytest.raises(ValueError, match="rate_hz"):
        analytic_head().resampled(rate_hz)
    with pytest.raises(ValueError, match="rate_hz"):
        analytic_head(rate_hz)


def test_even_directions_are_even() -> None:
    directions = even_directions(500)
    alike = directions @ directions.T - 3.0 * np.eye(500)
    apart_deg = np.degrees(np.arccos(alike.max(axis=1)))
    assert apart_deg.min() > 0.7 * apart_deg.max()
    assert apart_deg.max() < 10.0


# Sound from everywhere


def test_where_a_grid_is_dense_each_direction_stands_for_less() -> None:
    left, right = even_directions(4_000), even_directions(400)
    head = open_air(np.concatenate([left[left[:, 0] < 0.0], right[right[:, 0] >= 0.0]]))
    shares = area_shares(head)
    assert abs(shares.sum() - 1.0) < 1e-12
    assert abs(shares[head.directions[:, 0] < 0.0].sum() - 0.5) < 0.03


def test_the_rim_of_a_hole_does_not_speak_for_the_hole() -> None:
    around = even_directions(1_000)
    head = open_air(around[around[:, 2] > -0.6])
    rim = area_shares(head)[head.directions[:, 2] < -0.55]
    assert rim.max() < 3.0 / len(head.directions)


def test_a_delay_that_all_share_is_found() -> None:
    late = np.zeros((6, 2, 200))
    late[:, :, 77] = 1.0
    assert shared_delay_s(open_air(AXES, late)) == pytest.approx(77 / RATE_HZ, abs=1e-9)


@pytest.mark.parametrize("colour", [[1.0, -0.7], [1.0, 0.6, 0.3], [0.02]])
def test_without_its_colour_a_head_hears_everywhere_at_power_one(colour: list[float]) -> None:
    head = analytic_head()
    coloured = np.apply_along_axis(np.convolve, 2, head.responses, colour)
    clear = diffuse_equalised(open_air(head.directions, coloured))
    power = (10.0 ** (third_octaves_db(clear.responses, RATE_HZ, 80.0, 15_000.0) / 10.0)).sum(axis=1)
    everywhere_db = 10.0 * np.log10(area_shares(clear) @ power)
    np.testing.assert_allclose(everywhere_db, 0.0, atol=0.5)


def test_without_its_colour_the_ears_differ_as_before() -> None:
    head = analytic_head()
    clear = diffuse_equalised(head)
    for low_hz, high_hz in ((320.0, 10_000.0),):
        before, after = (ild_db(towards(h, circle()), RATE_HZ, low_hz, high_hz) for h in (head, clear))
        np.testing.assert_allclose(after, before, atol=1.0)
    assert rms(itd_us(towards(clear, circle()), RATE_HZ) - itd_us(towards(head, circle()), RATE_HZ)) < 25.0


# The head that needs no file


def test_left_and_right_are_exact_mirrors() -> None:
    head = analytic_head()
    by_place = {tuple(direction): pair for direction, pair in zip(head.directions + 0.0, head.responses, strict=True)}
    for direction, pair in by_place.items():
        other = by_place[tuple(np.array(direction) * MIRROR + 0.0)]
        np.testing.assert_array_equal(pair, other[::-1])


def test_a_long_wave_passes_the_sphere_as_kuhn_says() -> None:
    hertz = np.array([0.0, 100.0])
    ears = np.array([point_at(EAR_DEG), point_at(-EAR_DEG)])
    for azimuth_deg in (10.0, 45.0, 90.0, 130.0):
        left, right = _sphere(ears @ np.array(point_at(azimuth_deg)), hertz)[:, 1]
        later_us = np.angle(left / right) / (2.0 * np.pi * hertz[1]) * 1e6
        seen = np.sin(np.radians(azimuth_deg)) * np.sin(np.radians(EAR_DEG))
        assert later_us == pytest.approx(3.0 * RADIUS_M / SOUND_M_PER_S * seen * 1e6, rel=0.03)


def test_a_short_wave_is_doubled_on_the_near_side_and_gone_on_the_far_one() -> None:
    near, edge, far = 20.0 * np.log10(np.abs(_sphere(np.array([1.0, 0.0, -0.8]), np.array([0.0, 15_000.0]))[:, 1]))
    assert 5.5 < near < 7.0  # pressure doubles at a wall; the source is a little nearer to it than to the middle
    assert 1.0 < edge < 3.5  # 1.4 where a plane wave grazes something large and round (Fock, 1945)
    assert far < -10.0


def test_the_far_ear_hears_later_and_less_the_more_the_higher() -> None:
    head = analytic_head()
    left = towards(head, np.array([point_at(90.0)]))
    assert 600.0 < itd_us(left, RATE_HZ)[0] < 800.0
    low, middle, high = (
        ild_db(left, RATE_HZ, *band).mean() for band in ((200.0, 500.0), (700.0, 3_000.0), (6_000.0, 12_000.0))
    )
    assert 1.0 < low < middle < high < 30.0


def test_time_between_ears_grows_to_the_side_and_falls_behind() -> None:
    times_us = itd_us(towards(analytic_head(), circle()), RATE_HZ)
    assert abs(times_us[0]) < 1.0
    assert abs(times_us[36]) < 1.0
    assert (np.diff(times_us[:17]) > 0.0).all()
    assert (np.diff(times_us[20:37]) < 0.0).all()
    np.testing.assert_allclose(times_us[1:], -times_us[:0:-1], atol=1.0)


def test_elevation_is_heard_on_the_middle_plane() -> None:
    low, level, high = towards(analytic_head(), np.array([point_at(0.0, e) for e in (-40.0, 0.0, 60.0)]))
    for one, other in ((low, level), (level, high)):
        levels = [third_octaves_db(ears[0], RATE_HZ, 3_000.0, 13_000.0) for ears in (one, other)]
        assert rms(levels[0] - levels[1]) > 1.5


@pytest.mark.parametrize("through_pole_at_deg", [0.0, 33.0, 90.0])
def test_no_place_on_the_sphere_is_special(through_pole_at_deg: float) -> None:
    hertz = np.linspace(0.0, 10_000.0, 40)
    turn = np.radians(np.arange(0.0, 360.0, 0.25))
    across = np.array(point_at(through_pole_at_deg))
    way = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * np.array([0.0, 0.0, 1.0])
    heard = _left_ear(way, hertz)
    bend = np.abs(heard - 0.5 * (np.roll(heard, 1, axis=0) + np.roll(heard, -1, axis=0)))
    assert bend.max() < 0.005 * np.abs(heard).max()


# Through the bus


@pytest.mark.parametrize("order", range(1, 8))
def test_every_order_gives_filters_that_begin_and_end_softly(order: int) -> None:
    filters = binaural_filters(analytic_head(), order, RATE_HZ)
    assert filters.shape == (2, (order + 1) ** 2, 256)
    assert np.isfinite(filters).all()
    most = np.abs(filters).max()
    assert np.abs(filters[:, :, :4]).max() < 0.002 * most
    assert np.abs(filters[:, :, -4:]).max() < 0.002 * most
    assert binaural_filters(analytic_head(), order, RATE_HZ) is filters


@pytest.mark.parametrize(("order", "n_taps", "rate_hz"), [(0, 256, 48_000), (8, 256, 48_000), (3, 63, 48_000),
                                                          (3, 256, 7_000), (3, 256, 200_000)])  # fmt: skip
def test_what_cannot_be_fitted_is_refused(order: int, n_taps: int, rate_hz: int) -> None:
    with pytest.raises(ValueError, match="got"):
        binaural_filters(analytic_head(), order, rate_hz, n_taps)


@pytest.mark.parametrize("order", [1, 4])
def test_a_mirrored_source_swaps_the_ears(order: int) -> None:
    filters = binaural_filters(analytic_head(), order, RATE_HZ)
    places = even_directions(50)
    np.testing.assert_allclose(through(filters, places * MIRROR), through(filters, places)[:, ::-1], atol=1e-9)
    left = through(filters, np.array([point_at(90.0)]))[0]
    assert np.square(left[0]).sum() > 2.0 * np.square(left[1]).sum()


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("order", [1, 3, 5, 7])
def test_sound_from_everywhere_has_power_one_in_every_third_of_an_octave(order: int, rate_hz: int) -> None:
    heard = through(binaural_filters(analytic_head(), order, rate_hz), even_directions(400))
    power = (10.0 ** (third_octaves_db(heard, rate_hz, 100.0, 15_000.0) / 10.0)).mean(axis=0)
    np.testing.assert_allclose(10.0 * np.log10(power.sum(axis=0)), 0.0, atol=0.7)
    np.testing.assert_allclose(10.0 * np.log10(power[0] / power[1]), 0.0, atol=0.3)


@pytest.mark.parametrize("order", [1, 3, 5, 7])
def test_a_source_ahead_is_about_as_loud_as_one_panned_to_two_loudspeakers(order: int) -> None:
    ahead = through(binaural_filters(analytic_head(), order, RATE_HZ), np.array([point_at(0.0)]))
    power = (10.0 ** (third_octaves_db(ahead, RATE_HZ, 100.0, 10_000.0) / 10.0)).sum(axis=1)
    assert abs(10.0 * np.log10(power.mean())) < 2.5


@pytest.mark.parametrize(("order", "within_us"), [(3, 25.0), (5, 15.0), (7, 15.0)])
def test_time_between_ears_comes_through(order: int, within_us: float) -> None:
    head = diffuse_equalised(analytic_head())
    heard = itd_us(through(binaural_filters(analytic_head(), order, RATE_HZ), circle()), RATE_HZ)
    assert np.abs(heard - itd_us(towards(head, circle()), RATE_HZ)).max() < within_us


@pytest.mark.parametrize("order", [1, 3, 5])
def test_above_aliasing_level_comes_through_better_than_by_plain_least_squares(order: int) -> None:
    head = diffuse_equalised(analytic_head())
    wanted = third_octaves_db(head.responses, RATE_HZ, 1.5 * aliasing_hz(order), 10_000.0)
    errors_db = [
        np.abs(
            third_octaves_db(through(filters, head.directions), RATE_HZ, 1.5 * aliasing_hz(order), 10_000.0) - wanted
        )
        for filters in (binaural_filters(analytic_head(), order, RATE_HZ), plain_fit(head, order))
    ]
    assert errors_db[0].mean() < 0.6 * errors_db[1].mean()


def test_below_aliasing_level_and_phase_come_through() -> None:
    head = diffuse_equalised(analytic_head())
    heard = through(binaural_filters(analytic_head(), 5, RATE_HZ), head.directions)
    levels = third_octaves_db(heard, RATE_HZ, 100.0, 1_500.0) - third_octaves_db(
        head.responses, RATE_HZ, 100.0, 1_500.0
    )
    assert np.abs(levels).mean() < 0.3


@pytest.mark.parametrize("n_taps", [128, 256, 512])
def test_filters_are_late_by_what_they_say(n_taps: int) -> None:
    heard = through(binaural_filters(analytic_head(), 3, RATE_HZ, n_taps), circle())
    power = np.square(heard).sum(axis=(0, 1))
    middle = (power @ np.arange(n_taps)) / power.sum()
    assert abs(middle - latency_frames(n_taps)) < 8.0
    assert latency_frames(256) / RATE_HZ < 0.002


@pytest.mark.parametrize("order", range(1, 8))
def test_where_nothing_was_measured_nothing_grows(order: int) -> None:
    whole = analytic_head()
    known = whole.directions[:, 2] > np.sin(np.radians(-45.0))
    head = Head("no floor", whole.directions[known], whole.responses[known], RATE_HZ)
    places = even_directions(800)
    power = np.square(through(binaural_filters(head, order, RATE_HZ), places)).sum(axis=(1, 2))
    hole = places[:, 2] < np.sin(np.radians(-50.0))
    assert power[hole].max() < 2.0 * power[~hole].max()
    assert power[hole].min() > 0.25 * power[~hole].min()


def test_a_few_directions_are_enough_for_something_whole() -> None:
    places = even_directions(24)
    whole = analytic_head()
    nearest = (places @ whole.directions.T).argmax(axis=1)
    head = Head("sparse", whole.directions[nearest], whole.responses[nearest], RATE_HZ)
    power = np.square(through(binaural_filters(head, 7, RATE_HZ), even_directions(800))).sum(axis=(1, 2))
    assert power.max() < 6.0
    assert power.min() > 0.05

"""The calculated head and the filters against measured heads: KEMAR (MIT, 1994) and KU 100 (Cologne, 2013)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from soundscape.space.heads.analytic import analytic_head
from soundscape.space.heads.diffuse import area_shares, diffuse_equalised
from soundscape.space.heads.head import Head, even_directions
from soundscape.space.heads.magls import aliasing_hz, binaural_filters
from soundscape.space.heads.sofa import read_sofa
from soundscape.space.trajectory import point_at
from tests.space.ears import circle, ild_db, itd_us, plain_fit, rms, third_octaves_db, through, towards

pytestmark = pytest.mark.shared

RATE_HZ = 48_000
FILES = {"kemar": "mit_kemar_normal_pinna.sofa", "ku100": "fhk_ku100_l2354.sofa"}
N_DIRECTIONS = {"kemar": 710, "ku100": 2354}


@cache
def measured(path: Path) -> Head:
    return read_sofa(path)


@cache
def clear(path: Path) -> Head:
    """As the filters take it: at their rate, without its own colour."""
    return diffuse_equalised(measured(path).resampled(RATE_HZ))


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest, shared: Path) -> Path:
    return path_of(request.param, shared)


@pytest.fixture
def kemar(shared: Path) -> Path:
    return path_of("kemar", shared)


def path_of(name: str, shared: Path) -> Path:
    pytest.importorskip("h5py", reason="h5py is not installed")
    path = shared / "hrtf" / FILES[name]
    if not path.is_file():
        pytest.skip(f"no measured head at {path}")
    return path


def flat(head: Head) -> np.ndarray:
    """Directions of the horizontal plane, as indices."""
    return np.flatnonzero(np.abs(head.directions[:, 2]) < 0.02)


def test_a_measured_head_hears_the_left_with_its_left_ear(path: Path) -> None:
    head = measured(path)
    assert len(head.directions) == dict(zip(FILES.values(), N_DIRECTIONS.values(), strict=True))[path.name]
    left = head.responses[(head.directions @ np.array(point_at(90.0))).argmax()]
    assert 10.0 * np.log10(np.square(left[0]).sum() / np.square(left[1]).sum()) > 9.0
    assert 600.0 < itd_us(left[None], head.rate_hz)[0] < 850.0


def test_the_calculated_head_has_kemars_time_between_the_ears(kemar: Path) -> None:
    head, other = measured(kemar), analytic_head(RATE_HZ)
    errors_us = itd_us(towards(other, circle()), RATE_HZ) - itd_us(towards(head, circle()), head.rate_hz)
    assert np.abs(errors_us).max() <= 60.0
    assert rms(errors_us) < 35.0


@pytest.mark.parametrize(("low_hz", "high_hz", "within_db"), [(300.0, 1_500.0, 2.3), (1_500.0, 4_000.0, 2.9),
                                                               (4_000.0, 12_500.0, 5.3)])  # fmt: skip
def test_the_calculated_head_is_near_kemars_level_between_the_ears(
    kemar: Path, low_hz: float, high_hz: float, within_db: float
) -> None:
    head, other = measured(kemar), analytic_head(RATE_HZ)
    wanted = ild_db(towards(head, circle()), head.rate_hz, low_hz, high_hz)
    errors_db = ild_db(towards(other, circle()), RATE_HZ, low_hz, high_hz) - wanted
    assert rms(errors_db) < within_db
    assert rms(errors_db) < 0.65 * rms(wanted)


def test_sound_from_everywhere_comes_out_as_it_went_in(path: Path) -> None:
    head = clear(path)
    power = (10.0 ** (third_octaves_db(head.responses, RATE_HZ, 100.0, 10_000.0) / 10.0)).sum(axis=1)
    np.testing.assert_allclose(10.0 * np.log10(area_shares(head) @ power), 0.0, atol=1.0)


@pytest.mark.parametrize(("order", "within_db"), [(1, 2.4), (3, 1.1), (5, 0.9), (7, 0.8)])
def test_the_horizontal_plane_keeps_its_levels_below_10_khz(path: Path, order: int, within_db: float) -> None:
    head = clear(path)
    around = flat(head)
    heard = through(binaural_filters(measured(path), order, RATE_HZ), head.directions[around])
    errors_db = third_octaves_db(heard, RATE_HZ, 100.0, 10_000.0) - third_octaves_db(
        head.responses[around], RATE_HZ, 100.0, 10_000.0
    )
    assert np.abs(errors_db).mean() < within_db


@pytest.mark.parametrize("order", [1, 3, 5])
def test_above_aliasing_levels_are_nearer_than_by_plain_least_squares(path: Path, order: int) -> None:
    head = clear(path)
    band_hz = 1.5 * aliasing_hz(order), 10_000.0
    wanted = third_octaves_db(head.responses, RATE_HZ, *band_hz)
    ours, plain = (
        np.abs(third_octaves_db(through(filters, head.directions), RATE_HZ, *band_hz) - wanted).mean()
        for filters in (binaural_filters(measured(path), order, RATE_HZ), plain_fit(head, order))
    )
    assert ours < 0.6 * plain


@pytest.mark.parametrize(("order", "within_us"), [(2, 130.0), (3, 40.0), (5, 20.0), (7, 20.0)])
def test_time_between_the_ears_comes_through(path: Path, order: int, within_us: float) -> None:
    head = clear(path)
    around = flat(head)
    heard = through(binaural_filters(measured(path), order, RATE_HZ), head.directions[around])
    errors_us = itd_us(heard, RATE_HZ) - itd_us(head.responses[around], RATE_HZ)
    assert np.abs(errors_us).max() < within_us


@pytest.mark.parametrize("order", range(1, 8))
def test_nothing_grows_where_nothing_was_measured(path: Path, order: int) -> None:
    filters = binaural_filters(measured(path), order, RATE_HZ)
    places = even_directions(1_000)
    power = np.square(through(filters, places)).sum(axis=(1, 2))
    below = places[:, 2] < np.sin(np.radians(-45.0))
    assert np.isfinite(filters).all()
    assert power[below].max() < power[~below].max()
    assert power[below].min() > 0.1
    assert power.max() < 2.5


@pytest.mark.parametrize("order", [1, 5])
def test_a_source_ahead_is_about_as_loud_as_one_panned_to_two_loudspeakers(path: Path, order: int) -> None:
    ahead = through(binaural_filters(measured(path), order, RATE_HZ), np.array([point_at(0.0)]))
    power = (10.0 ** (third_octaves_db(ahead, RATE_HZ, 100.0, 10_000.0) / 10.0)).sum(axis=1)
    assert abs(10.0 * np.log10(power.mean())) < 2.5

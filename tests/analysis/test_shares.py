"""The network that hears events: that it says what plain sums say, how far it sees, and what it has learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from soundscape.analysis.frames import HOPS_PER_S, N_BANDS, Floats
from soundscape.analysis.held import AROUND_S
from soundscape.analysis.segmenters import shares as shares_module
from soundscape.analysis.segmenters.shares import Listener, listener, save, shares_of
from soundscape.analysis.segmenters.standing import FLOOR_S, HOP_FRAMES, N_VIEWS, SMOOTH_FRAMES, picture_of

N_CHANNELS, N_MIXED, N_AROUND = (3, 4, 5), 6, 3
SEEN = 2 + 1 + 1 + sum(2**number for number in range(N_AROUND))
"""Steps before and after: of the three kernels, and of each layer after them."""


def network(seed: int = 3) -> Listener:
    rng = np.random.default_rng(seed)
    sizes = list(zip((5, 3, 3), (5, 3, 3), (N_VIEWS, *N_CHANNELS), N_CHANNELS, strict=False))
    layers = [table for size in sizes for table in (rng.normal(0.0, 0.3, size), rng.normal(0.0, 0.1, size[-1]))]
    ends = [rng.normal(0.0, 0.2, shape) for shape in (
        (N_CHANNELS[-1] * N_BANDS // 8, N_MIXED), (N_MIXED,), (N_AROUND, 3 * N_MIXED, N_MIXED), (N_AROUND, N_MIXED),
        (N_MIXED, 3), (3,))]  # fmt: skip
    return Listener(*(np.asarray(table, np.float32) for table in layers + ends))


def slowly_said(of: Listener, picture: Floats) -> Floats:
    """The same by correlations of whole planes and by loops over steps, in double precision."""
    planes = [np.asarray(picture[..., view], np.float64) for view in range(picture.shape[2])]
    for kernel, bias in ((of.kernel_1, of.bias_1), (of.kernel_2, of.bias_2), (of.kernel_3, of.bias_3)):
        around = [(size // 2, size // 2) for size in kernel.shape[:2]]
        planes = [np.maximum(sum(correlate(np.pad(plane, around), kernel[:, :, number, to], "valid", "direct")
                                 for number, plane in enumerate(planes)) + bias[to], 0.0)[:, ::2]
                  for to in range(kernel.shape[3])]  # fmt: skip
    n = len(picture)
    rows = np.array([[plane[at, band] for band in range(N_BANDS // 8) for plane in planes] for at in range(n)])
    steps = np.maximum(rows @ of.mixed + of.mixed_bias, 0.0)
    none = np.zeros(steps.shape[1])
    for number, (weights, bias) in enumerate(zip(of.around, of.around_bias, strict=True)):
        far = 2**number
        seen = [np.concatenate([steps[at - far] if at >= far else none, steps[at],
                                steps[at + far] if at + far < n else none]) for at in range(n)]  # fmt: skip
        steps = steps + np.maximum(np.array(seen) @ weights + bias, 0.0)
    return steps @ of.out + of.out_bias


def picture_like(n_steps: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).standard_normal((n_steps, N_BANDS, N_VIEWS)).astype(np.float32)


@pytest.mark.parametrize("n_steps", [1, 3, 60])
def test_what_is_said_is_what_plain_sums_say(n_steps: int) -> None:
    said = network().said(picture_like(n_steps))
    np.testing.assert_allclose(said, slowly_said(network(), picture_like(n_steps)), atol=1e-4)
    assert said.shape == (n_steps, 3)
    assert n_steps < 4 or said.std() > 0.1


def test_what_is_farther_away_than_it_sees_changes_nothing() -> None:
    assert network().reach == SEEN
    picture = picture_like(200)
    other = picture.copy()
    other[: 100 - SEEN], other[100 + SEEN + 1 :] = 2.0, -2.0
    told, now = (network().said(one) for one in (picture, other))
    np.testing.assert_allclose(now[100], told[100], atol=1e-5)
    assert np.abs(now[100 - 1] - told[100 - 1]).max() > 1e-3
    assert np.abs(now[100 + 1] - told[100 + 1]).max() > 1e-3


def test_what_is_held_around_a_moment_is_all_that_the_network_of_the_package_sees() -> None:
    layers_s = listener().reach * HOP_FRAMES / HOPS_PER_S
    assert FLOOR_S / 2 + 1.0 + layers_s + SMOOTH_FRAMES / HOPS_PER_S < AROUND_S


def test_shares_stay_between_none_and_all_and_say_what_stands_out() -> None:
    bands_db = np.float32(-60.0 + 5.0 * np.random.default_rng(0).standard_normal((3000, N_BANDS)))
    bands_db[1000:1100] += 40.0
    shares = shares_of(bands_db)
    assert shares.shape == (1500, 3)
    assert 0.0 <= shares.min() <= shares.max() <= 1.0
    assert shares[500:550, 0].mean() > 0.9 > 0.1 > shares[100:400, 0].mean()
    assert abs(int(shares[:, 1].argmax()) - 500) <= 5


@pytest.mark.parametrize(("first", "stop"), [(0, 5), (300, 900), (1400, 1500), (700, 700)])
def test_some_steps_are_as_they_are_among_all(first: int, stop: int) -> None:
    bands_db = np.float32(-60.0 + 9.0 * np.random.default_rng(2).standard_normal((3000, N_BANDS)))
    np.testing.assert_allclose(shares_of(bands_db, first, stop), shares_of(bands_db)[first:stop], atol=1e-4)


def test_the_picture_does_not_know_the_level_of_the_take() -> None:
    levels = np.random.default_rng(5).normal(-50.0, 4.0, (2000, N_BANDS)).astype(np.float32)
    assert picture_of(levels + 12.0) == pytest.approx(picture_of(levels), abs=1e-3)
    assert picture_of(levels).shape == (1000, N_BANDS, N_VIEWS)


def test_what_was_saved_says_nearly_the_same_in_half_the_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(network(), tmp_path / "again.npz")
    monkeypatch.setattr(shares_module, "WEIGHTS", tmp_path / "again.npz")
    listener.cache_clear()
    try:
        np.testing.assert_allclose(listener().said(picture_like(50)), network().said(picture_like(50)), atol=0.05)
    finally:
        listener.cache_clear()

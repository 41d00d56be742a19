"""What the second network of events looks at, and how far."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.frames import N_BANDS
from soundscape.analysis.segmenters import shares as shares_module
from soundscape.analysis.segmenters.shares import FAR, NEAR, SUREST, context_of, networks, save, share_of, shares_of


def _said(n_steps: int) -> np.ndarray:
    return np.float32(6.0 * np.random.default_rng(3).standard_normal((n_steps, 3)))


def test_each_step_is_told_what_was_said_near_it_and_the_means_before_and_after() -> None:
    said = _said(400)
    context = context_of(said)
    kept = said.clip(-SUREST, SUREST)
    for at in (0, 1, 77, 200, 398, 399):
        near = [kept[min(max(at + by, 0), 399)] for by in [-by for by in reversed(NEAR)] + [0, *NEAR]]
        means = [share_of(part).mean(axis=0) if len(part) else np.zeros(3)
                 for part in (kept[max(0, at - FAR) : at], kept[at : at + FAR])]  # fmt: skip
        np.testing.assert_allclose(context[at], np.concatenate([*near, *means]), atol=1e-6)


def test_what_is_farther_away_than_it_looks_changes_nothing() -> None:
    said = _said(900)
    other = said.copy()
    other[: 450 - FAR - 1], other[450 + FAR + 1 :] = 5.0, -5.0
    np.testing.assert_array_equal(context_of(said)[450], context_of(other)[450])


def test_shares_are_the_mean_of_both_networks_word_and_stay_between_none_and_all() -> None:
    bands_db = np.float32(-60.0 + 5.0 * np.random.default_rng(0).standard_normal((3000, N_BANDS)))
    bands_db[1000:1100] += 40.0
    shares = shares_of(bands_db)
    assert shares.shape == (1500, 3)
    assert 0.0 <= shares.min() <= shares.max() <= 1.0
    assert shares[500:550, 0].mean() > 0.9 > 0.1 > shares[100:400, 0].mean()
    assert [network.out.shape[1] for network in networks()] == [3, 3]


def test_what_was_saved_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bands_db = np.float32(-60.0 + 9.0 * np.random.default_rng(2).standard_normal((1000, N_BANDS)))
    told = shares_of(bands_db)
    save(*networks(), tmp_path / "again.npz")
    monkeypatch.setattr(shares_module, "WEIGHTS", tmp_path / "again.npz")
    networks.cache_clear()
    try:
        np.testing.assert_array_equal(shares_of(bands_db), told)
    finally:
        networks.cache_clear()

"""What the tagger sees of a sound beside its spectrum: patterns of time and frequency, and what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.teaching import corpus_patterns
from recordings.teaching.corpus_patterns import patterns_of
from soundscape.analysis.frames import N_BANDS, Floats
from soundscape.analysis.taggers.measured import measured_columns
from soundscape.analysis.taggers.patterns import HOP, LENGTH, Patterns, directions, stretches_of


def slow_amounts(patterns: Patterns, bands: Floats) -> Floats:
    """The same in plain loops, in double precision."""
    silence = np.full((LENGTH // 2, N_BANDS), -70.0)
    padded = np.concatenate([silence, bands, silence])
    loud = [at for at in range(0, len(bands), HOP) if bands[at].max() > -40.0] or [int(bands.max(axis=1).argmax())]
    weights = np.array([10.0 ** (bands[at].max() / 30.0) for at in loud])
    rows = []
    for at in loud:
        stretch = padded[at : at + LENGTH].T.ravel()
        stretch = (stretch - stretch.mean()) / (stretch.std() + 4.0)
        white = (stretch - patterns.mean) @ patterns.whitening
        rows.append(np.maximum(white / np.linalg.norm(white) @ patterns.centres - 0.1, 0.0))
    mean = sum(weight * row for weight, row in zip(weights / weights.sum(), rows, strict=True))
    return np.concatenate([np.sqrt(mean), np.max(rows, axis=0)])


def bands_like(n_frames: int, seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    bands = rng.normal(-30.0, 12.0, (n_frames, N_BANDS)).astype(np.float32)
    return np.maximum(bands - bands.max(), -70.0)


@pytest.fixture(name="patterns")
def _patterns() -> Patterns:
    rng = np.random.default_rng(4)
    centres = rng.normal(0.0, 1.0, (20, 30))
    parts = (rng.normal(0.0, 0.1, LENGTH * N_BANDS), rng.normal(0.0, 1.0, (LENGTH * N_BANDS, 20)),
             centres / np.linalg.norm(centres, axis=0))  # fmt: skip
    return Patterns(*(np.asarray(part, np.float32) for part in parts))


@pytest.mark.parametrize("n_frames", [1, 3, 16, 61, 500])
def test_amounts_are_those_of_plain_loops(n_frames: int, patterns: Patterns) -> None:
    bands = bands_like(n_frames)
    np.testing.assert_allclose(patterns.amounts(bands), slow_amounts(patterns, bands), atol=2e-5)


def test_of_a_sound_whose_only_loud_frame_lies_between_two_looks_that_frame_is_looked_at(patterns: Patterns) -> None:
    bands = np.full((8, N_BANDS), -60.0, np.float32)
    bands[2, :10] = 0.0
    np.testing.assert_allclose(patterns.amounts(bands), slow_amounts(patterns, bands), atol=2e-5)


def test_silence_around_a_strike_does_not_count(patterns: Patterns) -> None:
    bands = np.full((40 * HOP, N_BANDS), -70.0, np.float32)
    bands[20 * HOP :][:12] = bands_like(12)
    longer = np.concatenate([np.full((100 * HOP, N_BANDS), -70.0, np.float32), bands])
    np.testing.assert_allclose(patterns.amounts(bands), patterns.amounts(longer), atol=1e-5)


@given(down_db=st.floats(0.0, 8.0))
def test_stretches_do_not_follow_the_level(down_db: float) -> None:
    bands = bands_like(40)
    (one, _), (other, _) = stretches_of(bands), stretches_of(bands - np.float32(down_db))
    inside = slice(LENGTH // 2 // HOP, -LENGTH // 2 // HOP)  # beyond its ends there is silence, of one level
    np.testing.assert_allclose(one[inside], other[inside], atol=1e-4)


def test_patterns_are_found_again_among_stretches_that_are_made_of_them() -> None:
    """Sixty-four of them with noise: no centre is the nearest of what was made of two."""
    rng = np.random.default_rng(2)
    made = rng.normal(0.0, 1.0, (64, LENGTH * N_BANDS)).astype(np.float32)
    of = np.repeat(np.arange(64), 60)
    stretches = made[of] + rng.normal(0.0, 0.3, (len(of), LENGTH * N_BANDS)).astype(np.float32)
    found = patterns_of(stretches)
    assert found.centres.shape == (corpus_patterns.N_DIMENSIONS, corpus_patterns.N_PATTERNS)
    assert np.linalg.norm(found.centres, axis=0) == pytest.approx(np.ones(corpus_patterns.N_PATTERNS), abs=1e-5)
    nearest = (directions(stretches, found.mean, found.whitening) @ found.centres).argmax(axis=1)
    assert all(len(set(of[nearest == one])) == 1 for one in np.unique(nearest))


FEATURES = {"attack_s": 0.02, "decay_s": 2.0, "pitch_hz": 200.0, "pitch_confidence": 0.9, "roughness": 0.1,
            "partial_1_hz": 200.0, "partial_1_db": 0.0, "partial_1_decay_s": 2.0, "partial_2_hz": 410.0,
            "partial_2_db": -6.0, "partial_2_decay_s": 1.0}  # fmt: skip


def test_what_was_not_measured_is_not_a_number() -> None:
    assert np.isnan(measured_columns({})).all()
    told = measured_columns(FEATURES)
    assert told.shape == measured_columns({}).shape
    assert 0 < np.isfinite(told).sum() < len(told)
    assert np.isfinite(measured_columns({"attack_s": 0.0, "flatness": 0.5})[[5, 6]]).all()


def test_partials_are_told_against_the_lowest_one_and_the_pitch() -> None:
    told, higher = (measured_columns({name: value * (factor if name.endswith("_hz") else 1.0)
                                      for name, value in FEATURES.items()}) for factor in (1.0, 2.0))  # fmt: skip
    moved = np.flatnonzero(~np.isclose(told, higher, equal_nan=True))
    assert len(moved) == 2  # the pitch and the lowest partial, an octave up
    assert higher[moved] - told[moved] == pytest.approx([1.0, 1.0])
    assert told[13] == pytest.approx(np.log2(2.05))
    assert told[-1] == pytest.approx(0.025)  # 1 and 2.05 times the pitch, on average so far from whole numbers

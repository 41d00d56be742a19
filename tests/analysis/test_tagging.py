"""The tagger that ships: what it must not follow, what it says where there is nothing, and what it is made of."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from recordings.make import path_of
from recordings.models import TAKES
from recordings.teaching import corpus_network
from recordings.teaching.corpus_network import taught
from soundscape.analysis.analyse import analyse
from soundscape.analysis.features import cut, features_of
from soundscape.analysis.frames import N_BANDS, Floats, frames_of
from soundscape.analysis.measuring import sounding
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.taggers.columns import Look, looks_of
from soundscape.analysis.taggers.convolutional import Convolutional
from soundscape.analysis.taggers.network import Model, Namer, load, save
from soundscape.analysis.taggers.shipped import NAMES, WEIGHTS, probabilities, scores, tags_of
from soundscape.catalogue.tags import VOCABULARY, family_of

RATE_HZ = 48_000


def noise(duration_s: float, seed: int = 1) -> Floats:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))).astype(np.float32)


def pling(duration_s: float = 1.5) -> Floats:
    at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    partials = ((520.0, 0.4, 3.0), (1190.0, 0.25, 4.0), (2140.0, 0.2, 6.0), (3310.0, 0.1, 9.0))
    return np.float32(sum(g * np.exp(-d * at_s) * np.sin(2 * np.pi * hz * at_s) for hz, g, d in partials))


SOUNDS = {
    "silence": np.zeros(RATE_HZ, np.float32),
    "white noise": noise(3.0),
    "tone": np.float32(0.5 * np.sin(2 * np.pi * 440.0 * np.arange(3 * RATE_HZ) / RATE_HZ)),
    "direct current": np.full(RATE_HZ, 0.3, np.float32),
    "10 ms": noise(0.01),
    "one sample": np.eye(1, 480, 200, dtype=np.float32)[0],
    "clipped throughout": np.sign(noise(2.0)).astype(np.float32),
    "very quiet": np.float32(1e-6) * noise(1.0),
    "a minute": noise(60.0),
}


@pytest.mark.parametrize("sound", SOUNDS.values(), ids=SOUNDS.keys())
def test_every_sound_gets_probabilities_that_sum_to_one_or_less(sound: Floats) -> None:
    frames = frames_of(sound, RATE_HZ)
    said = scores(frames, features_of(frames, frames.power))
    assert (said.shape, said.dtype) == ((len(NAMES),), np.float32)
    assert np.isfinite(said).all()
    assert 0.0 <= np.exp(said, dtype=np.float64).sum() <= 1.0 + 1e-5


def said_of(samples: Floats, rate_hz: int) -> Floats:
    frames = frames_of(samples, rate_hz)
    return scores(frames, features_of(frames, frames.power))


def test_what_is_measured_of_a_segment_is_told_to_the_tagger() -> None:
    frames = frames_of(np.concatenate([np.zeros(RATE_HZ, np.float32), pling(), noise(1.0) / 1000]), RATE_HZ)
    heard = sounding(frames, Span(100, 250, "event"), begins_s=1.0, duration_s=1.5, models=[])
    assert heard is not None
    segment = cut(frames, 100, 250)
    np.testing.assert_array_equal(heard.scores, scores(segment, heard.features))
    assert not np.allclose(heard.scores, scores(segment), atol=1e-3)


def test_what_has_no_name_has_the_rest_of_the_probability() -> None:
    shares = probabilities(load(WEIGHTS), looks_of(frames_of(pling(), RATE_HZ), {}))
    assert shares.shape == (len(NAMES) + 1,)
    assert shares.sum() == pytest.approx(1.0)


def test_silence_has_no_name() -> None:
    assert tags_of(scores(frames_of(SOUNDS["silence"], RATE_HZ))) == ()


@given(gain=st.floats(0.05, 3.0))
def test_gain_does_not_count(gain: float) -> None:
    one, other = (said_of(np.float32(factor) * pling(), RATE_HZ) for factor in (1.0, gain))
    np.testing.assert_allclose(np.exp(one), np.exp(other), atol=0.02)


@pytest.mark.parametrize("rate_hz", [32_000, 44_100, 96_000])
def test_the_rate_of_the_file_hardly_counts(rate_hz: int) -> None:
    own = np.exp(said_of(pling(), RATE_HZ))
    again = np.exp(said_of(soxr.resample(pling(), RATE_HZ, rate_hz), rate_hz))
    assert 0.5 * np.abs(own - again).sum() < 0.15


def test_a_long_segment_is_looked_at_in_three_places_and_not_in_those_that_are_silent() -> None:
    long = noise(60.0)
    assert len(looks_of(frames_of(long, RATE_HZ), {})) == 3
    long[: 20 * RATE_HZ] = 0.0
    assert len(looks_of(frames_of(long, RATE_HZ), {})) == 2


def test_takes_of_this_collection_have_their_family() -> None:
    """Among their segments: between its sounds a take is wind or quiet. A wood far off is taken for the place alone,
    and a chain has no name that is taught."""
    missed = set()
    for take in TAKES.values():
        tags = [tag for segment in analyse(path_of(take)).segments for tag in segment.tags]
        if family_of(take.sounds[0]) not in [family_of(tag.name) for tag in tags]:
            missed.add(take.name)
    assert missed <= {"wind_trees_far", "gate_chain"}


def test_the_model_is_small_and_says_names_of_the_vocabulary() -> None:
    assert WEIGHTS.stat().st_size < 5e6
    assert set(NAMES) <= set(VOCABULARY)
    assert {family_of(name) for name in NAMES} == {"gates", "wind", "instruments", "rest"}


@pytest.fixture(name="lesson")
def _lesson(monkeypatch: pytest.MonkeyPatch) -> tuple[Floats, np.ndarray]:
    """Three kinds of columns; the second of four names has no example."""
    monkeypatch.setattr(corpus_network, "N_EPOCHS", 5)
    monkeypatch.setattr(corpus_network, "N_AVERAGED", 1)
    names = np.repeat([0, 2, 3], 60)
    rng = np.random.default_rng(5)
    return (rng.normal(0.0, 1.0, (180, 12)) + 3.0 * names[:, None] * rng.random(12)).astype(np.float32), names


def test_numpy_says_what_scikit_learn_says(lesson: tuple[Floats, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    pupils: list[MLPClassifier] = []

    class Kept(MLPClassifier):
        def partial_fit(self, *told: object, **classes: object) -> MLPClassifier:
            pupils.append(self)
            return super().partial_fit(*told, **classes)

    monkeypatch.setattr(corpus_network, "MLPClassifier", Kept)
    columns, names = lesson
    network = taught(columns, names, np.full(180, 1 / 180), 4, seed=3)
    near = ((columns - network.mean) / network.deviation).clip(-Namer.FARTHEST, Namer.FARTHEST)
    shares = np.exp(network.log_shares(columns))
    np.testing.assert_allclose(shares[:, [0, 2, 3]], pupils[0].predict_proba(near), atol=1e-5)
    assert shares[:, 1].max() < 1e-4


def test_what_is_kept_is_the_mean_of_the_weights_after_the_last_epochs(
    lesson: tuple[Floats, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, names = lesson
    after = {}
    for n_epochs in (4, 5):
        monkeypatch.setattr(corpus_network, "N_EPOCHS", n_epochs)
        after[n_epochs] = taught(columns, names, np.full(180, 1 / 180), 4, seed=3).hidden
    monkeypatch.setattr(corpus_network, "N_AVERAGED", 2)
    kept = taught(columns, names, np.full(180, 1 / 180), 4, seed=3).hidden
    np.testing.assert_allclose(kept, (after[4] + after[5]) / 2.0, atol=1e-6)
    assert not np.allclose(after[4], after[5], atol=1e-3)


def test_the_same_lesson_gives_the_same_network(lesson: tuple[Floats, np.ndarray]) -> None:
    columns, names = lesson
    first, again, other = (taught(columns, names, np.full(180, 1 / 180), 4, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.hidden, again.hidden)
    assert not np.array_equal(first.hidden, other.hidden)


def test_a_model_is_read_as_it_was_written(lesson: tuple[Floats, np.ndarray], tmp_path) -> None:
    columns, names = lesson
    rng = np.random.default_rng(1)
    shapes = (40, 40, (5, 5, 1, 2), 2, (3, 3, 2, 2), 2, (3, 3, 2, 3), 3, (3, 3, 3, 3), 3, (15, 4), 4, (8, 4), 4)
    tables = [rng.normal(0.0, 0.2, shape).astype(np.float32) for shape in shapes]
    looks = [Look(row, rng.normal(-20.0, 9.0, (30, N_BANDS)).astype(np.float16)) for row in columns]
    model = Model((taught(columns, names, np.full(180, 1 / 180), 4, 1),), Convolutional(*tables), temperature=2.5)
    save(model, tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert again.temperature == 2.5
    np.testing.assert_allclose(again.log_shares(looks), model.log_shares(looks), atol=0.05)


def test_what_is_not_a_number_is_taken_for_its_mean_in_teaching_and_in_saying(
    lesson: tuple[Floats, np.ndarray],
) -> None:
    columns, names = lesson
    columns[::3, 4] = np.nan
    network = taught(columns, names, np.full(180, 1 / 180), 4, seed=3)
    assert network.mean[4] == pytest.approx(np.nanmean(columns[:, 4]), rel=1e-4)
    assert network.deviation[4] == pytest.approx(np.nanstd(columns[:, 4]), rel=1e-2)
    told = np.where(np.isnan(columns), network.mean, columns)
    np.testing.assert_array_equal(network.log_shares(columns), network.log_shares(told))
    assert np.isfinite(network.log_shares(columns)).all()

"""Networks that PyTorch teaches learn, and say in numpy what they said there; skipped where it is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.frames import N_BANDS, Floats
from soundscape.analysis.taggers.columns import Look
from soundscape.analysis.taggers.convolutional import N_SEEN, loudest
from soundscape.analysis.taggers.measured import N_MEASURED

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[teach]'")

from recordings import teach  # noqa: E402
from recordings.teaching import corpus_convolutional, corpus_network  # noqa: E402
from recordings.teaching.corpus import MODELLED, Example, Heard, Sound  # noqa: E402
from recordings.teaching.corpus_convolutional import Pupil, changed, taught  # noqa: E402


def strikes(n: int, seed: int) -> tuple[list[Floats], np.ndarray]:
    """Pictures of two kinds that differ in what time does alone: a band rings, or it swells."""
    rng, pictures = np.random.default_rng(seed), []
    names = np.arange(n) % 2
    for name in names:
        slope = np.arange(90, dtype=np.float32) * rng.uniform(0.4, 0.8)
        picture = rng.normal(-55.0, 3.0, (90, N_BANDS)).astype(np.float32)
        first = int(rng.integers(5, 30))
        picture[:, first : first + 5] = (-slope if name == 0 else slope - slope[-1])[:, None]
        pictures.append(np.maximum(picture - picture.max(), -70.0))
    return pictures, names


def test_what_was_taught_says_in_numpy_what_it_said_in_torch_where_silence_follows() -> None:
    torch.manual_seed(5)
    pupil, rng = Pupil(4), np.random.default_rng(8)
    pictures = [np.maximum(rng.normal(-30.0, 12.0, (n, N_BANDS)).astype(np.float32), -70.0) for n in (1, 40, 90, 300)]
    levels, is_sound = np.full((4, N_SEEN, N_BANDS), -70.0, np.float32), np.zeros((4, N_SEEN), np.float32)
    for place, picture in enumerate(pictures):
        seen = loudest(picture)
        levels[place, : len(seen)], is_sound[place, : len(seen)] = seen, 1.0
    for _ in range(3):  # running means that are not those it began with
        pupil(torch.from_numpy(levels), torch.from_numpy(is_sound))
    for norm in pupil.norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.bias, -0.3, 0.3)
    pupil.eval()
    with torch.no_grad():
        said = torch.log_softmax(pupil(torch.from_numpy(levels), torch.from_numpy(is_sound)), 1).numpy()
    for picture, wanted in zip(pictures, said, strict=True):
        np.testing.assert_allclose(pupil.finished().log_shares(picture), wanted, atol=1e-4)


@pytest.mark.long
def test_two_kinds_that_only_time_tells_apart_are_learned_and_the_same_seed_learns_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(corpus_convolutional, "N_EPOCHS", 8)
    pictures, names = strikes(240, 2)
    networks = [taught(pictures, names, np.full(240, 1 / 240), 3, seed) for seed in (1, 1, 2)]
    others, truth = strikes(60, 3)
    said = np.stack([networks[0].log_shares(one) for one in others])
    assert np.mean(said.argmax(axis=1) == truth) > 0.9
    assert np.array_equal(networks[0].kernel_1, networks[1].kernel_1)
    assert not np.array_equal(networks[0].kernel_1, networks[2].kernel_1)


@pytest.mark.long
def test_what_is_kept_is_a_running_mean_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_convolutional, "N_EPOCHS", 2)
    pictures, names = strikes(128, 2)
    mean = taught(pictures, names, np.full(128, 1 / 128), 3, seed=1)
    monkeypatch.setattr(corpus_convolutional, "KEPT", 0.0)
    last = taught(pictures, names, np.full(128, 1 / 128), 3, seed=1)
    assert not np.allclose(mean.kernel_2, last.kernel_2, atol=1e-3)


def test_a_changed_picture_is_still_one_and_never_the_same() -> None:
    rng = np.random.default_rng(4)
    for n_frames in (1, 40, 700):
        bands = np.maximum(rng.normal(-30.0, 9.0, (n_frames, N_BANDS)), -70.0).astype(np.float16)
        one, other = changed(bands, rng), changed(bands, rng)
        assert one.shape[1] == N_BANDS
        assert 1 <= len(one) <= N_SEEN
        assert one.max() == 0.0
        assert one.min() >= -70.0
        assert one.shape != other.shape or not np.allclose(one, other)


def test_length_pitch_recorder_and_noise_are_changed_each_in_its_share_of_pictures() -> None:
    rng = np.random.default_rng(9)
    tone = np.full((100, N_BANDS), -70.0, np.float32)
    tone[:, 20] = 0.0
    copies = [changed(tone, rng) for _ in range(400)]
    lengths = np.array([len(one) for one in copies])
    assert 0.4 < (lengths == 100).mean() < 0.6
    assert (lengths.min(), lengths.max()) == (pytest.approx(82, abs=1), pytest.approx(121, abs=1))
    noisy = np.array([one[:, 0].std() > 0.1 for one in copies])
    assert 0.3 < noisy.mean() < 0.5
    places = np.array([one[0].argmax() for one in copies])[~noisy]
    assert set(range(18, 23)) <= set(places.tolist())
    assert 0.35 < (places == 20).mean() < 0.75
    slopes = np.array([one[0, 39] - one[0, 0] for one, is_noisy in zip(copies, noisy, strict=True) if not is_noisy])
    assert slopes.std() > 1.0


class Now:
    """An executor that does at once what it is asked to."""

    def __enter__(self) -> Now:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, do: Callable[..., object], *asked: object) -> Future[object]:
        done: Future[object] = Future()
        done.set_result(do(*asked))
        return done

    def shutdown(self, *, cancel_futures: bool) -> None:
        pass


def numbers(looks: Sequence[np.ndarray], names: np.ndarray, drawn: np.ndarray, n_names: int, seed: int) -> list[int]:
    """Which sounds a network was taught by, instead of the network."""
    assert len(looks) == len(names) == len(drawn)
    assert drawn.sum() == pytest.approx(1.0)
    assert names.max() < n_names
    assert seed < teach.N_NAMERS_OF_A_FOLD
    return sorted({int(np.ravel(look)[0]) for look in looks})


def test_each_fold_is_judged_by_a_model_of_its_own_that_none_of_its_collections_nor_a_copy_taught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: Heard = []
    for number in range(14):
        source = MODELLED if number > 11 else f"collection {number // 2}"
        sound = Sound(Path(f"{number}.wav"), "bell", source, "GPL-2.0" if number == 5 else "MIT")
        columns = np.full(3 + N_MEASURED, 0 if number == 4 else number, np.float32)  # the fifth is a copy of the first
        columns[0] = number
        look = Look(columns, np.full((1, N_BANDS), number, np.float16))
        heard.append((sound, [Example(look, is_widened=False, segment=0)] * (1 + number % 3)))
    copy = heard[4][1][0].look.columns
    copy[0] = 0
    monkeypatch.setattr(teach, "one_threaded", Now)
    monkeypatch.setattr(teach, "judged", lambda model, tested: (model, {one.path.stem for one, _ in tested}))
    for module in (corpus_convolutional, corpus_network):
        monkeypatch.setattr(module, "taught", numbers)
    judged = teach.by_folds(heard, 3)
    assert sorted(name for _, tested in judged for name in tested) == sorted(str(number) for number in range(12))
    for model, tested in judged:
        taught_by = {number for number in range(14) if str(number) not in tested} - {5}
        taught_by -= {4} if "0" in tested else {0} if "4" in tested else set()
        assert set(model.convolutional) == taught_by
        assert len(model.namers) == teach.N_NAMERS_OF_A_FOLD
        assert {number for namer in model.namers for number in namer} == {0 if n == 4 else n for n in taught_by}

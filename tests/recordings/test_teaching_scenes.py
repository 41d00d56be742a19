"""Teaching events again gives the same weights, and those say what they were taught; skipped without PyTorch."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from recordings.scenes import Clip
from soundscape.analysis.frames import N_BANDS
from soundscape.analysis.segmenters.standing import FARTHEST, N_VIEWS

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[teach]'")

from recordings.teach_segments import example  # noqa: E402
from recordings.teaching import scenes_convolutional  # noqa: E402
from recordings.teaching.scenes_convolutional import Pupil, changed, taught  # noqa: E402


def test_what_was_taught_says_in_numpy_what_it_said_in_torch() -> None:
    torch.manual_seed(5)
    pupil = Pupil()
    pictures = torch.randn(2, N_VIEWS, 400, N_BANDS)
    for _ in range(3):  # running means that are not those it began with
        pupil(pictures)
    for norm in (*pupil.norms, pupil.mixed_norm, *pupil.around_norms):
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.bias, -0.3, 0.3)
    pupil.eval()
    with torch.no_grad():
        wanted = pupil(pictures).numpy()
    for picture, said in zip(pictures.numpy(), wanted, strict=True):
        np.testing.assert_allclose(pupil.finished().said(picture.transpose(1, 2, 0)), said.T, atol=2e-4)
    assert wanted.std() > 0.1


@pytest.mark.long
def test_the_same_scenes_give_the_same_weights_and_those_know_them(
    clips: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes_convolutional, "N_EPOCHS", 60)
    monkeypatch.setattr(scenes_convolutional, "BATCH", 4)
    monkeypatch.setattr(scenes_convolutional, "KEPT", 0.9)
    made = [example([clips], number) for number in range(8)]
    first, again = taught(made), taught(made)
    for part in fields(first):
        np.testing.assert_array_equal(getattr(first, part.name), getattr(again, part.name))
    for picture, truth in made:
        assert np.mean((first.said(picture.astype(np.float32))[:, 0] > 0.0) == truth[:, 0]) > 0.9


def test_a_scene_may_be_changed_but_not_its_course() -> None:
    rng = np.random.default_rng(3)
    picture = np.clip(rng.normal(0.0, 1.0, (200, 1, 1)) * np.ones((1, N_BANDS, N_VIEWS)), -FARTHEST, FARTHEST)
    picture = picture.astype(np.float32)
    missing, gains = 0, []
    for _ in range(200):
        other = changed(picture, rng)
        assert other.shape == picture.shape
        gone = (other == 0.0).all(axis=(0, 2))
        missing += gone.any()
        assert gone.sum() <= scenes_convolutional.MOST_MISSING
        here = other[:, ~gone] / picture[:, ~gone]
        assert np.ptp(here) < 1e-5
        gains.append(np.log(here.mean()))
    assert 70 < missing < 130
    assert np.std(gains) == pytest.approx(scenes_convolutional.LOUDER, rel=0.2)


def test_bands_that_are_moved_leave_no_hole() -> None:
    picture = np.tile(np.arange(1.0, N_BANDS + 1.0, dtype=np.float32)[None, :, None], (5, 1, N_VIEWS))
    seen = set()
    for seed in range(60):
        other = changed(picture, np.random.default_rng(seed))[0, :, 0]
        kept = other[other > 0.0] / (other[20] or other[19] or other[30])
        assert (np.diff(kept) >= -1e-6).all()
        if (other > 0.0).all():
            seen.add(round(float((other[20] - other[10]) and (other[20] / (other[20] - other[10]) * 10.0 - 21.0))))
    assert seen == set(range(-scenes_convolutional.MOVED, scenes_convolutional.MOVED + 1))

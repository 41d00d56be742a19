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
        said = first.said(picture.astype(np.float32))
        assert np.mean((said[:, 0] > 0.0) == truth[:, 0]) > 0.9
        for what in (1, 2):  # it begins and ends where it does, and not where it goes on
            assert said[truth[:, what], what].mean() > said[~truth[:, what], what].mean() + 3.0


def test_a_scene_may_be_changed_but_not_its_course() -> None:
    rng = np.random.default_rng(3)
    picture = np.float32(rng.normal(0.0, 0.5, (200, 1, 1)) * np.ones((1, N_BANDS, N_VIEWS)))
    missing, gains = np.zeros(N_BANDS, int), []
    for _ in range(600):
        other = changed(picture, rng)
        gone = (other == 0.0).all(axis=(0, 2))
        missing += gone
        assert gone.sum() <= scenes_convolutional.MOST_MISSING
        here = other[:, ~gone] / picture[:, ~gone]
        assert np.ptp(here) < 1e-5
        gains.append(np.log(here.mean()))
    assert missing.min() >= 3  # of 600, at the lowest band and the highest, too
    assert missing.sum() == pytest.approx(600 * 0.5 * 5.0, rel=0.15)
    assert np.std(gains) == pytest.approx(scenes_convolutional.LOUDER, rel=0.2)


def test_nothing_that_is_changed_is_farther_than_a_picture_can_be() -> None:
    picture = np.full((50, N_BANDS, N_VIEWS), FARTHEST, np.float32)
    assert max(changed(picture, np.random.default_rng(seed)).max() for seed in range(20)) == FARTHEST


def test_bands_are_moved_by_up_to_three_and_leave_no_hole() -> None:
    """One band is loud; those beyond the ends are as at the ends."""
    middle, lowest = (np.zeros((1, N_BANDS, N_VIEWS), np.float32) for _ in range(2))
    middle[:, 20], lowest[:, 0] = 1.0, 1.0
    moved, widths = set(), set()
    for seed in range(200):
        found = np.flatnonzero(changed(middle, np.random.default_rng(seed))[0, :, 0])
        moved |= {int(band) - 20 for band in found}
        widths.add(np.count_nonzero(changed(lowest, np.random.default_rng(seed))[0, :, 0]))
    most = scenes_convolutional.MOVED
    assert moved == set(range(-most, most + 1))
    assert max(widths) == most + 1


def test_beginnings_and_ends_of_scenes_are_seen_nearly_as_often_as_what_is_between() -> None:
    n_steps = scenes_convolutional.N_STEPS
    truth = np.zeros((1000, 3), bool)
    picture = np.tile(np.arange(1000, dtype=np.float16)[:, None, None] / 1000.0, (1, N_BANDS, N_VIEWS))
    truth[:50, 0] = truth[475:525, 1] = truth[-50:, 2] = True
    batches = scenes_convolutional._batches([(picture, truth)], np.random.default_rng(1))
    seen = np.mean([next(batches)[1].numpy().mean(axis=(0, 2)) * n_steps / 50 for _ in range(40)], axis=0)
    assert seen[1] == pytest.approx(1.0, abs=0.01)
    assert min(seen) > 0.25

"""The network that looks at bands as a picture: what it sees, and that it says what plain sums say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from soundscape.analysis.frames import N_BANDS, Floats
from soundscape.analysis.taggers.convolutional import N_JOINED, N_SEEN, Convolutional, loudest, loudness

N_NAMES = 7


def network(seed: int = 3) -> Convolutional:
    rng = np.random.default_rng(seed)
    sizes = [(5, 5, 1, 3), (3, 3, 3, 4), (3, 3, 4, 5), (3, 3, 5, 6)]
    layers = [table for size in sizes for table in (rng.normal(0.0, 0.4, size), rng.normal(0.0, 0.1, size[-1]))]
    ends = [rng.normal(0.0, 0.2, shape) for shape in ((6 * N_BANDS // N_JOINED, 8), (8,), (16, N_NAMES), (N_NAMES,))]
    tables = [rng.uniform(0.02, 0.08, N_BANDS), rng.normal(1.0, 0.2, N_BANDS), *layers, *ends]
    return Convolutional(*(np.asarray(table, np.float32) for table in tables))


def slow_log_shares(of: Convolutional, bands: Floats) -> Floats:
    """The same by whole correlations in double precision, channel by channel, of all that could be seen."""
    seen = loudest(bands)
    filled = np.concatenate([seen, np.full((N_SEEN - len(seen), N_BANDS), -70.0)])
    picture = [filled * of.gain + of.offset]
    layers = ((of.kernel_1, of.bias_1), (of.kernel_2, of.bias_2), (of.kernel_3, of.bias_3), (of.kernel_4, of.bias_4))
    for number, (kernel, bias) in enumerate(layers):
        around = [(size // 2, size // 2) for size in kernel.shape[:2]]
        padded = [np.pad(plane, around) for plane in picture]
        picture = [np.maximum(sum(correlate(plane, kernel[:, :, number, to_plane], "valid", "direct")
                                  for number, plane in enumerate(padded)) + bias[to_plane], 0.0)
                   for to_plane in range(kernel.shape[3])]  # fmt: skip
        if number == 0:
            picture = [plane[::2, ::2] for plane in picture]
        if number in (1, 2):
            picture = [np.array([[plane[t : t + 2, b : b + 2].max() for b in range(0, plane.shape[1], 2)]
                                 for t in range(0, len(plane), 2)]) for plane in picture]  # fmt: skip
    rows = np.stack([[plane[at, band] for band in range(N_BANDS // N_JOINED) for plane in picture]
                     for at in range(-(-len(seen) // N_JOINED))])  # fmt: skip
    mixed = np.maximum(rows @ of.mixed + of.mixed_bias, 0.0)
    said = np.append(mixed.mean(axis=0), mixed.max(axis=0)) @ of.out + of.out_bias
    return said - np.log(np.exp(said).sum())


def bands_like(n_frames: int, seed: int = 1) -> Floats:
    rng = np.random.default_rng(seed)
    bands = rng.normal(-30.0, 12.0, (n_frames, N_BANDS)).astype(np.float32)
    return np.maximum(bands - bands.max(), -70.0)


@pytest.mark.parametrize("n_frames", [1, 8, 61, 128, 500])
def test_what_is_said_is_what_plain_sums_say(n_frames: int) -> None:
    bands = bands_like(n_frames)
    said = network().log_shares(bands)
    np.testing.assert_allclose(said, slow_log_shares(network(), bands), atol=2e-4)
    assert said.std() > 0.1
    assert np.exp(said).sum() == pytest.approx(1.0, abs=1e-5)


def test_of_a_long_sound_its_loudest_stretch_is_seen() -> None:
    bands = np.full((900, N_BANDS), -60.0, np.float32)
    bands[600:][:N_SEEN] = bands_like(N_SEEN) - 5.0
    bands[30] = 0.0  # one loud moment alone
    seen = loudest(bands)
    np.testing.assert_allclose(seen, np.maximum(bands[600:][:N_SEEN] + 5.0, -70.0), atol=1e-5)
    assert seen.max() == 0.0


def test_loud_is_what_is_loud_for_long_and_not_what_is_loudest_or_never_quite_quiet() -> None:
    """Against each other: 1 moment of 0 dB, 40 of -18 dB (each a fourth as loud), 128 of -45 dB (a thirtieth)."""
    bands = np.full((900, N_BANDS), -70.0, np.float32)
    bands[100], bands[300:340], bands[500:628] = 0.0, -18.0, -45.0
    assert loudest(bands).shape == (N_SEEN, N_BANDS)
    assert (loudest(bands) == 0.0).sum() == 40 * N_BANDS
    assert loudness(np.array([[-30.0, -90.0]])) == pytest.approx([0.1])


@given(n_frames=st.integers(1, 400), down_db=st.floats(0.0, 8.0))
def test_what_is_seen_does_not_follow_the_level(n_frames: int, down_db: float) -> None:
    bands = np.maximum(bands_like(n_frames), -60.0)
    np.testing.assert_allclose(loudest(bands), loudest(bands - np.float32(down_db)), atol=1e-4)

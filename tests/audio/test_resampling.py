"""A sound that is resampled block by block: the bits of the whole, the right length, nothing folded back."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import soxr

from soundscape.audio.resampling import resample, resampled
from soundscape.units import Samples

SEMITONE = Fraction(1657, 1564)
RATIOS = {
    "44.1 to 48 kHz": Fraction(160, 147),
    "44.1 to 48 kHz, a semitone up": Fraction(160, 147) / SEMITONE,
    "a semitone up": 1 / SEMITONE,
    "96 to 48 kHz": Fraction(1, 2),
    "an octave down": Fraction(2),
    "a hundredth of the speed": Fraction(100),
}


def noise(n_frames: int, n_channels: int) -> Samples:
    return (np.random.default_rng(7).standard_normal((n_frames, n_channels)) * 0.1).astype(np.float32)


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("cuts", [[65_536], [1_000, 1, 333], [1_000_000]], ids=["blocks", "crumbs", "one piece"])
@pytest.mark.parametrize("ratio", RATIOS.values(), ids=RATIOS.keys())
def test_blocks_make_the_bits_of_the_whole(ratio: Fraction, cuts: list[int], n_channels: int) -> None:
    rates = float(ratio.denominator), float(ratio.numerator)
    sound = noise(150_000 if ratio < 10 else 9_000, n_channels)
    edges = np.cumsum(np.resize(cuts, 1_000))
    made = np.concatenate(list(resampled(np.split(sound, edges[edges < len(sound)]), *rates)))
    np.testing.assert_array_equal(made, soxr.resample(sound, *rates, quality="VHQ"))


@pytest.mark.parametrize("ratio", [Fraction(1, 2), Fraction(160, 147), Fraction(1, 100), Fraction(1)])
@pytest.mark.parametrize("n_frames", [1, 50, 70_001])
def test_the_length_is_rounded(n_frames: int, ratio: Fraction) -> None:
    made = resample(noise(n_frames, 2), ratio.denominator, ratio.numerator)
    assert made.shape == (round(n_frames * ratio), 2)


@pytest.mark.parametrize("ratio", [RATIOS["44.1 to 48 kHz"], RATIOS["a hundredth of the speed"]])
def test_no_block_is_much_longer_than_a_chunk(ratio: Fraction) -> None:
    lengths = [len(made) for made in resampled([noise(300_000, 1)], ratio.denominator, ratio.numerator)]
    assert max(lengths) < 2 * 65_536
    assert len(lengths) > 4


def test_no_sound_has_no_frames_at_any_rate() -> None:
    assert not list(resampled([], 44_100, 48_000))
    assert resample(np.zeros((0, 2), np.float32), 44_100, 48_000).shape == (0, 2)


@pytest.mark.parametrize("rates", [(0.0, 48_000.0), (48_000.0, -1.0)])
def test_rates_are_above_0(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        resample(noise(10, 1), *rates)


def test_nothing_folds_back() -> None:
    """A tone at 30 kHz is gone at 48 kHz: what is left is below -100 dB."""
    tone = (0.5 * np.sin(2 * np.pi * 30_000 / 96_000 * np.arange(96_000))).astype(np.float32)[:, None]
    assert np.abs(resample(tone, 96_000, 48_000)[2000:-2000]).max() < 0.5e-5

"""How surely something stands out of the background, begins, and ends, at each step of 20 ms.

A convolutional network, taught on random scenes by `python -m recordings.teach_segments`. Three layers see time and
bands; those after them see time alone, each twice as far as the one before and added to it (Bai, Kolter and Koltun, "An
Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling", arXiv:1803.01271, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from soundscape.analysis.convolution import convolved
from soundscape.analysis.frames import Floats
from soundscape.analysis.segmenters.standing import picture_of
from soundscape.whole import whole_file

WEIGHTS = Path(__file__).with_name("shares.npz")


@dataclass(frozen=True, eq=False)
class Listener:
    """Weights, all float32; kernels are (height, width, n_in, n_out) over time and bands."""

    kernel_1: Floats
    """Goes over every second band, as those of the next two layers do."""
    bias_1: Floats
    kernel_2: Floats
    bias_2: Floats
    kernel_3: Floats
    bias_3: Floats
    mixed: Floats
    """(bands that are left * n_out of the last kernel, n_mixed)"""
    mixed_bias: Floats
    around: Floats
    """(n_layers, 3 * n_mixed, n_mixed): rows of what was 2 ** number of the layer steps before, is, and will be."""
    around_bias: Floats
    """(n_layers, n_mixed)"""
    out: Floats
    """(n_mixed, 3)"""
    out_bias: Floats

    @property
    def reach(self) -> int:
        """Steps before and after a step that it sees."""
        kernels = sum(len(kernel) // 2 for kernel in (self.kernel_1, self.kernel_2, self.kernel_3))
        return kernels + (1 << len(self.around)) - 1

    def said(self, picture: Floats) -> Floats:
        """Logits of each step, (n_steps, N_BANDS, N_VIEWS) -> (n_steps, 3): that something is on, begins, ends."""
        for kernel, bias in ((self.kernel_1, self.bias_1), (self.kernel_2, self.bias_2), (self.kernel_3, self.bias_3)):
            picture = convolved(picture, kernel, bias, (1, 2))
        steps = np.maximum(picture.reshape(len(picture), -1) @ self.mixed + self.mixed_bias, 0.0)
        for number, (weights, bias) in enumerate(zip(self.around, self.around_bias, strict=True)):
            steps += np.maximum(_with_neighbours(steps, 2**number) @ weights + bias, 0.0)
        return np.asarray(steps @ self.out + self.out_bias, np.float32)


def _with_neighbours(steps: Floats, far: int) -> Floats:
    """What was so far before each step, what is, and what will be; 0 beyond the ends: (n, k) -> (n, 3 * k)."""
    n, size = steps.shape
    seen = np.zeros((n, 3, size), np.float32)
    seen[far:, 0], seen[:, 1], seen[: max(0, n - far), 2] = steps[: max(0, n - far)], steps, steps[far:]
    return seen.reshape(n, 3 * size)


@lru_cache(maxsize=1)
def listener() -> Listener:
    """The one of the package."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return Listener(*(stored[part.name].astype(np.float32) for part in fields(Listener)))


def save(of: Listener, path: Path) -> None:
    """Write its weights, in 16 bits."""
    tables = {part.name: getattr(of, part.name).astype(np.float16) for part in fields(of)}
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **tables)


def shares_of(bands_db: Floats, first: int = 0, stop: int | None = None) -> Floats:
    """How surely something is on, begins, ends.

    Parameters
    ----------
    bands_db : (n_frames, N_BANDS) float32
        Levels in dB.
    first, stop : steps
        Which are asked for (all); the others are their background.

    Returns
    -------
    (n_steps, 3) float32
        Shares 0..1.
    """
    of, picture = listener(), picture_of(bands_db)
    stop = len(picture) if stop is None else stop
    before = max(0, first - of.reach)
    said = of.said(picture[before : stop + of.reach])[first - before : stop - before]
    return np.asarray(1.0 / (1.0 + np.exp(-said)), np.float32)

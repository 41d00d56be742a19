"""Finding the patterns of time and frequency that a model looks for, among the sounds that teach it, without names."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits

from recordings.teaching.corpus import Example, Sound
from soundscape.analysis.frames import Floats
from soundscape.analysis.taggers.patterns import Patterns, directions, stretches_of

N_PATTERNS, N_DIMENSIONS = 256, 80
MOST = 12
"""Stretches of one sound."""
FAINT = 0.05
"""What whitening adds to each variance, as a share of their mean: what hardly varies is not made loud."""


def patterns_in(heard: Sequence[tuple[Sound, Sequence[Example]]]) -> Patterns:
    """Patterns of some stretches of each sound, from one of its segments or of those that were widened."""
    return patterns_of(np.concatenate([_some(sound, examples) for sound, examples in heard]))


def _some(sound: Sound, examples: Sequence[Example]) -> Floats:
    rng = np.random.default_rng([zlib.crc32(sound.path.name.encode()), 11])
    stretches, _ = stretches_of(examples[int(rng.integers(len(examples)))].look.bands)
    return rng.permutation(stretches)[:MOST]


def patterns_of(stretches: Floats) -> Patterns:
    """Whiten stretches, and find the centres of the directions they lie in."""
    with threadpool_limits(1):
        mean = stretches.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov((stretches - mean).T))
        variances, axes = variances[::-1][:N_DIMENSIONS], axes[:, ::-1][:, :N_DIMENSIONS]
        whitening = np.asarray(axes / np.sqrt(variances + FAINT * variances.mean()), np.float32)
        found = MiniBatchKMeans(N_PATTERNS, batch_size=4096, n_init=1, max_iter=30, random_state=0)
        centres = found.fit(directions(stretches, mean, whitening)).cluster_centers_
    return Patterns(mean, whitening, np.asarray(centres / np.linalg.norm(centres, axis=1, keepdims=True), np.float32).T)

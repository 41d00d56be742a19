"""Teaching the convolutional networks with PyTorch, on one thread and from fixed seeds.

Pictures are changed anew each time they are seen: another recorder, another pitch and pace, a noise behind the sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from recordings.teaching.finished import gain_and_offset, keep, on_threads, table
from soundscape.analysis.frames import N_BANDS, Floats
from soundscape.analysis.taggers.columns import DEEPEST_DB
from soundscape.analysis.taggers.convolutional import N_JOINED, N_SEEN, Convolutional, loudness

N_CHANNELS, N_MIXED = (16, 32, 64, 96), 192
N_EPOCHS, BATCH, RATE, DECAY = 10, 64, 3e-3, 0.02
DROPPED, SMOOTHED = 0.3, 0.1
"""Share of what is not told to the last two layers; share of the truth that is spread over all names."""
KEPT = 0.998
"""What ships is a running mean of the weights, in which each step is forgotten so slowly."""
LEVEL_DB, SPREAD_DB = 40.0, 20.0
LONGER, HIGHER = 0.2, 2.5
"""A picture is made longer by up to this, as a logarithm, or shorter, and higher by up to so many bands, or lower."""
BANDS = np.arange(N_BANDS)
SLOPE = BANDS / (N_BANDS // 2) - 1.0


class Pupil(nn.Module):
    """`Convolutional` while it learns: what comes of each layer is normalised over a batch."""

    def __init__(self, n_names: int) -> None:
        super().__init__()
        sizes = list(zip((1, *N_CHANNELS[:-1]), N_CHANNELS, (5, 3, 3, 3), (2, 1, 1, 1), strict=True))
        self.levels = nn.BatchNorm1d(N_BANDS)
        self.layers = nn.ModuleList(nn.Conv2d(before, after, size, step, size // 2, bias=False)
                                    for before, after, size, step in sizes)  # fmt: skip
        self.norms = nn.ModuleList(nn.BatchNorm2d(size) for size in N_CHANNELS)
        self.mixed = nn.Conv1d(N_CHANNELS[-1] * N_BANDS // N_JOINED, N_MIXED, 1)
        self.out = nn.Linear(2 * N_MIXED, n_names)
        self.dropped = nn.Dropout(DROPPED)

    def forward(self, bands: torch.Tensor, is_sound: torch.Tensor) -> torch.Tensor:
        """Say how likely each name is: (n, n_frames, N_BANDS) in dB, (n, n_frames) of 0 and 1 -> (n, n_names)."""
        picture = self.levels(((bands + LEVEL_DB) / SPREAD_DB).transpose(1, 2)).transpose(1, 2).unsqueeze(1)
        picture = picture.contiguous(memory_format=torch.channels_last)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            picture = functional.relu(norm(layer(picture)))
            if number in (1, 2):
                picture = functional.max_pool2d(picture, 2)
        mixed = functional.relu(self.mixed(self.dropped(picture.transpose(2, 3).flatten(1, 2))))
        is_sound = functional.max_pool1d(is_sound.unsqueeze(1), N_JOINED)
        mean = (mixed * is_sound).sum(2) / is_sound.sum(2)
        most = (mixed * is_sound).amax(2)  # nothing is below 0
        said: torch.Tensor = self.out(self.dropped(torch.cat([mean, most], 1)))
        return said

    def finished(self) -> Convolutional:
        """The same as numpy runs it, each normalisation part of the layer before it."""
        gain, offset = gain_and_offset(self.levels)
        tables = [gain / SPREAD_DB, offset + gain * LEVEL_DB / SPREAD_DB]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            gain, offset = gain_and_offset(norm)
            tables += [table(layer.weight).transpose(2, 3, 1, 0) * gain, offset]
        mixed = table(self.mixed.weight).reshape(N_MIXED, N_CHANNELS[-1], -1).transpose(2, 1, 0).reshape(-1, N_MIXED)
        tables += [mixed, table(self.mixed.bias), table(self.out.weight).T, table(self.out.bias)]
        return Convolutional(*(np.ascontiguousarray(table, np.float32) for table in tables))


def taught(
    bands: Sequence[NDArray[np.floating]],
    names: NDArray[np.int64],
    drawn: NDArray[np.float64],
    n_names: int,
    seed: int,
) -> Convolutional:
    """Teach one network.

    Parameters
    ----------
    bands : n of (n_frames, N_BANDS)
        In dB, the loudest 0.
    names : (n,) int
        Place of each one's name.
    drawn : (n,) float
        How often each is drawn, of sum 1.
    n_names : int
        How many places there are.
    seed : int
    """
    on_threads(1, seed)
    pupil, kept = Pupil(n_names), Pupil(n_names)
    pupil = pupil.to(memory_format=torch.channels_last)
    n_steps = N_EPOCHS * len(bands) // BATCH
    steps = torch.optim.AdamW(pupil.parameters(), RATE, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(steps, RATE, n_steps, pct_start=0.15)
    batches = _batches(bands, names, drawn, np.random.default_rng(seed))
    for number in range(n_steps):
        levels, is_sound, truth = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            missed = functional.cross_entropy(pupil(levels, is_sound), truth, label_smoothing=SMOOTHED)
        steps.zero_grad()
        missed.backward()
        steps.step()
        rates.step()
        keep(kept, pupil, 1.0 - min(KEPT, number / (number + 10)))
    return kept.finished()


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def _batches(
    bands: Sequence[NDArray[np.floating]],
    names: NDArray[np.int64],
    drawn: NDArray[np.float64],
    rng: np.random.Generator,
) -> Iterator[Batch]:
    """Draw and change examples without end."""
    while True:
        picked = rng.choice(len(bands), BATCH, p=drawn)
        levels = np.full((BATCH, N_SEEN, N_BANDS), -DEEPEST_DB, np.float32)
        is_sound = np.zeros((BATCH, N_SEEN), np.float32)
        for place, one in enumerate(picked):
            picture = changed(bands[one], rng)
            levels[place, : len(picture)] = picture
            is_sound[place, : len(picture)] = 1.0
        yield torch.from_numpy(levels), torch.from_numpy(is_sound), torch.from_numpy(names[picked])


def changed(bands: NDArray[np.floating], rng: np.random.Generator) -> Floats:
    """Up to `N_SEEN` frames of a sound around one that is loud, as they might have been elsewhere."""
    picture = bands.astype(np.float32)
    if rng.random() < 0.5:
        longer = float(np.exp(rng.uniform(-LONGER, LONGER)))
        at = (np.arange(max(1, int(len(picture) * longer))) / longer).astype(int)
        picture = picture[at.clip(0, len(picture) - 1)]
    if len(picture) > N_SEEN:
        shares = loudness(picture)
        loud = int(rng.choice(len(picture), p=shares / shares.sum()))
        first = int(np.clip(loud - rng.integers(N_SEEN), 0, len(picture) - N_SEEN))
        picture = picture[first : first + N_SEEN]
    if rng.random() < 0.6:
        from_bands = (BANDS - rng.uniform(-HIGHER, HIGHER)).clip(0, N_BANDS - 1)
        low = np.floor(from_bands).astype(int)
        part = np.asarray(from_bands - low, np.float32)
        picture = picture[:, low] * (1.0 - part) + picture[:, np.minimum(low + 1, N_BANDS - 1)] * part
    picture = picture + np.asarray(_recorder_db(rng), np.float32)
    picture -= picture.max()
    if rng.random() < 0.4:
        floor_db = rng.uniform(-DEEPEST_DB, -22.0) + rng.normal(0.0, 6.0) * SLOPE + rng.normal(0.0, 3.0, N_BANDS)
        noise = 10.0 ** (floor_db / 10.0) * rng.gamma(4.0, 0.25, picture.shape)
        picture = np.asarray(10.0 * np.log10(10.0 ** (picture / 10.0) + noise), np.float32)
    if rng.random() < 0.3:
        first = int(rng.integers(N_BANDS - 4))
        picture[:, first : first + int(rng.integers(1, 6))] = picture.min()
    return np.asarray(np.maximum(picture - picture.max(), -DEEPEST_DB), np.float32)


def _recorder_db(rng: np.random.Generator) -> NDArray[np.float64]:
    """What another recorder, place or distance adds to each band: a slope and some slow waves."""
    added = rng.normal(0.0, 3.0) * SLOPE + rng.normal(0.0, 2.5) * np.cos(np.pi * BANDS / (N_BANDS - 1))
    for waves in (2, 3, 5):
        added += rng.normal(0.0, 1.5) * np.sin(np.pi * waves * BANDS / (N_BANDS - 1) + rng.uniform(0.0, 2.0 * np.pi))
    return np.asarray(added)

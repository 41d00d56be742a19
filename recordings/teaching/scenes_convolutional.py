"""Teaching with PyTorch what stands out of the background, on two threads and from a fixed seed.

Twelve seconds of a scene are drawn at a time, from its beginning to its end, and changed: moved by some bands, some of
them missing, louder or softer against the background.
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
from soundscape.analysis.segmenters.shares import Listener
from soundscape.analysis.segmenters.standing import FARTHEST, N_VIEWS

Example = tuple[NDArray[np.float16], NDArray[np.bool_]]
"""Picture of a scene, and what is true of each of its steps, (n_steps, 3)."""

N_CHANNELS, N_MIXED, N_AROUND = (16, 32, 48), 64, 7
N_EPOCHS, BATCH, RATE, DECAY, DROPPED = 12, 16, 3e-3, 0.02, 0.1
N_STEPS = 600
"""Steps of a scene that are drawn together."""
KEPT = 0.995
"""What ships is a running mean of the weights, in which each step of learning is forgotten so slowly."""
MOVED, MOST_MISSING, LOUDER = 3, 9, 0.1
"""Bands a picture is moved by at most, and that are missing in half of them; deviation of the logarithm of its gain."""


class Pupil(nn.Module):
    """`Listener` while it learns: what comes of each layer is normalised over a batch."""

    def __init__(self) -> None:
        super().__init__()
        sizes = list(zip((N_VIEWS, *N_CHANNELS[:-1]), N_CHANNELS, (5, 3, 3), strict=True))
        self.layers = nn.ModuleList(nn.Conv2d(before, after, size, (1, 2), size // 2, bias=False)
                                    for before, after, size in sizes)  # fmt: skip
        self.norms = nn.ModuleList(nn.BatchNorm2d(size) for size in N_CHANNELS)
        self.mixed = nn.Conv1d(N_CHANNELS[-1] * N_BANDS // 8, N_MIXED, 1, bias=False)
        self.mixed_norm = nn.BatchNorm1d(N_MIXED)
        self.around = nn.ModuleList(nn.Conv1d(N_MIXED, N_MIXED, 3, padding=2**number, dilation=2**number, bias=False)
                                    for number in range(N_AROUND))  # fmt: skip
        self.around_norms = nn.ModuleList(nn.BatchNorm1d(N_MIXED) for _ in range(N_AROUND))
        self.out = nn.Conv1d(N_MIXED, 3, 1)
        self.dropped = nn.Dropout(DROPPED)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Logits of each step, (n, N_VIEWS, n_steps, N_BANDS) -> (n, 3, n_steps)."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            picture = functional.relu(norm(layer(picture)))
        steps = functional.relu(self.mixed_norm(self.mixed(picture.transpose(2, 3).flatten(1, 2))))
        for layer, norm in zip(self.around, self.around_norms, strict=True):
            steps = steps + functional.relu(norm(layer(self.dropped(steps))))
        said: torch.Tensor = self.out(self.dropped(steps))
        return said

    def finished(self) -> Listener:
        """The same as numpy runs it, each normalisation part of the layer before it."""
        tables = []
        for layer, norm in zip(self.layers, self.norms, strict=True):
            gain, offset = gain_and_offset(norm)
            tables += [table(layer.weight).transpose(2, 3, 1, 0) * gain, offset]
        gain, offset = gain_and_offset(self.mixed_norm)
        mixed = table(self.mixed.weight).reshape(N_MIXED, N_CHANNELS[-1], -1).transpose(2, 1, 0)
        tables += [mixed.reshape(-1, N_MIXED) * gain, offset]
        around = []
        for layer, norm in zip(self.around, self.around_norms, strict=True):
            gain, offset = gain_and_offset(norm)
            around.append((table(layer.weight).transpose(2, 1, 0).reshape(-1, N_MIXED) * gain, offset))
        tables += [np.stack(part) for part in zip(*around, strict=True)]
        tables += [table(self.out.weight)[:, :, 0].T, table(self.out.bias)]
        return Listener(*(np.ascontiguousarray(one, np.float32) for one in tables))


def taught(made: Sequence[Example], seed: int = 0) -> Listener:
    """Teach one by scenes of `N_STEPS` at least."""
    on_threads(2, seed)
    pupil, kept = Pupil(), Pupil()
    n_steps = N_EPOCHS * sum(len(truth) for _, truth in made) // (N_STEPS * BATCH)
    steps = torch.optim.AdamW(pupil.parameters(), RATE, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(steps, RATE, n_steps, pct_start=0.2)
    batches = _batches(made, np.random.default_rng(seed))
    mean_missed = 0.0
    for number in range(n_steps):
        pictures, truth = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            said = pupil(pictures)
        missed = functional.binary_cross_entropy_with_logits(said.float(), truth)
        steps.zero_grad()
        missed.backward()
        steps.step()
        rates.step()
        keep(kept, pupil, 1.0 - min(KEPT, number / (number + 10)))
        mean_missed = float(missed.detach()) if not number else 0.98 * mean_missed + 0.02 * float(missed.detach())
        if number % 200 == 199:
            print(f"step {number + 1} of {n_steps}, cross-entropy {mean_missed:.3f}", flush=True)
    return kept.finished()


def _batches(made: Sequence[Example], rng: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Draw and change stretches of scenes without end; where one would go beyond its scene, it ends or begins there."""
    sizes = np.array([len(truth) for _, truth in made])
    while True:
        pictures, truths = [], []
        for one in rng.choice(len(made), BATCH, p=sizes / sizes.sum()):
            picture, truth = made[one]
            last = len(truth) - N_STEPS
            first = int(rng.integers(-N_STEPS // 2, last + N_STEPS // 2 + 1).clip(0, last))
            pictures.append(changed(picture[first : first + N_STEPS].astype(np.float32), rng))
            truths.append(truth[first : first + N_STEPS])
        yield (torch.from_numpy(np.stack(pictures).transpose(0, 3, 1, 2).copy()),
               torch.from_numpy(np.stack(truths).transpose(0, 2, 1).astype(np.float32)))  # fmt: skip


def changed(picture: Floats, rng: np.random.Generator) -> Floats:
    """(n_steps, N_BANDS, N_VIEWS) of a scene as it might have been elsewhere."""
    bands = (np.arange(N_BANDS) - int(rng.integers(-MOVED, MOVED + 1))).clip(0, N_BANDS - 1)
    picture = picture[:, bands] * np.float32(np.exp(rng.normal(0.0, LOUDER)))
    if rng.random() < 0.5:
        n_missing = int(rng.integers(1, MOST_MISSING + 1))
        first = int(rng.integers(N_BANDS - n_missing + 1))
        picture[:, first : first + n_missing] = 0.0
    return np.asarray(picture.clip(-FARTHEST, FARTHEST), np.float32)

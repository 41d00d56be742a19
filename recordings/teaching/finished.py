"""What PyTorch has taught as tables that numpy runs, and the mean of the weights on the way there."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Doubles = NDArray[np.float64]


def table(weights: torch.Tensor) -> Doubles:
    """As numpy has it."""
    return np.asarray(weights.detach().numpy(), np.float64)


def gain_and_offset(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Doubles, Doubles]:
    """What a normalisation multiplies by and then adds, once it has been taught."""
    gain = table(norm.weight) / np.sqrt(table(norm.running_var) + norm.eps)
    return gain, table(norm.bias) - gain * table(norm.running_mean)


def keep(mean: nn.Module, now: nn.Module, forgotten: float) -> None:
    """Move a running mean of weights so much towards what they are now."""
    with torch.no_grad():
        for kept, is_now in zip(mean.state_dict().values(), now.state_dict().values(), strict=True):
            kept.lerp_(is_now, forgotten) if is_now.is_floating_point() else kept.copy_(is_now)


def on_threads(n_threads: int, seed: int) -> None:
    """Teach on so many threads, however many there are, and from a seed: others would add up in another order."""
    torch.set_num_threads(n_threads)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)

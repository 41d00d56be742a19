"""A network of one hidden layer, run by numpy alone: what hears events and what names them is made of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from soundscape.analysis.frames import Floats


@dataclass(frozen=True, eq=False)
class Network:
    """Weights as `sklearn.neural_network.MLPClassifier` learns them, all float32."""

    FARTHEST: ClassVar[float] = 6.0
    """A column may be so many deviations away from its mean: a strange take cannot run away."""

    mean: Floats
    """(n_columns,), as `deviation` is."""
    deviation: Floats
    hidden: Floats
    """(n_columns, n_hidden)"""
    hidden_bias: Floats
    out: Floats
    """(n_hidden, n_outputs)"""
    out_bias: Floats

    def said(self, columns: Floats) -> Floats:
        """What comes out, before it is a share: (n, n_columns) -> (n, n_outputs)."""
        near = ((columns - self.mean) / self.deviation).clip(-self.FARTHEST, self.FARTHEST)
        return np.asarray(np.maximum(near @ self.hidden + self.hidden_bias, 0.0) @ self.out + self.out_bias, np.float32)

"""How sure a tagger may be of each name, settled on sounds of collections it has not heard.

A temperature makes it no surer than it is right (Guo and others, ICML 2017). An offset for each name makes up for names
that are known from few collections, or from such as are unlike the others: these are said too often, or too seldom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from recordings.teaching.corpus_judged import Doubles, Judged
from soundscape.analysis.taggers.network import Model
from soundscape.analysis.taggers.vocabulary import NAMES

LEAST, COST = 1e-12, 3e-3
"""No share is taken for less. Cost of the square of an offset: names with few sounds keep near to what networks say."""


class Settled(NamedTuple):
    """What log-probabilities are moved by, then divided by."""

    offsets: Doubles
    """(n_names + 1,); the last, of other sounds, is 0."""
    temperature: float

    def said(self, of: Judged) -> Judged:
        """What is said then."""
        return replace(of, logs=(of.logs + self.offsets) / self.temperature)

    def model(self, model: Model) -> Model:
        """A model that says so by itself."""
        offsets = self.offsets.astype(np.float32)
        namers = tuple(replace(one, out_bias=one.out_bias + offsets) for one in model.namers)
        return replace(model, namers=namers, temperature=self.temperature)


def settled(of: Judged) -> Settled:
    """What makes the truth likeliest, every name as important as another."""
    per_name = np.bincount(of.truth, of.weights, minlength=len(NAMES) + 1)
    weights = of.weights / per_name[of.truth]
    weights /= weights.sum()
    rows = np.arange(len(of.truth))

    def surprise(at: Doubles) -> tuple[float, Doubles]:
        made = _settled(at)
        shares = made.said(of).probabilities()
        away = shares.copy()
        away[rows, of.truth] -= 1.0
        away *= weights[:, None] / made.temperature
        slope = np.append(away.sum(axis=0)[:-1] + 2.0 * COST * at[:-1], -np.sum(away * (of.logs + made.offsets)))
        missed = -float(weights @ np.log(shares[rows, of.truth] + LEAST))
        return missed + COST * float(np.square(at[:-1]).sum()), slope

    return _settled(minimize(surprise, np.zeros(len(NAMES) + 1), jac=True, method="L-BFGS-B").x)


def settled_apart(parts: Sequence[Judged]) -> Judged:
    """All parts, each as it is said when the others alone settle how."""
    return Judged.joined([settled(Judged.joined([one for one in parts if one is not part])).said(part)
                          for part in parts])  # fmt: skip


def _settled(at: Doubles) -> Settled:
    """Offsets of names, and the logarithm of the temperature."""
    return Settled(np.append(at[:-1], 0.0), float(np.exp(at[-1])))

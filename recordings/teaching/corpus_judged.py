"""How well a tagger does on sounds of collections it has not heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from recordings.teaching.corpus import Example, Sound
from soundscape.analysis.taggers.network import Model
from soundscape.analysis.taggers.vocabulary import NAMES
from soundscape.catalogue.tags import FAMILIES, family_of

Doubles = NDArray[np.float64]
N_BINS = 15
LEAST = 1e-12
FAMILY_OF = np.array([FAMILIES.index(family_of(name)) for name in (*NAMES, "other")])


@dataclass(frozen=True, eq=False)
class Judged:
    """Segments that were judged."""

    logs: Doubles
    """(n, n_names + 1) log-probabilities at a temperature of 1."""
    truth: NDArray[np.int64]
    """(n,) place of each one's name; the last place is any other sound."""
    weights: Doubles
    """(n,) one for each sound, shared by its segments."""

    @staticmethod
    def joined(parts: Sequence[Judged]) -> Judged:
        """All of several."""
        return Judged(np.concatenate([part.logs for part in parts]), np.concatenate([part.truth for part in parts]),
                      np.concatenate([part.weights for part in parts]))  # fmt: skip

    def only(self, rows: NDArray[np.bool_]) -> Judged:
        """Some of them."""
        return Judged(self.logs[rows], self.truth[rows], self.weights[rows])

    def probabilities(self, temperature: float) -> Doubles:
        """(n, n_names + 1), rows of sum 1."""
        powers = np.exp((self.logs - self.logs.max(axis=1, keepdims=True)) / temperature)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judged(model: Model, heard: Sequence[tuple[Sound, Sequence[Example]]]) -> Judged:
    """Ask a model about every look at a sound that was not widened."""
    logs, truth, weights = [], [], []
    for sound, examples in heard:
        clean = [example.columns for example in examples if not example.is_widened]
        if clean:
            logs.append(np.asarray(model.log_shares(np.stack(clean)), np.float64))
            truth += [NAMES.index(sound.name) if sound.name in NAMES else len(NAMES)] * len(clean)
            weights += [1.0 / len(clean)] * len(clean)
    return Judged(np.concatenate(logs), np.array(truth), np.array(weights))


def best_temperature(of: Judged) -> float:
    """What makes the truth likeliest, every name as important as another (Guo and others, ICML 2017)."""
    per_name = np.bincount(of.truth, of.weights, minlength=len(NAMES) + 1)
    weights = of.weights / per_name[of.truth]

    def surprise(temperature: float) -> float:
        shares = of.probabilities(temperature)[np.arange(len(of.truth)), of.truth]
        return float(-np.average(np.log(shares + LEAST), weights=weights))

    return float(minimize_scalar(surprise, bounds=(0.3, 5.0), method="bounded").x)


def tag_f1(of: Judged) -> Doubles:
    """F1 of each name that there is, by the likeliest name, (n_names,); not a number where there is none."""
    known = of.truth < len(NAMES)
    return _f1(of.truth[known], of.logs[known].argmax(axis=1), of.weights[known], len(NAMES))


def family_f1(of: Judged) -> Doubles:
    """F1 of each family, by the likeliest sum of its names, (n_families,); other sounds are left out."""
    known = of.truth < len(NAMES)
    shares = of.only(known).probabilities(1.0)
    sums = np.stack([shares[:, place == FAMILY_OF].sum(axis=1) for place in range(len(FAMILIES))], axis=1)
    return _f1(FAMILY_OF[of.truth[known]], sums.argmax(axis=1), of.weights[known], len(FAMILIES))


def _f1(truth: NDArray[np.int64], said: NDArray[np.int64], weights: Doubles, n_classes: int) -> Doubles:
    rates = np.full(n_classes, np.nan)
    for place in np.unique(truth):
        right = weights[(truth == place) & (said == place)].sum()
        rates[place] = 2.0 * right / (weights[truth == place].sum() + weights[said == place].sum())
    return rates


def calibration_error(of: Judged, temperature: float) -> float:
    """Expected calibration error of the likeliest name, in `N_BINS` bins (Naeini and others, AAAI 2015)."""
    shares = of.probabilities(temperature)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == of.truth
    bins = np.minimum((sure * N_BINS).astype(int), N_BINS - 1)
    away = np.bincount(bins, of.weights * (sure - right), minlength=N_BINS)
    return float(np.abs(away).sum() / of.weights.sum())


def summary(of: Judged, temperature: float) -> str:
    """What to print: means over classes, then F1 of each name and what it is taken for."""
    rates, error = tag_f1(of), calibration_error(of, temperature)
    lines = [f"unseen collections: tags {np.nanmean(rates):.3f}, families {np.nanmean(family_f1(of)):.3f}, "
             f"calibration error {error:.3f} at a temperature of {temperature:.2f}"]  # fmt: skip
    for place, name in enumerate(NAMES):
        weights = of.weights * (of.truth == place)
        said = np.bincount(of.logs.argmax(axis=1), weights, minlength=len(NAMES) + 1) / max(weights.sum(), 1e-9)
        most = ", ".join(f"{(*NAMES, 'other')[k]} {said[k]:.2f}" for k in np.argsort(-said)[:4] if said[k] > 0.0)
        lines.append(f"{name:16} {weights.sum():5.0f} sounds, F1 {rates[place]:.2f}: {most}")
    return "\n".join(lines)

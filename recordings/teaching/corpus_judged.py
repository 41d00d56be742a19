"""How well a tagger does on sounds of collections it has not heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from recordings.teaching.corpus import Example, Sound
from soundscape.analysis.taggers.network import Model
from soundscape.analysis.taggers.shipped import likeliest_family
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
    files: tuple[Path, ...]
    """n files they are of."""

    @staticmethod
    def joined(parts: Sequence[Judged]) -> Judged:
        """All of several."""
        logs, truth, weights = (np.concatenate([getattr(part, name) for part in parts])
                                for name in ("logs", "truth", "weights"))  # fmt: skip
        return Judged(logs, truth, weights, tuple(file for part in parts for file in part.files))

    def only(self, rows: NDArray[np.bool_]) -> Judged:
        """Some of them."""
        files = tuple(file for file, wanted in zip(self.files, rows, strict=True) if wanted)
        return Judged(self.logs[rows], self.truth[rows], self.weights[rows], files)

    def known(self) -> Judged:
        """Those that have one of `NAMES`."""
        return self.only(self.truth < len(NAMES))

    def within(self, folder: Path) -> Judged:
        """Those whose files are in a folder."""
        return self.only(np.array([folder in file.parents for file in self.files]))

    def probabilities(self, temperature: float) -> Doubles:
        """(n, n_names + 1), rows of sum 1."""
        powers = np.exp((self.logs - self.logs.max(axis=1, keepdims=True)) / temperature)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judged(model: Model, heard: Sequence[tuple[Sound, Sequence[Example]]]) -> Judged:
    """Ask a model about every segment of each sound, by the mean over its looks, as it is asked when it ships."""
    logs, truth, weights, files = [], [], [], []
    for sound, examples in heard:
        clean = [example for example in examples if not example.is_widened]
        looks = np.asarray(model.log_shares(np.stack([one.columns for one in clean])), np.float64)
        segments = np.array([one.segment for one in clean])
        for number in np.unique(segments):
            logs.append(looks[segments == number].mean(axis=0))
            truth.append(NAMES.index(sound.name) if sound.name in NAMES else len(NAMES))
            weights.append(1.0 / len(np.unique(segments)))
            files.append(sound.path)
    return Judged(np.array(logs), np.array(truth), np.array(weights), tuple(files))


def best_temperature(of: Judged) -> float:
    """What makes the truth likeliest, every name as important as another (Guo and others, ICML 2017)."""
    per_name = np.bincount(of.truth, of.weights, minlength=len(NAMES) + 1)
    weights = of.weights / per_name[of.truth]

    def surprise(temperature: float) -> float:
        shares = of.probabilities(temperature)[np.arange(len(of.truth)), of.truth]
        return float(-np.average(np.log(shares + LEAST), weights=weights))

    return float(minimize_scalar(surprise, bounds=(0.3, 5.0), method="bounded").x)


def tag_f1(of: Judged, temperature: float) -> Doubles:
    """F1 of each name that there is, (n_names,), not a number where there is none; other sounds are left out.

    What is said of a segment is the likeliest name of its likeliest family, as its first tag is.
    """
    shares = of.known().probabilities(temperature)[:, : len(NAMES)]
    shares = np.where(FAMILY_OF[: len(NAMES)] == _families(shares)[:, None], shares, 0.0)
    return _f1(of.known().truth, shares.argmax(axis=1), of.known().weights, len(NAMES))


def family_f1(of: Judged, temperature: float) -> Doubles:
    """F1 of each family, (n_families,); other sounds are left out."""
    said = _families(of.known().probabilities(temperature)[:, : len(NAMES)])
    return _f1(FAMILY_OF[of.known().truth], said, of.known().weights, len(FAMILIES))


def _families(shares: Doubles) -> NDArray[np.int64]:
    """Place of the likeliest family of each row, (n, n_names) -> (n,)."""
    return np.array([FAMILIES.index(likeliest_family(row)) for row in shares.tolist()])


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


def means(of: Judged, temperature: float) -> str:
    """Macro F1 and the calibration error, in words."""
    tags, families = (float(np.nanmean(f1(of, temperature))) for f1 in (tag_f1, family_f1))
    return f"tags {tags:.3f}, families {families:.3f}, calibration error {calibration_error(of, temperature):.3f}"


def summary(of: Judged, temperature: float) -> str:
    """What to print: means over classes, then F1 of each name and what it is taken for."""
    rates = tag_f1(of, temperature)
    lines = [f"unseen collections: {means(of, temperature)} at a temperature of {temperature:.2f}"]
    for place, name in enumerate(NAMES):
        weights = of.weights * (of.truth == place)
        said = np.bincount(of.logs.argmax(axis=1), weights, minlength=len(NAMES) + 1) / max(weights.sum(), 1e-9)
        most = ", ".join(f"{(*NAMES, 'other')[k]} {said[k]:.2f}" for k in np.argsort(-said)[:4] if said[k] > 0.0)
        lines.append(f"{name:16} {weights.sum():5.0f} sounds, F1 {rates[place]:.2f}: {most}")
    return "\n".join(lines)

"""How well a tagger does on sounds of collections it has not heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recordings.teaching.corpus import Example, Sound
from soundscape.analysis.taggers.network import Model
from soundscape.analysis.taggers.shipped import likeliest_family
from soundscape.analysis.taggers.vocabulary import NAMES
from soundscape.catalogue.tags import FAMILIES, family_of

Doubles = NDArray[np.float64]
N_BINS = 15
FAMILY_OF = np.array([FAMILIES.index(family_of(name)) for name in (*NAMES, "other")])


@dataclass(frozen=True, eq=False)
class Judged:
    """Segments that were judged."""

    logs: Doubles
    """(n, n_names + 1) log-probabilities, up to a constant of each row."""
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

    def probabilities(self) -> Doubles:
        """(n, n_names + 1), rows of sum 1."""
        powers = np.exp(self.logs - self.logs.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judged(model: Model, heard: Sequence[tuple[Sound, Sequence[Example]]]) -> Judged:
    """Ask a model about every segment of each sound, by the mean over its looks, as it is asked when it ships."""
    logs, truth, weights, files = [], [], [], []
    for sound, examples in heard:
        clean = [example for example in examples if not example.is_widened]
        looks = np.asarray(model.log_shares([one.look for one in clean]), np.float64)
        segments = np.array([one.segment for one in clean])
        for number in np.unique(segments):
            logs.append(looks[segments == number].mean(axis=0))
            truth.append(NAMES.index(sound.name) if sound.name in NAMES else len(NAMES))
            weights.append(1.0 / len(np.unique(segments)))
            files.append(sound.path)
    return Judged(np.array(logs), np.array(truth), np.array(weights), tuple(files))


def tag_f1(of: Judged) -> Doubles:
    """F1 of each name that there is, (n_names,), not a number where there is none; other sounds are left out."""
    known = of.known()
    return _f1(known.truth, _names(known), known.weights, len(NAMES))


def family_f1(of: Judged) -> Doubles:
    """F1 of each family, (n_families,); other sounds are left out."""
    known = of.known()
    return _f1(FAMILY_OF[known.truth], _families(known), known.weights, len(FAMILIES))


def _names(of: Judged) -> NDArray[np.int64]:
    """Place of what is said of each, (n,): the likeliest name of its likeliest family, as its first tag is."""
    shares = of.probabilities()[:, : len(NAMES)]
    return np.asarray(np.where(FAMILY_OF[: len(NAMES)] == _families(of)[:, None], shares, 0.0).argmax(axis=1))


def _families(of: Judged) -> NDArray[np.int64]:
    """Place of the likeliest family of each, (n,)."""
    return np.array([FAMILIES.index(likeliest_family(row)) for row in of.probabilities()[:, : len(NAMES)].tolist()])


def _f1(truth: NDArray[np.int64], said: NDArray[np.int64], weights: Doubles, n_classes: int) -> Doubles:
    rates = np.full(n_classes, np.nan)
    for place in np.unique(truth):
        right = weights[(truth == place) & (said == place)].sum()
        rates[place] = 2.0 * right / (weights[truth == place].sum() + weights[said == place].sum())
    return rates


def calibration_error(of: Judged) -> float:
    """Expected calibration error of the likeliest name, in `N_BINS` bins (Naeini and others, AAAI 2015)."""
    shares = of.probabilities()
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == of.truth
    bins = np.minimum((sure * N_BINS).astype(int), N_BINS - 1)
    away = np.bincount(bins, of.weights * (sure - right), minlength=N_BINS)
    return float(np.abs(away).sum() / of.weights.sum())


def means(of: Judged) -> str:
    """Macro F1 and the calibration error, in words."""
    tags, families = (float(np.nanmean(f1(of))) for f1 in (tag_f1, family_f1))
    return f"tags {tags:.3f}, families {families:.3f}, calibration error {calibration_error(of):.3f}"


def summary(of: Judged) -> str:
    """What to print: means over classes, then F1 of each name and what it is taken for."""
    rates, known = tag_f1(of), of.known()
    said_of = _names(known)
    lines = [f"unseen collections: {means(of)}"]
    for place, name in enumerate(NAMES):
        weights = known.weights * (known.truth == place)
        said = np.bincount(said_of, weights, minlength=len(NAMES)) / max(weights.sum(), 1e-9)
        most = ", ".join(f"{NAMES[k]} {said[k]:.2f}" for k in np.argsort(-said)[:4] if said[k] > 0.0)
        lines.append(f"{name:16} {weights.sum():5.0f} sounds, F1 {rates[place]:.2f}: {most}")
    return "\n".join(lines)

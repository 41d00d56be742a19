"""A stronger model where the user has one: what it hears in a segment, in the words of the vocabulary.

What it says and what the shipped model says are mixed as probabilities (the linear opinion pool of Stone, Annals of
Mathematical Statistics 32, 1961), the stronger one counting `WEIGHT`. Of a name that only one of the two knows the
other has no opinion, but what it is sure of leaves less for that name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from soundscape.analysis.frames import Frames
from soundscape.analysis.taggers.described import Described, Mel, read_description, read_labels
from soundscape.analysis.taggers.session import Session
from soundscape.audio.resampling import resample
from soundscape.catalogue.scores import LEAST
from soundscape.catalogue.tags import VOCABULARY, ancestors, folded, tag_named
from soundscape.errors import CatalogueError, TaggerError

Floats = NDArray[np.float32]

WEIGHT = 0.7
MOST_WINDOWS = 6
"""Of a longer segment so many stretches are heard, evenly spread."""
RANKS = {"waveform": (1, 3), "mel": (2, 4)}


@dataclass(frozen=True, slots=True)
class Mapped:
    """How a model's labels are called here."""

    names: tuple[str, ...]
    """Tags, in the order of the vocabulary."""
    columns: tuple[tuple[int, ...], ...]
    """For each, the places of the labels that mean it."""
    unmapped: tuple[str, ...]
    """Labels that no tag is."""


class Stronger:
    """A user's model, checked by a trial on silence and on noise.

    Parameters
    ----------
    path : path of the TOML file that describes it; see `soundscape.analysis.taggers.described`

    Raises
    ------
    TaggerError
        If anything about it cannot be: before any recording is heard.
    """

    def __init__(self, path: Path | str) -> None:
        self.described: Described = read_description(Path(path))
        labels = read_labels(self.described.labels) if self.described.labels else ()
        if unknown := sorted(self.described.tags.keys() - set(labels)):
            raise TaggerError(f"{path}: there is no label {unknown[0]!r}", hint="[tags] has labels of the labels file")
        self.mapped = mapped(labels, self.described.tags)
        if labels and not self.mapped.names:
            shown = ", ".join(labels[:5])
            raise TaggerError(f"no label of {self.described.labels} is a tag here: {shown}",
                              hint="labels are AudioSet's, or words of soundscape's tags")  # fmt: skip
        self._session = Session(self.described.model)
        if len(self._session.inputs) != 1:
            raise TaggerError(f"the model {self.described.model} takes {', '.join(self._session.inputs)}",
                              hint="export it so that it takes sound and nothing else")  # fmt: skip
        ((self._input, kind),) = self._session.inputs.items()
        if kind != "tensor(float)":
            raise TaggerError(f"the model {self.described.model} takes {kind}", hint="export it with 32-bit floats")
        self._rank = self._session.ranks[self._input]
        lowest, highest = RANKS[self.described.input]
        if not lowest <= self._rank <= highest:
            hint = f"a {self.described.input} has {lowest} to {highest}, those before its own of length 1"
            raise TaggerError(f"the model {self.described.model} takes {self._rank} dimensions", hint=hint)
        self._output = self._session.output(self.described.output_name)
        self._try(labels)

    @property
    def has_words(self) -> bool:
        """Whether it gives embeddings that can be compared with words."""
        return self.described.words is not None

    def _try(self, labels: Sequence[str]) -> None:
        rate_hz = self.described.rate_hz
        n = round(self.described.window_s * rate_hz)
        for sound in (np.zeros(n, np.float32), 0.1 * np.random.default_rng(0).standard_normal(n).astype(np.float32)):
            out = self._window(sound)
            model = self.described.model
            if labels and len(out) != len(labels):
                raise TaggerError(f"the model {model} gives {len(out)} values for {len(labels)} labels",
                                  hint="use the labels file it was made with, or name another output_name")  # fmt: skip
            if not np.all(np.isfinite(out)) or not len(out):
                raise TaggerError(f"the model {model} gives what is no number", hint="see that input is what it takes")
            if self.described.output == "probabilities" and not (np.all(out >= 0.0) and np.all(out <= 1.0 + 1e-4)):
                raise TaggerError(f"the model {model} gives {out.min():.3g} to {out.max():.3g}, no probabilities",
                                  hint='say output = "logits" or "logits of one"')  # fmt: skip

    def hear(self, segment: Frames) -> Floats:
        """Probability of each mapped tag (n_names,), or the embedding, of length 1."""
        sound = resample(segment.samples[:, None], segment.rate_hz, self.described.rate_hz)[:, 0]
        n = round(self.described.window_s * self.described.rate_hz)
        n_windows = min(MOST_WINDOWS, max(1, round(len(sound) / n)))
        starts = np.linspace(0, max(0, len(sound) - n), n_windows).astype(int)
        windows = [sound[start : start + n] for start in starts]
        heard = np.stack([self._window(np.pad(one, (0, n - len(one)))) for one in windows])
        out = np.asarray(heard.mean(axis=0), np.float64)
        if self.described.output == "embedding":
            return np.asarray(out / max(float(np.linalg.norm(out)), 1e-12), np.float32)
        shares = np.array([out[list(places)].max() for places in self.mapped.columns])
        return np.asarray(np.clip(np.nan_to_num(shares), 0.0, 1.0), np.float32)

    def _window(self, sound: Floats) -> Floats:
        value = (
            sound if self.described.input == "waveform" else log_mel(sound, self.described.rate_hz, self.described.mel)
        )
        value = value.reshape((1,) * (self._rank - value.ndim) + value.shape)
        out = np.atleast_1d(self._session.run(self._output, {self._input: value}))
        rows = out.reshape(-1, out.shape[-1])  # some models give a row for each part of a window
        if self.described.output == "logits":
            rows = expit(rows)
        elif self.described.output == "logits of one":
            rows = softmax(rows, axis=1)
        return np.asarray(rows.mean(axis=0), np.float32)

    def digest(self) -> str:
        """What tells it from any other model."""
        words = self.described.words
        parts = [self.described.path, self.described.model, self.described.labels, words.model if words else None]
        digest = hashlib.blake2b(digest_size=6)
        for part in parts:
            if part is not None:
                digest.update(hashlib.blake2b(part.read_bytes()).digest())
        return digest.hexdigest()


def mapped(labels: Sequence[str], own: Mapping[str, str] = MappingProxyType({})) -> Mapped:
    """Which labels are which tags: as `own` says, then by AudioSet's names, then by any name or synonym of a tag.

    Examples
    --------
    >>> found = mapped(["Creak", "Sonar", "Knock", "Church bell", "rain on a roof"])
    >>> found.names, found.unmapped
    (('gate.creak', 'gate.knock', 'bell.church', 'rain.roof'), ('Sonar',))
    """
    of: dict[str, list[int]] = {}
    unmapped = []
    for place, text in enumerate(labels):
        tag = own[text] if text in own else _tag_of(text)
        if tag:
            of.setdefault(tag, []).append(place)
        else:
            unmapped.append(text)
    names = tuple(name for name in VOCABULARY if name in of)
    return Mapped(names, tuple(tuple(of[name]) for name in names), tuple(unmapped))


@cache
def _by_audioset() -> dict[str, str]:
    """Tags by AudioSet's names; of two with one name the first row wins."""
    rows = [(folded(entry.audioset), entry.name) for entry in VOCABULARY.values() if entry.audioset]
    return dict(reversed(rows))


def _tag_of(text: str) -> str:
    parts = [text, *(part.strip() for part in text.split(","))]
    for part in parts:
        if name := _by_audioset().get(folded(part)):
            return name
    for part in parts:
        try:
            return tag_named(part).name
        except CatalogueError:
            continue
    return ""


def merged_names(names: Sequence[str], models: Sequence[Stronger]) -> tuple[str, ...]:
    """Names of the shipped model, and after them those that only stronger ones know."""
    return tuple(dict.fromkeys([*names, *(name for model in models for name in model.mapped.names)]))


def merged(scores: Floats, names: Sequence[str], shares: Floats, told: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """Scores and names after a stronger model's word.

    Parameters
    ----------
    scores : (n_names,) log-probabilities of `names`
    shares : (n_told,) probabilities of `told`, by the stronger model
    """
    own: Mapping[str, float] = dict(zip(names, np.exp(scores, dtype=np.float64).tolist(), strict=True))
    its: Mapping[str, float] = dict(zip(told, shares.tolist(), strict=True))
    mixed = []
    for name in dict.fromkeys([*names, *told]):
        if name in own and name in its:
            mixed.append((1.0 - WEIGHT) * own[name] + WEIGHT * its[name])
        elif name in its:
            mixed.append(its[name])
        else:
            line = ancestors(name)
            taken = max((share for other, share in its.items() if other not in line and name not in ancestors(other)),
                        default=0.0)  # fmt: skip
            mixed.append(own[name] * (1.0 - WEIGHT * taken))
    logarithms = np.log(np.clip(mixed, LEAST, 1.0))
    return np.asarray(logarithms, np.float32), tuple(dict.fromkeys([*names, *told]))


def log_mel(sound: Floats, rate_hz: int, how: Mel) -> Floats:
    """Spectrogram of (n,) sound on mel bands as a model wants it: (n_frames, n_mels), or the other way round."""
    from librosa.feature import melspectrogram  # takes a second to load: only for models that want it

    power = melspectrogram(y=sound, sr=rate_hz, n_fft=how.n_fft, hop_length=how.hop_length, n_mels=how.n_mels,
                           fmin=how.fmin, fmax=how.fmax, htk=how.htk,
                           norm=None if how.norm == "none" else "slaney")  # fmt: skip
    logarithm = np.log10(np.maximum(power, how.floor)) * {"db": 10.0, "log10": 1.0, "ln": np.log(10.0)}[how.log]
    bands = np.asarray((logarithm - how.mean) / how.std, np.float32)
    return np.ascontiguousarray(bands.T if how.order == "time mel" else bands)

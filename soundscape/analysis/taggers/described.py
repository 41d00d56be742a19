"""The TOML file that stands beside a user's model and says what it takes, what it gives, and what its labels are.

::

    model = "tagger.onnx"             # all paths from this file's folder, and inside it
    labels = "labels.csv"             # .csv, .txt (one a line), .json or config.json; not for output = "embedding"
    rate_hz = 32000
    window_s = 10.0                   # stretches of this length are heard, silence after what is shorter
    input = "waveform"                # or "mel", with a table [mel]
    output = "probabilities"          # or "logits" (of many at once), "logits of one", "embedding"
    output_name = "clipwise_output"   # where a model gives several; else the first

    [tags]                            # where a label is another tag than its name says, or none
    "Groan" = ""
    "Boing" = "gong.opera"

    [mel]                             # librosa's words
    n_fft = 1024
    hop_length = 320
    n_mels = 64
    fmin = 50.0
    fmax = 14000.0
    htk = false
    norm = "slaney"                   # or "none"
    log = "db"                        # or "ln", "log10"
    floor = 1e-10
    mean = 0.0                        # taken away, and then divided by:
    std = 1.0
    order = "time mel"                # or "mel time"

    [words]                           # of a model whose embeddings can be compared with those of words
    model = "text.onnx"
    tokenizer = "tokenizer.json"
    length = 77                       # tokens; 0: as many as there are
    output_name = ""
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from soundscape.catalogue.tags import tag_named
from soundscape.errors import CatalogueError, TaggerError

INPUTS = ("waveform", "mel")
OUTPUTS = ("probabilities", "logits", "logits of one", "embedding")
MOST_LABELS = 100_000
MOST_TEXT_BYTES = 64 << 20
_COLUMNS = ("display_name", "label", "name")
_CHOICES = {"input": INPUTS, "output": OUTPUTS, "log": ("db", "ln", "log10"), "norm": ("slaney", "none"),
            "order": ("time mel", "mel time")}  # fmt: skip
_LIMITS = {"rate_hz": (1000, 384_000), "window_s": (0.02, 60.0), "n_fft": (16, 65_536), "hop_length": (1, 65_536),
           "n_mels": (1, 1024), "fmin": (0.0, 192_000.0), "fmax": (1.0, 192_000.0), "floor": (1e-30, 1.0),
           "mean": (-1e6, 1e6), "std": (1e-9, 1e9), "length": (0, 8192)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mel:
    """How a spectrogram is made for a model that takes one; see `librosa.feature.melspectrogram`."""

    n_fft: int = 1024
    hop_length: int = 320
    n_mels: int = 64
    fmin: float = 50.0
    fmax: float = 14_000.0
    htk: bool = False
    norm: str = "slaney"
    log: str = "db"
    floor: float = 1e-10
    mean: float = 0.0
    std: float = 1.0
    order: str = "time mel"


@dataclass(frozen=True, slots=True)
class TextTower:
    """The part of a model that reads words."""

    model: Path
    tokenizer: Path
    length: int = 77
    output_name: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A user's model as its TOML file describes it."""

    path: Path
    model: Path
    rate_hz: int
    labels: Path | None = None
    window_s: float = 10.0
    input: str = "waveform"
    output: str = "probabilities"
    output_name: str = ""
    mel: Mel = Mel()
    words: TextTower | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Tags of some labels; an empty one is none."""


def read_description(path: Path) -> Described:
    """Read and check a description; the models it names are not opened.

    Raises
    ------
    TaggerError
        If it cannot be read, or says what cannot be.
    """
    text = read_text(path, "description")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TaggerError(f"{path}: {error}", hint="it describes a model in TOML; see the README") from None
    mel = Mel(**_read(path, table.pop("mel", {}), Mel, "mel."))
    words, tags = table.pop("words", None), table.pop("tags", {})
    tower = None if words is None else TextTower(**_read(path, words, TextTower, "words."))
    known = _read(path, table, Described, "", without=("path", "mel", "words", "tags"))
    described = Described(path=path, mel=mel, words=tower, tags=_tags(path, tags), **known)
    if described.labels is None and described.output != "embedding":
        raise TaggerError(f"{path}: there is no labels file", hint='name one, or say output = "embedding"')
    if described.labels is not None and described.output == "embedding":
        raise TaggerError(f"{path}: an embedding has no labels", hint="take the line labels away, or change output")
    if tower is not None and described.output != "embedding":
        raise TaggerError(f"{path}: words are compared with an embedding", hint='say output = "embedding"')
    if mel.fmax > described.rate_hz / 2 and described.input == "mel":
        raise TaggerError(
            f"{path}: mel.fmax = {mel.fmax:g}", hint=f"at most half of rate_hz, {described.rate_hz / 2:g}"
        )
    return described


def read_text(path: Path, what: str) -> str:
    """Text of a file of the user's.

    Raises
    ------
    TaggerError
        If it cannot be read, is too large or no text.
    """
    try:
        if path.stat().st_size > MOST_TEXT_BYTES:
            raise TaggerError(f"the {what} {path} is too large", hint=f"at most {MOST_TEXT_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TaggerError(f"cannot read the {what} {path}: {error.strerror}", hint="check the path") from error
    except UnicodeDecodeError as error:
        raise TaggerError(f"the {what} {path} is no text in UTF-8", hint="name a text file") from error


def _read(path: Path, table: object, kind: type, prefix: str, without: Sequence[str] = ()) -> dict[str, Any]:
    names = [one.name for one in fields(kind) if one.name not in without]
    if not isinstance(table, Mapping):
        raise TaggerError(f"{path}: {prefix.rstrip('.')} is no table", hint=f"write [{prefix.rstrip('.')}]")
    if unknown := sorted(table.keys() - set(names)):
        raise TaggerError(f"{path}: there is no {prefix}{unknown[0]}", hint=f"known: {', '.join(names)}")
    required = [one.name for one in fields(kind) if one.name in names and one.name in ("model", "tokenizer", "rate_hz")]
    if missing := [name for name in required if name not in table]:
        raise TaggerError(f"{path}: {prefix}{missing[0]} is missing", hint="every description has to say it")
    types = {one.name: str(one.type) for one in fields(kind)}
    return {name: _value(path, prefix + name, value, types[name]) for name, value in table.items()}


def _tags(path: Path, table: object) -> dict[str, str]:
    if not isinstance(table, Mapping) or not all(isinstance(name, str) for name in table.values()):
        raise TaggerError(f"{path}: tags is no table of names", hint='write [tags], and below it "Label" = "tag"')
    try:
        return {text: name and tag_named(name).name for text, name in table.items()}
    except CatalogueError as error:
        raise TaggerError(f"{path}: {error}", hint=error.hint) from None


def _value(path: Path, name: str, value: object, kind: str) -> Any:
    last = name.rpartition(".")[2]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {"int": is_number and isinstance(value, int), "float": is_number, "bool": isinstance(value, bool)}
    if not fits.get(kind, isinstance(value, str)):
        word = {"int": "a whole number", "float": "a number", "bool": "true or false"}.get(kind, "text in quotes")
        raise TaggerError(f"{path}: {name} = {value!r}", hint=f"it must be {word}")
    if last in _LIMITS and not _LIMITS[last][0] <= value <= _LIMITS[last][1]:  # type: ignore[operator]
        raise TaggerError(f"{path}: {name} = {value}", hint="between {:g} and {:g}".format(*_LIMITS[last]))
    if last in _CHOICES and value not in _CHOICES[last]:
        raise TaggerError(f"{path}: {name} = {value!r}", hint=f"one of: {', '.join(_CHOICES[last])}")
    if "Path" not in kind:
        return float(value) if kind == "float" else value  # type: ignore[arg-type]
    folder = path.resolve().parent
    place = folder / str(value)
    if not value or "\0" in str(value) or not place.resolve().is_relative_to(folder):
        raise TaggerError(f"{path}: {name} = {value!r} leads out of its folder", hint="put the file beside this one")
    return place


def read_labels(path: Path) -> tuple[str, ...]:
    """Labels of a model in the order of its output.

    Parameters
    ----------
    path : path
        `.csv` with a column `display_name`, `label` or `name` (else the last one, without a head), such as AudioSet's
        `class_labels_indices.csv`; `.json`, a list, an object from place to label, or one with such an `id2label`, as
        Hugging Face's `config.json`; anything else: one label a line.

    Raises
    ------
    TaggerError
        If it cannot be read, or a label is missing, empty or there twice.
    """
    text = read_text(path, "labels file")
    try:
        labels = _labels_of(text, path.suffix.lower())
    except (ValueError, csv.Error, RecursionError) as error:
        hint = "a label a line, a CSV with a column display_name, a JSON list, or a config.json with id2label"
        raise TaggerError(f"the labels file {path} cannot be understood: {error}", hint=hint) from None
    if not 1 <= len(labels) <= MOST_LABELS:
        raise TaggerError(f"the labels file {path} has {len(labels)} labels", hint=f"1 to {MOST_LABELS}")
    seen: set[str] = set()
    for place, name in enumerate(labels, start=1):
        if not name or name in seen:
            raise TaggerError(f"the labels file {path}: label {place} is {'empty' if not name else name + ' again'}",
                              hint="one label for each place of the model's output, in its order")  # fmt: skip
        seen.add(name)
    return tuple(labels)


def _labels_of(text: str, ending: str) -> list[str]:
    if ending == ".json":
        value = json.loads(text)
        if isinstance(value, dict):
            value = value.get("id2label", value)
        if isinstance(value, dict):
            if any(str(place) not in value for place in range(len(value))):
                raise ValueError("it is no object from 0, 1, 2 ... to names")
            value = [value[str(place)] for place in range(len(value))]
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise ValueError("it is no list of names")
        return [name.strip() for name in value]
    if ending != ".csv":
        return [line.strip() for line in text.strip().splitlines()]
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    column = next((head.index(name) for name in _COLUMNS if name in head), None)
    if column is None:
        return [row[-1].strip() for row in rows]
    if any(len(row) <= column for row in rows):
        raise ValueError("a row is too short")
    return [row[column].strip() for row in rows[1:]]

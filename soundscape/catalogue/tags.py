"""The vocabulary: what a sound can be called, what is below what, and its names elsewhere.

The rows stand in `tags.toml`; nothing here knows how a tag is heard.
"""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, get_args

from soundscape.errors import CatalogueError

Family = Literal["gates", "wind", "instruments", "rest"]
FAMILIES: tuple[Family, ...] = get_args(Family)
LANGUAGES = ("en", "zh", "fr")
NO_TAG = "unknown"
"""What a segment without a tag is called, in queries and labels; no tag of the vocabulary."""
MOST_MEANT = 3
"""So many names are told that a person may have meant by a word that is none."""


@dataclass(frozen=True, slots=True)
class TagEntry:
    """One row of the vocabulary."""

    name: str
    parent: str
    """Name of the row above, or an empty string at the top of a family."""
    family: Family
    labels: Mapping[str, str] = field(hash=False)
    """By language: `en`, `zh`, `fr`."""
    also: tuple[str, ...] = ()
    """What else people call it, in any language."""
    audioset: str = ""
    ucs: str = ""
    hornbostel_sachs: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Everything it is called: name, labels and synonyms."""
        return (self.name.replace("_", " ").replace(".", " "), *self.labels.values(), *self.also)


def _entries(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, TagEntry]:
    entries: dict[str, TagEntry] = {}
    for name, row in rows.items():  # a parent stands above its children in the file
        parent = row.get("parent", name.rpartition(".")[0])
        entries[name] = TagEntry(
            name,
            parent,
            row["family"] if not parent else entries[parent].family,
            MappingProxyType({language: row[language] for language in LANGUAGES}),
            tuple(row.get("also", ())),
            row.get("audioset", ""),
            row.get("ucs", ""),
            row.get("hs", ""),
        )
    return entries


VOCABULARY: Mapping[str, TagEntry] = MappingProxyType(
    _entries(tomllib.loads(files(__package__).joinpath("tags.toml").read_text(encoding="utf-8"))["tags"])
)
"""Every tag by its name, in the order of the file."""


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Text as it is compared: lower case, without accents, in one form of Unicode.

    Examples
    --------
    >>> folded("Flûte À BEC"), folded("铜钟")
    ('flute a bec', '铜钟')
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in parts if not unicodedata.combining(c) and c != "\0")
    return unicodedata.normalize("NFKC", bare).casefold()


def _key(name: str) -> str:
    return folded(name).strip().replace("/", ".").replace("-", "_").replace(" ", "_")


@cache
def _by_name() -> dict[str, str]:
    """Every way to write a tag, and the tag: names first, then labels, then synonyms, the first row wins."""
    ways = [(_key(name), name) for name in VOCABULARY]
    ways += [(_key(text), entry.name) for entry in VOCABULARY.values() for text in entry.labels.values()]
    ways += [(_key(text), entry.name) for entry in VOCABULARY.values() for text in entry.also]
    return {way: name for way, name in reversed(ways)}


def tag_named(name: str) -> TagEntry:
    """Row of a tag by name, label or synonym.

    Parameters
    ----------
    name : str
        `gate.creak`; slashes and hyphens are understood (`gate/creak`, `wood-percussion`), and so are labels in any
        language and synonyms (`pluck`, `铜钟`).

    Raises
    ------
    CatalogueError
        If the vocabulary has no such word; the hint says what is near. `unknown` is none.

    Examples
    --------
    >>> tag_named("gate/creak").name, tag_named("pluck").name, tag_named("铜钟").name
    ('gate.creak', 'plucked_string', 'bell.bronze')
    """
    if is_no_tag(name):
        raise CatalogueError(f"{name!r} means no tag", hint="-NAME removes one")
    try:
        return VOCABULARY[_by_name()[_key(name)]]
    except KeyError:
        raise CatalogueError(f"there is no tag {name!r}", hint=hint_for(name)) from None


def is_no_tag(name: str) -> bool:
    """Whether a word says that there is no tag.

    Examples
    --------
    >>> is_no_tag("Unknown"), is_no_tag("other")
    (True, False)
    """
    return _key(name) == NO_TAG


def hint_for(name: str) -> str:
    """What to do about a tag that does not exist: the nearest names, and how to see all.

    Examples
    --------
    >>> hint_for("gate.creek")
    'did you mean gate.creak, gate.scrape or gate.rattle? soundscape find --tags lists all'
    """
    near = nearest(_key(name), _by_name(), 3 * MOST_MEANT)
    tags = list(dict.fromkeys(_by_name()[way] for way in near))[:MOST_MEANT]
    return f"{did_you_mean(tags)}soundscape find --tags lists all"


def is_nearer_to_tags(word: str, other: str) -> bool:
    """Whether a word is rather a tag written wrongly than another word.

    Examples
    --------
    >>> is_nearer_to_tags("flut", "fault"), is_nearer_to_tags("duration", "duration_s")
    (True, False)
    """
    return nearest(_key(word), [other, *_by_name()], 1) != [other]


def nearest(word: str, known: Iterable[str], n_most: int = MOST_MEANT) -> list[str]:
    """Known words that a person may have meant, the best first."""
    return difflib.get_close_matches(word, list(known), n=n_most)


def did_you_mean(names: Sequence[str]) -> str:
    """The beginning of a hint, with a space after it; empty without names.

    Examples
    --------
    >>> did_you_mean(["bell", "gong", "chime"]), did_you_mean(["bell"]), did_you_mean([])
    ('did you mean bell, gong or chime? ', 'did you mean bell? ', '')
    """
    *others, last = names or ("",)
    return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}? " if names else ""


@lru_cache(maxsize=4096)
def ancestors(name: str) -> tuple[str, ...]:
    """Tags above a tag, itself first.

    Examples
    --------
    >>> ancestors("bell.bronze")
    ('bell.bronze', 'bell', 'idiophone', 'percussion', 'instrument')
    """
    line = []
    while name:
        line.append(name)
        name = VOCABULARY[name].parent if name in VOCABULARY else name.rpartition(".")[0]
    return tuple(line)


@cache
def descendants(name: str) -> frozenset[str]:
    """Tag and everything below it in the vocabulary."""
    return frozenset(other for other in VOCABULARY if name in ancestors(other)) | {name}


def is_a(tag_name: str, ancestor: str) -> bool:
    """Whether a tag is another one, or below it.

    Examples
    --------
    >>> is_a("gate.creak", "gate"), is_a("gate", "gate.creak"), is_a("bell", "instrument")
    (True, False, True)
    """
    return ancestor in ancestors(tag_name)


@lru_cache(maxsize=4096)
def family_of(tag_name: str) -> Family:
    """Family of a tag: gates, wind, instruments or rest; a tag that is not in the vocabulary belongs to the rest.

    Examples
    --------
    >>> family_of("gate.creak"), family_of("gong"), family_of("rain")
    ('gates', 'instruments', 'rest')
    """
    known = next((name for name in ancestors(tag_name) if name in VOCABULARY), "")
    return VOCABULARY[known].family if known else "rest"


def label(name: str, language: str = "en") -> str:
    """Word for a tag in a language, else in English, else the name itself.

    Examples
    --------
    >>> label("bell.bronze", "zh"), label("bell.bronze", "fr"), label("bell.bronze", "de")
    ('铜钟', 'cloche de bronze', 'bronze bell')
    """
    if name not in VOCABULARY:
        return name
    labels = VOCABULARY[name].labels
    return labels.get(language, labels["en"])


@cache
def tags_with(word: str) -> frozenset[str]:
    """Tags that a folded word of free text finds: those called so, and everything below them."""
    found = [entry.name for entry in VOCABULARY.values() if any(word in folded(text) for text in entry.words)]
    return frozenset().union(*(descendants(name) for name in found))

"""What can be asked for, as `find` lists it: tags as a tree, and what can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from soundscape.catalogue.features import FEATURES
from soundscape.catalogue.query import Query
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import LANGUAGES, VOCABULARY, TagEntry
from soundscape.catalogue.terms import FIELDS, Unknown

_OF_WORDS = {
    "id": "of the segment",
    "recording_id": "of its take",
    "path": "its take's file and folders",
    "object_id": "the museum's number of what is heard",
}


def in_tree(parent: str = "") -> Iterator[tuple[int, TagEntry]]:
    """Rows of the vocabulary, each before those below it, and how deep each stands."""
    for entry in VOCABULARY.values():
        if entry.parent == parent:
            yield 0, entry
            yield from ((1 + depth, below) for depth, below in in_tree(entry.name))


def tags_json(store: Store, query: str) -> Mapping[str, Any]:
    """Vocabulary as `find --tags --json` prints it."""
    counts = store.count_tags(query)
    rows = [{"name": entry.name, "parent": entry.parent, "family": entry.family, "labels": dict(entry.labels),
             "also": list(entry.also), "segments": counts.get(entry.name, 0)} for _, entry in in_tree()]  # fmt: skip
    return {"tags": rows, "unknown": _n_unknown(store, query)}


def tags_table(store: Store, query: str) -> Table:
    """Vocabulary for people: what is below a tag stands below it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("tag", *LANGUAGES):
        table.add_column(name, overflow="fold")
    table.add_column("segments", justify="right", no_wrap=True)
    counts = store.count_tags(query)
    for depth, entry in in_tree():
        table.add_row("  " * depth + entry.name, *(entry.labels[language] for language in LANGUAGES),
                      str(counts.get(entry.name, "")))  # fmt: skip
    table.add_row("unknown", "no tag", "", "", str(_n_unknown(store, query) or ""))
    return table


def features_json(store: Store) -> Mapping[str, Any]:
    """What can be compared as `find --features --json` prints it."""
    return {"numbers": _numbers(store), "words": {name: list(few) for name, few in FIELDS.items()}}


def features_table(store: Store) -> Table:
    """What can be compared, for people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    for name, about in _numbers(store).items():
        table.add_row(name, about)
    for name, few in FIELDS.items():
        table.add_row(name, "one of: " + ", ".join(few) if few else _OF_WORDS.get(name, "words about its take"))
    table.add_row("text", 'words in titles, descriptions, file names and tags: text ~ "old gate", or just "old gate"')
    return table


def _numbers(store: Store) -> dict[str, str]:
    return dict(FEATURES) | dict.fromkeys(sorted(store.more_features()), "measured in this catalogue")


def _n_unknown(store: Store, query: str) -> int:
    asked: Query = store.query(query)
    return store.count(asked & Unknown())

"""`soundscape find`: what there is in a catalogue, by tags, numbers, words, licence or likeness."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from soundscape.apps.cli.console import plain, print_json
from soundscape.apps.cli.options import catalogue_option, json_option, tagger_option
from soundscape.apps.settings import load_settings
from soundscape.catalogue.scores import Words
from soundscape.catalogue.search import Found
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import family_of
from soundscape.catalogue.terms import And
from soundscape.errors import CatalogueError
from soundscape.units import pitch_of

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_SURE_OF_PITCH = 0.5
EVERYTHING = "*"
MOST_FOUND = 50
"""So many are shown where nobody says how many."""
_WIDTH = 120
"""Columns of the table where there is no terminal to ask."""


@click.command("find")
@click.argument("query", default=EVERYTHING)
@catalogue_option
@click.option("--like", metavar="ID", help="Rank by likeness to this segment; the beginning of its id will do.")
@click.option("--words", metavar="TEXT", help="Rank by what the words say; needs a model that knows words (--tagger).")
@tagger_option
@click.option("--tags", "as_tags", is_flag=True, help="List all tags as a tree, and how many segments have each.")
@click.option("--features", "as_features", is_flag=True, help="List all numbers and words that can be compared.")
@click.option("--limit", type=click.IntRange(min=1), show_default=str(MOST_FOUND), help="At most so many.")
@json_option
def command(
    query: str,
    catalogue: Path | None,
    like: str | None,
    words: str | None,
    taggers: tuple[Path, ...],
    limit: int | None,
    *,
    as_tags: bool,
    as_features: bool,
    as_json: bool,
) -> None:
    """Find segments: the surest first, or with --like the most alike first.

    A tag finds those below it too, tag@0.8 where it is so sure, and unknown what has no tag; --tags lists them.
    Numbers and words are compared, --features lists them. Terms are joined by and, or, not, ( ).

    \b
    soundscape find "gate.creak and duration_s > 2 and not wind"
    soundscape find "bell@0.8 and pitch_hz < 300 and licence ~ CC0"
    soundscape find '"old gate" or 铜钟' --limit 10
    soundscape find "unknown and path ~ courtyard"
    soundscape find "place ~ east" --tags
    soundscape find --like 3fa9c1
    soundscape find "gate" --words "a heavy door creaks slowly" --tagger clap.toml
    """  # noqa: D301  (click wants the character itself)
    _check({"--tags": as_tags, "--features": as_features, "--like": like, "--words": words})
    if as_features and query != EVERYTHING:
        raise CatalogueError(
            f"--features and the query {query!r}", hint="they are the same for every query: leave it out"
        )
    if limit is not None and (as_tags or as_features):
        raise CatalogueError(
            f"{'--tags' if as_tags else '--features'} and --limit", hint="all are listed: leave it out"
        )
    if taggers and words is None:
        raise CatalogueError("--tagger without --words", hint='it is the model that --words "TEXT" asks')
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        if as_tags or as_features:
            _list_names(store, query, is_tags=as_tags, as_json=as_json)
            return
        found = store.find(query, like if words is None else described_by(words, taggers), limit or MOST_FOUND)
        if as_json:
            print_json({"segments": [segment_json(one) for one in found]})
        if not found:
            if words is not None and store.count(query):
                raise CatalogueError(
                    "no segment was heard by that model", hint="soundscape ingest FOLDER --tagger FILE"
                )
            raise nothing_matches(store, query)
        if not as_json:
            print_table(found, n_matching=store.count(query), ids=store.short_ids([f.segment.id for f in found]))


def _check(asked: Mapping[str, object]) -> None:
    """Refuse two ways to answer at once."""
    ways = [name for name, value in asked.items() if value not in (None, False)]
    if len(ways) > 1:
        raise CatalogueError(f"{ways[0]} and {ways[1]}", hint="one of the two")


def _list_names(store: Store, query: str, *, is_tags: bool, as_json: bool) -> None:
    from soundscape.apps.cli.names import features_json, features_table, tags_json, tags_table

    if as_json:
        print_json(tags_json(store, query) if is_tags else features_json(store))
    else:
        _console().print(tags_table(store, query) if is_tags else features_table(store))


def described_by(words: str, taggers: Sequence[Path]) -> Words:
    """Where words stand among the sounds that a model has heard."""
    from soundscape.analysis.taggers.stronger import Stronger
    from soundscape.analysis.taggers.words import embedding_of

    models = [model for model in map(Stronger, taggers or load_settings().taggers) if model.has_words]
    if not models:
        raise CatalogueError("search by words needs a model that knows words",
                             hint="name one such as CLAP by --tagger FILE.toml, at ingest too")  # fmt: skip
    return Words(models[0].digest(), embedding_of(words, models[0].described)[None])


def nothing_matches(store: Store, query: str) -> CatalogueError:
    """Say which part of a query leaves nothing."""
    asked = store.query(query)
    n_segments = store.count()
    if not n_segments:
        return CatalogueError(
            f"the catalogue {store.path} is empty", hint=f"soundscape ingest FOLDER --catalogue {store.path}"
        )
    terms = asked.terms if isinstance(asked, And) else (asked,)
    counts = {str(term): store.count(term) for term in terms}
    if len(terms) == 1:
        hint = f"{n_segments} segments are in the catalogue, none of them so"
    elif empty := [term for term, count in counts.items() if not count]:
        hint = f"nothing at all is {' or '.join(empty)}"
    else:
        alone = ", ".join(f"{term}: {count}" for term, count in counts.items())
        hint = f"alone each matches, together they do not ({alone})"
    return CatalogueError(f"nothing matches {asked}", hint=hint)


def segment_json(found: Found) -> Mapping[str, Any]:
    """Segment as `find --json` prints it."""
    segment = found.segment
    value = {
        "id": segment.id,
        "recording_id": segment.recording_id,
        "path": found.recording.path,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "kind": segment.kind,
        "tags": [{"name": tag.name, "confidence": tag.confidence, "by": tag.by} for tag in segment.tags],
        "family": family_of(segment.tag),
        "features": {"duration_s": segment.duration_s, **segment.features},
    }
    return value if found.similarity is None else {**value, "similarity": found.similarity}


def note_name(frequency_hz: float) -> str:
    """Nearest note and how many cents away: 440 Hz is A4.

    Examples
    --------
    >>> note_name(440.0), note_name(262.8), note_name(30.0)
    ('A4', 'C4 +8', 'B0 -49')
    """
    pitch = pitch_of(frequency_hz)
    nearest = round(pitch)
    cents = round(100 * (pitch - nearest))
    return f"{_NOTES[nearest % 12]}{nearest // 12 - 1}" + (f" {cents:+d}" if abs(cents) > 4 else "")


def print_table(found: Sequence[Found], *, n_matching: int, ids: Mapping[str, str]) -> None:
    """Print segments for people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("take", overflow="ellipsis", no_wrap=True, max_width=34)
    for name in ("from", "to"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("tags", overflow="fold")
    table.add_column("LUFS", justify="right", no_wrap=True)
    table.add_column("pitch", no_wrap=True)
    with_likeness = any(one.similarity is not None for one in found)
    if with_likeness:
        table.add_column("alike", justify="right", no_wrap=True)
    for one in found:
        table.add_row(*_cells(one, ids), *([f"{one.similarity:.2f}"] if one.similarity is not None else []))
    console = _console()
    console.print(table)
    if not with_likeness and n_matching > len(found):
        console.print(f"{len(found)} of {n_matching} that match; --limit shows more")


def _console() -> Console:
    return Console(highlight=False, width=None if os.isatty(1) else _WIDTH, markup=False)


def _cells(found: Found, ids: Mapping[str, str]) -> tuple[str, ...]:
    segment, features = found.segment, found.segment.features
    tags = ", ".join(
        tag.name if tag.by == "person" else f"{tag.name} {100 * tag.confidence:.0f} %" for tag in segment.tags
    )
    level, pitch_hz = features.get("level_lufs"), features.get("pitch_hz", 0.0)
    sure = pitch_hz > 0.0 and features.get("pitch_confidence", 1.0) >= _SURE_OF_PITCH
    return (
        ids[segment.id],
        plain(found.recording.title),
        clock(segment.start_s),
        clock(segment.end_s),
        segment.kind,
        tags,
        "" if level is None else f"{level:.0f}",
        note_name(pitch_hz) if sure else "",
    )


def clock(time_s: float) -> str:
    """Time as a counter shows it.

    Examples
    --------
    >>> clock(75.26), clock(3671.0), clock(59.96)
    ('1:15.3', '1:01:11.0', '1:00.0')
    """
    tenths = round(10 * time_s)
    minutes, seconds = divmod(tenths / 10, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:04.1f}" if hours else f"{minutes}:{seconds:04.1f}"

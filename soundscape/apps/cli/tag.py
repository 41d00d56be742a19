"""`soundscape tag`: a person's word about segments; it outlasts every analysis, and others like them learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from soundscape.apps.cli.options import catalogue_option
from soundscape.apps.settings import load_settings
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.store import Store
from soundscape.errors import CatalogueError

MOST_SHOWN = 12
"""Of many segments so many are shown."""


@click.command("tag", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("words", metavar="ID... [+NAME -NAME]", nargs=-1, type=click.UNPROCESSED)
@click.option("--query", metavar="QUERY", help="Correct every segment that `soundscape find` finds so.")
@click.option("--reset", "is_reset", is_flag=True, help="Take back every word a person said of their tags.")
@click.option("--no-learn", is_flag=True, help="Keep the change, and let nothing learn from it.")
@catalogue_option
def command(
    words: tuple[str, ...], query: str | None, catalogue: Path | None, *, is_reset: bool, no_learn: bool
) -> None:
    """Add (+NAME) and remove (-NAME) tags of segments; without any, show them. The beginning of an id will do.

    A removed tag takes those below it along: -gate removes gate.creak. Segments that sound like those corrected are
    called otherwise then too, as far as nobody corrected them. Of one name the newest word holds; --reset makes it as
    if nobody had ever said anything of a segment's tags. All names there are: soundscape find --tags

    \b
    soundscape tag 3fa9c1 +gate.creak -voice
    soundscape tag 3fa9c1 77b2 c01d +bell.hand
    soundscape tag 3fa9c1 --reset
    soundscape tag --query 'voice and place = "East court"' +gate.creak -voice
    """  # noqa: D301  (click wants the character itself)
    if words[:1] == ("-h",):  # which is no beginning of an id, but looks like a tag to take away
        click.echo(click.get_current_context().get_help())
        return
    changes = [word for word in words if word[:1] in ("+", "-")]
    add, remove = ([change[1:] for change in changes if change[0] == sign] for sign in "+-")
    if wrong := [change for change in changes if len(change) < 2]:
        raise _no_change(wrong[0])
    if is_reset and changes:
        raise CatalogueError(f"{changes[0]} and --reset", hint="take back first, then say what is there")
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        ids = _ids(store, [word for word in words if word not in changes], query)
        segments = store.take_back(ids) if is_reset else store.tag_all(ids, add=add, remove=remove)
        told = ""
        if (changes or is_reset) and not no_learn:
            from soundscape.analysis.learning import learn  # loads scipy: not for a look at the tags
            from soundscape.apps.cli.learn import in_words

            told = in_words(learn(store))
            segments = [store.segment(key).segment for key in ids[:MOST_SHOWN]]  # as they are called after learning
        for segment in segments[:MOST_SHOWN]:
            click.echo(f"{segment.id}: {_tags(segment)}")
        if len(ids) > MOST_SHOWN:
            click.echo(f"... and {len(ids) - MOST_SHOWN} more")
        if told:
            click.echo(told)


def _ids(store: Store, words: Sequence[str], query: str | None) -> list[str]:
    if query is not None:
        if words:
            raise CatalogueError(f"{words[0]!r} and a query", hint="name segments by their ids or by --query, not both")
        found = [one.segment.id for one in store.find(query, limit=None)]
        if not found:
            raise CatalogueError(f"nothing matches {query}", hint='see what does with: soundscape find "QUERY"')
        return found
    if not words:
        raise CatalogueError("no segment is named", hint='ids are the first column of: soundscape find "gate"')
    found = [store.segment(words[0]).segment.id]
    for word in words[1:]:
        try:
            found.append(store.segment(word).segment.id)
        except CatalogueError as error:
            raise _no_change(word) if error.hint.startswith("ids") else error from None
    return list(dict.fromkeys(found))


def _no_change(word: str) -> CatalogueError:
    return CatalogueError(
        f"{word!r} neither adds nor removes a tag, nor is it a segment",
        hint=f"write +{word.lstrip('+-') or 'bell'} to add it, or - before it to remove it",
    )


def _tags(segment: Segment) -> str:
    return ", ".join(
        f"{tag.name} ({'by a person' if tag.by == 'person' else f'{tag.confidence:.2f}'})" for tag in segment.tags
    ) or "no tags"  # fmt: skip

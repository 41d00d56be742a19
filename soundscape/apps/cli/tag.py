"""`soundscape tag`: a person's word about a segment; it outlasts every analysis."""

from __future__ import annotations

from pathlib import Path

import click

from soundscape.apps.cli.options import catalogue_option
from soundscape.apps.settings import load_settings
from soundscape.catalogue.store import Store
from soundscape.errors import CatalogueError


@click.command("tag", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("segment_id", metavar="ID")
@click.argument("changes", metavar="+NAME -NAME", nargs=-1, type=click.UNPROCESSED)
@catalogue_option
def command(segment_id: str, changes: tuple[str, ...], catalogue: Path | None) -> None:
    """Add (+NAME) and remove (-NAME) tags of a segment; without any, show them. The beginning of the id will do.

    A removed tag takes those below it along: -gate removes gate.creak.
    """
    if segment_id == "-h":  # which is no beginning of an id, but looks like a tag to take away
        click.echo(click.get_current_context().get_help())
        return
    wrong = [change for change in changes if change[:1] not in "+-" or len(change) < 2]
    if wrong:
        raise CatalogueError(
            f"{wrong[0]!r} neither adds nor removes a tag",
            hint=f"write +{wrong[0].lstrip('+-') or 'bell'} to add it, or - before it to remove it",
        )
    add, remove = ([change[1:] for change in changes if change[0] == sign] for sign in "+-")
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        segment = store.tag(segment_id, add=add, remove=remove)
    tags = ", ".join(
        f"{tag.name} ({'by a person' if tag.by == 'person' else f'{tag.confidence:.2f}'})" for tag in segment.tags
    )
    click.echo(f"{segment.id}: {tags or 'no tags'}")

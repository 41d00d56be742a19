"""`soundscape cut`: segments that a query finds, as files of their own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, finite, json_option
from soundscape.apps.settings import load_settings
from soundscape.errors import CatalogueError


@click.command("cut")
@click.argument("query", metavar="QUERY")
@click.option("-o", "--output", "folder", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--name", "template", default="plain", show_default=True, metavar="TEMPLATE|ucs",
              help="How files are named, such as '{object_id}_{tag}_{n:03}'.")  # fmt: skip
@click.option("--pad", "pad_s", type=click.FloatRange(0.0, 60.0), default=0.0, callback=finite,
              help="Seconds more on both sides.")  # fmt: skip
@click.option("--fade", "fade_s", type=click.FloatRange(0.0, 1.0), default=0.005, show_default=True, metavar="SECONDS",
              callback=finite,
              help="How long a file swells and dies away; 0 leaves the samples as they are.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@catalogue_option
@json_option
def command(query: str, folder: Path, template: str, pad_s: float, fade_s: float, catalogue: Path | None, *,
            overwrite: bool, as_json: bool) -> None:  # fmt: skip
    """Write every segment that QUERY finds to a WAV file of its own, with all that is known of it inside.

    Phrases come along only where QUERY names their kind.
    """
    from soundscape.catalogue.store import Store
    from soundscape.catalogue.terms import kinds_named
    from soundscape.deliver.cutting import Cut, cut

    with Store(catalogue or Path(load_settings().catalogue)) as store:
        asked = store.query(query)
        found = store.find(asked, limit=None)
        if "phrase" not in kinds_named(asked):
            found = [one for one in found if one.segment.kind != "phrase"]
        tags = Counter(one.segment.tag or "unknown" for one in store.find("*", limit=None)) if not found else Counter()
    if not found:
        there = ", ".join(f"{name} {count}" for name, count in tags.most_common(8)) or "no segments at all"
        raise CatalogueError(f"no segment matches {query!r}: nothing was written", hint=f"there are: {there}")
    wanted = [(one.segment, one.recording) for one in found]
    wanted.sort(key=lambda pair: (pair[1].path, pair[0].start_s))
    done: list[Cut] = []
    try:
        with progress_bars() as progress:
            for one in cut(wanted, folder, template, pad_s=pad_s, fade_s=fade_s, overwrite=overwrite,
                           progress=progress):  # fmt: skip
                done.append(one)
    finally:  # whatever ends it, who reads JSON is told which files are whole
        if as_json and done:
            print_json({"written": [{"path": str(one.path), "id": one.segment.id} for one in done]})
    if not as_json:
        click.echo(f"{len(done)} files in {plain(folder)}")

"""`soundscape cut`: segments that a query finds, as files of their own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from soundscape.apps.cli.console import print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option
from soundscape.apps.settings import load_settings
from soundscape.errors import CatalogueError


@click.command("cut")
@click.argument("query", metavar="QUERY")
@click.option("-o", "--output", "folder", required=True, type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--name", "template", default="plain", show_default=True, metavar="TEMPLATE|ucs",
              help="How files are named, such as '{object_id}_{tag}_{n:03}'.")  # fmt: skip
@click.option("--pad", "pad_s", type=click.FloatRange(0.0, 60.0), default=0.0, help="Seconds more on both sides.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@catalogue_option
@json_option
def command(query: str, folder: Path, template: str, pad_s: float, catalogue: Path | None, *, overwrite: bool,
            as_json: bool) -> None:  # fmt: skip
    """Write every segment that QUERY finds to a WAV file of its own, with all that is known of it inside.

    Phrases come along only where QUERY names their kind.
    """
    from soundscape.catalogue.store import Store
    from soundscape.catalogue.terms import kinds_named
    from soundscape.deliver.cutting import cut

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
    with progress_bars() as progress:
        done = list(cut(wanted, folder, template, pad_s=pad_s, overwrite=overwrite, progress=progress))
    if as_json:
        print_json({"written": [{"path": str(one.path), "id": one.segment.id} for one in done]})
    else:
        click.echo(f"{len(done)} files in {folder}")

"""`soundscape arrange`: score, cast and catalogue to a saved arrangement, and why each sound was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, plain_lines, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option, seed_option

if TYPE_CHECKING:
    from soundscape.arrangement.arrange import Arranged


@click.command("arrange")
@click.argument("source", metavar="PIECE.toml|SCORE.mid", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Arrangement to write (.json).")
@catalogue_option
@seed_option
@click.option("--explain", is_flag=True, help="Say for each choice why, and what came second and third.")
@json_option
def command(*, source: Path, out: Path, catalogue: Path | None, seed: int | None, explain: bool, as_json: bool) -> None:
    """Arrange a piece (.toml), or a bare score (.mid), which casts itself from the catalogue."""
    from soundscape.apps.outputs import DOCUMENT, out_file
    from soundscape.apps.pieces import arranged_from
    from soundscape.apps.settings import load_settings
    from soundscape.arrangement.document import save_arrangement
    from soundscape.arrangement.explain import explained, explanation
    from soundscape.catalogue.store import Store

    catalogue = catalogue or Path(load_settings().catalogue)
    out_file(out, DOCUMENT, source, catalogue=catalogue)
    with progress_bars() as progress:
        progress("arranging", 0, 1)
        arranged = arranged_from(source, catalogue, seed=seed)
        save_arrangement(arranged.arrangement, out)
        progress("arranging", 1, 1)
    if as_json:
        print_json({**describe(arranged, out), **(explained(arranged) if explain else {})})
        return
    if explain:
        with Store(catalogue) as store:
            click.echo(plain_lines(explanation(arranged, store.snapshot())))
    else:
        for warning in arranged.warnings:
            click.echo(f"note: {plain(warning)}", err=True)
    click.echo(plain(sentence(arranged, out)))


def describe(arranged: Arranged, out: Path) -> dict[str, Any]:
    """What an arrangement is, for `--json`."""
    from soundscape.arrangement.roomrow import row_of

    made = arranged.arrangement
    return {
        "path": str(out), "title": made.title, "layout": made.layout, "room": row_of(made.room, out.resolve().parent),
        "seed": made.seed, "duration_s": made.duration_s, "events": len(made.events), "roles": list(made.roles),
        "recordings": len(made.recordings), "warnings": list(arranged.warnings),
    }  # fmt: skip


def sentence(arranged: Arranged, out: Path) -> str:
    """What an arrangement is, in a line."""
    made = arranged.arrangement
    return (f"{out}: {made.title or 'untitled'}, {made.duration_s:.1f} s, {len(made.events)} events in "
            f"{len(made.roles)} roles from {len(made.recordings)} recordings")  # fmt: skip

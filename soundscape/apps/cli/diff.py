"""`soundscape diff`: what changed between two mixes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from soundscape.apps.cli.console import print_json, progress_bars
from soundscape.apps.cli.options import json_option


@click.command("diff")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
def command(*, first: Path, second: Path, as_json: bool) -> None:
    """Compare FIRST and SECOND sample by sample: how deep they null, where they part, how levels changed."""
    from soundscape.deliver.check import difference

    with progress_bars() as progress:
        found = difference(first, second, progress=progress)
    if as_json:
        null_db = None if found.is_same else found.null_db
        print_json({**asdict(found), "null_db": null_db, "same": found.is_same})
        return
    if found.is_same:
        click.echo("the same audio, sample for sample")
        return
    where = "only in length" if found.first_s is None else f"from {found.first_s:.3f} s on"
    click.echo(f"different {where}: largest difference {found.null_db:.1f} dB below the peak")
    click.echo(f"length {found.duration_change_s:+.3f} s; level by channel "
               + " ".join(f"{change:+.2f}" for change in found.level_change_db) + " dB")  # fmt: skip

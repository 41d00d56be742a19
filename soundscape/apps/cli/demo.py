"""`soundscape demo`: the main job in one go on what ships."""

from __future__ import annotations

from pathlib import Path

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import json_option


@click.command("demo")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("soundscape-demo"), show_default=True,
              help="Folder for everything it makes.")  # fmt: skip
@json_option
def command(*, out: Path, as_json: bool) -> None:
    """Hear the recordings that ship, cast the overture with them, render it, draw it, and credit every second."""
    with progress_bars() as progress:
        progress("starting", 0, 1)
        from soundscape.apps.cli.render import describe
        from soundscape.apps.demo import demo
        from soundscape.apps.settings import load_settings

        progress("starting", 1, 1)
        made = demo(out, load_settings(), progress=progress)
    if as_json:
        print_json({
            "folder": str(made.folder), "wall_s": made.wall_s, "mixes": [describe(mix) for mix in made.mixes],
            "pictures": [str(path) for path in made.pictures], "credits": [str(path) for path in made.credits],
            "arrangement": str(made.arrangement_path), "warnings": list(made.arranged.warnings),
        })  # fmt: skip
        return
    concert, stereo = made.mixes
    piece = made.arranged.arrangement
    timeline, paths, takes = made.pictures
    click.echo(
        f"""
{plain(piece.title)}: {len(piece.events)} sounds from {len(piece.recordings)} recordings in {len(piece.roles)} roles.
Everything is in {plain(made.folder)}{"/"} ({made.wall_s:.0f} s in all):
  {stereo.path.name:28} listen to this one on two speakers or headphones
  {concert.path.name:28} the concert mix: {concert.layout.name}, {concert.loudness.integrated_lufs:.1f} LUFS
  {timeline.name:28} look here first: who sounds when
  {paths.name:28} where everybody stands and moves
  {takes.name:28} what was heard in the recordings
  {made.credits[0].name:28} whose sound is heard when (the .csv has every second)
  {made.arrangement_path.name:28} the arrangement, to read, change and render again
Next: soundscape ingest YOUR_FOLDER --catalogue my.catalogue
      soundscape render YOUR_SCORE.mid --catalogue my.catalogue -o mix.wav""".lstrip()
    )

"""`soundscape ingest`: hear folders of recordings and keep what is in them."""

from __future__ import annotations

from pathlib import Path

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option, tagger_option
from soundscape.apps.settings import load_settings
from soundscape.errors import AudioError

LINES = 20
"""Most lines of a list that people are shown; `--json` has all."""
FEW = 5
"""So many labels give an idea."""


@click.command("ingest")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER...")
@catalogue_option
@click.option("--workers", type=click.IntRange(min=0), default=None, help="Processes; 0: one for each core.")
@tagger_option
@json_option
def command(
    folders: tuple[Path, ...], catalogue: Path | None, workers: int | None, taggers: tuple[Path, ...], *, as_json: bool
) -> None:
    """Hear every sound file in folders; those that have not changed since are skipped."""
    from soundscape.analysis.ingest import ingest  # loads scipy: not for --help
    from soundscape.analysis.taggers.stronger import Stronger

    settings = load_settings()
    n_workers = settings.workers if workers is None else workers
    models = [Stronger(path) for path in taggers or settings.taggers]
    for model in models:
        if unmapped := model.mapped.unmapped:  # told before the work: who wants them mapped need not do it twice
            some = plain(", ".join(unmapped[:FEW])) + (", ..." if len(unmapped) > FEW else "")
            click.echo(f"{len(unmapped)} labels of {plain(model.described.path)} are no tags: {some}", err=True)
    with progress_bars() as progress:
        report = ingest(folders, catalogue or Path(settings.catalogue), n_workers=n_workers, progress=progress,
                        taggers=models)  # fmt: skip
    failed = [{"path": path, "reason": reason} for path, reason in report.failed]
    is_nothing = bool(failed) and not report.recordings and not report.skipped
    if as_json:
        print_json({"recordings": report.recordings, "segments": report.segments, "skipped": report.skipped,
                    "failed": failed, "faults": {path: list(faults) for path, faults in report.faults.items()},
                    "unmapped": {path: list(labels) for path, labels in report.unmapped.items()},
                    "audio_s": report.audio_s, "wall_s": report.wall_s})  # fmt: skip
    elif not is_nothing:
        click.echo(f"{report.recordings} recordings heard, {report.segments} segments; {report.skipped} known, "
                   f"{len(failed)} failed; {report.audio_s:.0f} s of sound in {report.wall_s:.1f} s, "
                   f"{report.times_real_time:.0f}x real time")  # fmt: skip
        _list([f"failed: {path}: {reason}" for path, reason in report.failed])
        _list([f"{', '.join(faults)}: {path}" for path, faults in report.faults.items()])
    if is_nothing:
        more = "" if as_json else "; --json lists them all"
        raise AudioError(f"none of {len(failed)} files could be read", hint=f"the first: {failed[0]['reason']}{more}")


def _list(lines: list[str]) -> None:
    for line in lines[:LINES]:
        click.echo(plain(line))
    if len(lines) > LINES:
        click.echo(f"... and {len(lines) - LINES} more; --json has all")

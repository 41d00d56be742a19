"""`soundscape clean`: rumble, thumps, gusts and hum taken out of a take, heard before it is kept."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option


def _corner(_context: click.Context, _option: click.Parameter, value: str | None) -> float | Literal["auto"] | None:
    if value is None:
        return None
    if value == "auto":
        return "auto"
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no number of hertz; say auto, or 60") from None


@click.command("clean")
@click.argument("take", metavar="TAKE|ID")
@click.option("--high-pass", "high_pass", callback=_corner, default=None, metavar="HZ|auto",
              help="Filter below a corner, 24 dB an octave; auto: where something lies below the sound.")  # fmt: skip
@click.option(
    "--repair", is_flag=True, help="Bring down thumps and gusts that are heard, and take out hum and an offset."
)
@click.option("-o", "--output", "preview", type=click.Path(path_type=Path), default=None, metavar="PREVIEW.wav",
              help="The worst 10 s before and after, with a picture beside it.")  # fmt: skip
@click.option("--keep", type=click.Path(path_type=Path), default=None, metavar="FOLDER|FILE.wav",
              help="Keep the whole take, cleaned, as a new file.")  # fmt: skip
@click.option(
    "--overwrite", is_flag=True, help="Replace what is there: a kept file, a sound that is no preview, a picture."
)
@catalogue_option
@json_option
def command(*, take: str, high_pass: float | Literal["auto"] | None, repair: bool, preview: Path | None,
            keep: Path | None, overwrite: bool, catalogue: Path | None, as_json: bool) -> None:  # fmt: skip
    """Clean a TAKE (a file, or a recording's ID) into a preview to hear, and with --keep into a new file.

    Without --high-pass and --repair it does both, where wind on the microphone, a hand or something else that is no
    sound of the place is heard. The take itself is never touched.
    """
    from soundscape.analysis.cleaning import Cleaning, cleaning_of, survey
    from soundscape.apps.settings import load_settings
    from soundscape.deliver.cleaned import clean

    path = _path_of(take, catalogue)
    if isinstance(high_pass, float):
        Cleaning(high_pass)  # a corner out of range is told before the take is heard
    if high_pass is None and not repair:
        high_pass, repair = "auto", True
    if preview is None and keep is None:
        preview = Path(f"{path.stem}_preview.wav")
    _look(path, preview, keep, catalogue or Path(load_settings().catalogue), overwrite=overwrite)
    with progress_bars() as progress:
        found = survey(path, progress=progress)
        cleaning = cleaning_of(found, high_pass_hz=high_pass, repairs=repair)
        done = clean(path, cleaning, recording_id=found.recording_id, preview=preview, keep=keep, progress=progress)
    if as_json:
        print_json({**{name: str(value) if isinstance(value, Path) else value for name, value in asdict(done).items()},
                    "recording_id": found.recording_id, "wind_noise": found.wind_noise,
                    "handling_noise": found.handling_noise, "faults": list(found.faults)})  # fmt: skip
        return
    click.echo(f"{plain(path.name)}: wind {found.wind_noise:.2f}, handling {found.handling_noise:.2f}"
               f"{', ' + ', '.join(found.faults) if found.faults else ''}")  # fmt: skip
    for line in done.lines:
        click.echo(f"  {line}")
    for words, out in (("before and after", done.preview), ("picture", done.picture), ("kept", done.kept)):
        if out is not None:
            click.echo(f"  {words}: {plain(out)}")


def _look(take: Path, preview: Path | None, keep: Path | None, catalogue: Path, *, overwrite: bool) -> None:
    """Refuse to write where something would be lost.

    A preview with its picture may be replaced by another; what was kept, or one without the other, only when asked.
    """
    from soundscape.apps.outputs import PNG, WAVE, out_file
    from soundscape.deliver.cleaned import kept_path, picture_path
    from soundscape.errors import OutputError

    unasked: list[Path] = []
    if preview is not None:
        both = (preview, picture_path(preview))
        unasked += [] if all(path.exists() for path in both) else both
        out_file(preview, WAVE, take, catalogue=catalogue)
        out_file(picture_path(preview), PNG, take, catalogue=catalogue)
    if keep is not None:
        unasked.append(kept_path(take, keep))
        out_file(kept_path(take, keep), WAVE, take, besides=[preview] if preview else [], catalogue=catalogue)
    for path in unasked:
        if path.exists() and not overwrite:
            raise OutputError(f"cannot write {path}: it is there already", hint="--overwrite, or another name")


def _path_of(take: str, catalogue: Path | None) -> Path:
    """A file, or that of a recording of the catalogue."""
    if Path(take).is_file():
        return Path(take)
    from soundscape.apps.settings import load_settings
    from soundscape.catalogue.store import Store
    from soundscape.errors import CatalogueError

    where = catalogue or Path(load_settings().catalogue)
    if not where.exists():
        raise CatalogueError(f"there is no take {take}", hint="name a sound file, or an ID of a catalogue")
    with Store(where) as store:
        return Path(store.recording(take).path)

"""`soundscape check`: what a file measures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import json_option, layout_option

if TYPE_CHECKING:
    from soundscape.deliver.check import Check


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@layout_option
@json_option
def command(*, file: Path, layout_name: str | None, as_json: bool) -> None:
    """Measure FILE: programme loudness, range, true peak, level and peak of each channel, layout, hash of the audio.

    A file that ends before it should, as a copy that was interrupted does, is measured and refused: exit 2.
    """
    from soundscape.deliver.check import check
    from soundscape.errors import AudioError
    from soundscape.space.layout import load_layout

    layout = load_layout(layout_name) if layout_name else None
    with progress_bars() as progress:
        found = check(file, layout=layout, progress=progress)
    if as_json:
        print_json({**asdict(found), "path": str(found.path)})
    else:
        _print(found)
    if found.is_cut_short:
        raise AudioError(f"{file} ends at {found.duration_s:.2f} s, before it should", hint="copy it again")


def _print(found: Check) -> None:
    loud = found.loudness
    click.echo(f"{plain(found.path)}: {found.container} {found.encoding}, {found.n_channels} channels, "
               f"{found.rate_hz} Hz, {found.duration_s:.2f} s")  # fmt: skip
    click.echo(f"layout      {plain(found.layout or 'not known')}   (mask 0x{found.channel_mask:X})")
    click.echo(f"loudness    {loud.integrated_lufs:.1f} LUFS, range {loud.range_lu:.1f} LU, "
               f"momentary to {loud.momentary_max_lufs:.1f}, short-term to {loud.short_term_max_lufs:.1f}")  # fmt: skip
    click.echo(f"true peak   {loud.true_peak_dbtp:.1f} dBTP, {found.n_clipped} samples at full scale")
    for channel in found.channels:
        click.echo(f"  {plain(channel.name):8} level {channel.level_db:7.1f} dB   peak {channel.peak_db:7.1f} dB")
    click.echo(f"audio       {found.audio_id}")
    if found.is_cut_short:
        click.echo(f"NO  cut short: ends at {found.duration_s:.2f} s, before it should")

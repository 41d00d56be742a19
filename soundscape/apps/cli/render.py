"""`soundscape render`: the concert mix of a piece, a score or an arrangement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, finite, json_option, layout_option, seed_option

if TYPE_CHECKING:
    from soundscape.deliver.render import Mix


@click.command("render")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="File to write, .wav or .flac.")
@catalogue_option
@layout_option
@seed_option
@click.option(
    "--panner",
    default=None,
    metavar="NAME",
    help="How sounds are placed between loudspeakers: vbap, bs2127, dbap, nearest, ambisonics ...",
)
@click.option(
    "--head",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE.sofa",
    help="For headphones: the ears of a measured head, instead of those of a computed one.",
)
@click.option(
    "--turn",
    "turn_deg",
    type=(float, float, float),
    callback=finite,
    default=None,
    metavar="LEFT UP OVER",
    help="Turn the whole sound field by so many degrees (headphones, Ambisonics).",
)
@click.option("--credits", "credits_path", type=click.Path(path_type=Path), default=None,
              help="Write the credits of every second there as well (.txt or .csv).")  # fmt: skip
@json_option
def command(*, source: Path, out: Path, catalogue: Path | None, layout_name: str | None, seed: int | None,
            panner: str | None, head: Path | None, turn_deg: tuple[float, float, float] | None,
            credits_path: Path | None, as_json: bool) -> None:  # fmt: skip
    """Render SOURCE: a piece (.toml), a score (.mid, which casts itself), a saved arrangement (.json) or a show.

    A show is a .journal that `soundscape perform` has written: it becomes the bits that were heard.
    """
    from soundscape.apps.outputs import CREDITS, MIX, out_file
    from soundscape.apps.pieces import arranged_from, heard
    from soundscape.apps.settings import load_settings
    from soundscape.audio.pool import Pool
    from soundscape.deliver.credits import credits_csv, credits_text
    from soundscape.deliver.reach import out_of_reach
    from soundscape.deliver.render import render
    from soundscape.space.layout import load_layout
    from soundscape.whole import write_text

    settings = load_settings()
    catalogue = catalogue or Path(settings.catalogue)
    out_file(out, MIX, source, catalogue=catalogue)
    if credits_path:
        out_file(credits_path, CREDITS, source, besides=[out], catalogue=catalogue)
    layout = load_layout(layout_name or settings.layout) if layout_name or settings.layout else None
    if source.suffix.lower() == ".journal":
        _show(source, out, layout_name, catalogue, as_json=as_json)
        return
    with progress_bars() as progress:
        progress("arranging", 0, 1)
        arranged = arranged_from(source, catalogue, seed=seed)
        progress("arranging", 1, 1)
        pool = Pool(Path(settings.cache), rate_hz=settings.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
        renderer = heard(arranged.arrangement, layout or load_layout(arranged.arrangement.layout), settings.rate_hz,
                         panner=panner, head=head, turn_deg=turn_deg)  # fmt: skip
        warnings = (*arranged.warnings, *out_of_reach(arranged.arrangement, renderer.layout))
        mix = render(arranged.arrangement, out, layout=renderer, pool=pool, ceiling_dbtp=settings.ceiling_dbtp,
                     progress=progress)  # fmt: skip
    if credits_path:
        page = credits_csv if credits_path.suffix.lower() == ".csv" else credits_text
        write_text(credits_path, page(arranged.arrangement))
    if as_json:
        print_json({**describe(mix), "warnings": list(warnings)})
        return
    for warning in warnings:
        click.echo(f"note: {plain(warning)}", err=True)
    click.echo(sentence(mix))


def _show(source: Path, out: Path, layout_name: str | None, catalogue: Path, *, as_json: bool) -> None:
    """Render the journal of a show."""
    from soundscape.apps.settings import load_settings
    from soundscape.apps.shows import render_journal
    from soundscape.space.layout import load_layout

    with progress_bars() as progress:
        mix, told = render_journal(source, out, load_settings(), catalogue=catalogue, progress=progress,
                                   layout=load_layout(layout_name) if layout_name else None)  # fmt: skip
    if as_json:
        print_json({**describe(mix), "warnings": list(told)})
        return
    for line in told:
        click.echo(f"note: {plain(line)}", err=True)
    click.echo(sentence(mix))


def describe(mix: Mix) -> dict[str, Any]:
    """What a mix is, for `--json`."""
    return {
        "path": str(mix.path), "layout": mix.layout.name, "n_channels": mix.layout.n_channels, "rate_hz": mix.rate_hz,
        "duration_s": mix.duration_s, "events": mix.n_events, "loudness_lufs": mix.loudness.integrated_lufs,
        "range_lu": mix.loudness.range_lu, "true_peak_dbtp": mix.loudness.true_peak_dbtp, "gain_db": mix.gain_db,
        "limited": mix.is_limited, "on_target": mix.is_on_target, "audio_id": mix.audio_id, "wall_s": mix.wall_s,
    }  # fmt: skip


def sentence(mix: Mix) -> str:
    """What a mix is, in a line or two."""
    loud = mix.loudness
    text = (
        f"{plain(mix.path)}: {plain(mix.layout.name)}, {mix.duration_s:.1f} s, {mix.n_events} events, "
        f"{loud.integrated_lufs:.1f} LUFS, true peak {loud.true_peak_dbtp:.1f} dBTP, "
        f"in {mix.wall_s:.1f} s ({mix.duration_s / mix.wall_s:.0f}x real time)"
    )
    if not mix.is_on_target:
        text += "\n  quieter than its target: the ceiling stands in the way; lower loudness_lufs or the loudest role"
    return text

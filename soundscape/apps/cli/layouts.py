"""`soundscape layouts`: the loudspeaker layouts there are, and what a rig's file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, print_json
from soundscape.apps.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from soundscape.space.layout import Layout, Speaker

INK = "#22252b"
PALE = "#d9dce1"


@click.command("layouts")
@click.argument("name_or_file", required=False)
@json_option
@click.option("--png", type=click.Path(path_type=Path), default=None, metavar="OUT",
              help="Draw the rig from above and from behind.")  # fmt: skip
def command(*, name_or_file: str | None, as_json: bool, png: Path | None) -> None:
    """List every layout with its channels in order; or only NAME_OR_FILE, a name or a rig's TOML file to check."""
    from soundscape.apps.outputs import PNG, out_file
    from soundscape.errors import LayoutError
    from soundscape.space.layout import LAYOUTS, load_layout

    if png and not name_or_file:
        raise click.UsageError("--png draws one rig: name a layout or a file")
    if png:
        out_file(png, PNG, Path(name_or_file) if name_or_file else None)
    layouts = [load_layout(name_or_file)] if name_or_file else list(LAYOUTS.values())
    if png:
        if layouts[0].kind != "speakers":
            raise LayoutError(f"{layouts[0].name} has no loudspeakers to draw", hint="draw a layout of loudspeakers")
        _draw(layouts[0], png)
    if as_json:
        print_json({"layouts": [_as_json(layout) for layout in layouts]})
        return
    for layout in layouts:
        _say(layout)
    if png:
        click.echo(f"drawn: {plain(png)}")


def _say(layout: Layout) -> None:
    mask = f"mask 0x{layout.channel_mask:X}" if layout.channel_mask else "no mask"
    channels = "1 channel" if layout.n_channels == 1 else f"{layout.n_channels} channels"
    names = f" (also {', '.join(layout.also)})" if layout.also else ""
    click.echo(plain(f"{layout.name}{names}: {layout.about or 'a rig'}; {channels}, {mask}"))
    cells = [_cell(speaker) if layout.kind == "speakers" else speaker.name for speaker in layout.speakers]
    if layout.kind == "ambisonics":
        cells = [f"ACN0 to ACN{layout.n_channels - 1}, SN3D"]
    for first in range(0, len(cells), 6):
        click.echo("    " + "  ".join(f"{plain(cell):<15}" for cell in cells[first : first + 6]).rstrip())
    if layout.n_channels - len(layout.lfe_channels) == 1:
        click.echo("    one loudspeaker: everything sounds there, nothing moves")
    for line in _alignment(layout):
        click.echo(f"    {plain(line)}")


def _alignment(layout: Layout) -> Iterator[str]:
    """What a rig's distances and subwoofers become."""
    from soundscape.units import level_of

    for speaker, delay_s, gain in zip(layout.speakers, layout.alignment_delays_s, layout.alignment_gains, strict=True):
        if delay_s > 0.0:
            yield f"{speaker.name}: {1000.0 * delay_s:.2f} ms later, {level_of(gain):.1f} dB: in step with the farthest"
        if speaker.below_hz:
            yield f"{speaker.name}: plays what is below {speaker.below_hz:g} Hz"


def _cell(speaker: Speaker) -> str:
    if speaker.is_lfe:
        return speaker.name if speaker.name.startswith("LFE") else f"{speaker.name} (LFE)"
    height = f"/{speaker.elevation_deg:+g}" if speaker.elevation_deg else ""
    away = f" {speaker.distance_m:g}m" if speaker.distance_m != 1.0 else ""
    return f"{speaker.name} {speaker.azimuth_deg:g}{height}{away}"


def _as_json(layout: Layout) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(layout), "n_channels": layout.n_channels, "channel_mask": layout.channel_mask,
            "loudness_weights": layout.loudness_weights}  # fmt: skip


def _draw(layout: Layout, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # takes a second, so only here
    from matplotlib.figure import Figure

    from soundscape.whole import whole_file

    zones = layout.zones
    page = Figure(figsize=(11.0, 5.6 * len(zones)), layout="constrained")
    for zone, (above, behind) in zip(zones, page.subplots(len(zones), 2, squeeze=False), strict=True):
        speakers = tuple(speaker for speaker in layout.speakers if speaker.zone == zone)
        _draw_view(above, speakers, 1, " ".join((zone, "from above")), "y: ahead (m)")
        _draw_view(behind, speakers, 2, " ".join((zone, "from behind")), "z: up (m)")
    page.suptitle(f"{layout.name}: {layout.about}" if layout.about else layout.name, fontsize=12, color=INK)
    FigureCanvasAgg(page)
    with whole_file(path) as temporary:
        page.savefig(temporary, format="png", dpi=110)


def _draw_view(axes: Axes, speakers: tuple[Speaker, ...], upward: int, title: str, label: str) -> None:
    from soundscape.space.trajectory import point_at

    reach_m = 1.25 * max(speaker.distance_m for speaker in speakers)
    axes.plot(0.0, 0.0, marker="o", color=INK, markersize=6)
    at: dict[tuple[float, float], list[str]] = {}
    for speaker in speakers:
        if not speaker.is_lfe:
            stands = point_at(speaker.azimuth_deg, speaker.elevation_deg, speaker.distance_m)
            point = [round(axis_m, 3) for axis_m in stands]
            at.setdefault((point[0], point[upward]), []).append(speaker.name)
            axes.plot(point[0], point[upward], marker="s", markeredgecolor=INK, markersize=9,
                      color="white" if speaker.elevation_deg > 15.0 else PALE)  # fmt: skip
    for place, names in at.items():
        axes.annotate(" ".join(names), place, xytext=(0, 8), textcoords="offset points", fontsize=7, color=INK,
                      ha="center")  # fmt: skip
    axes.set(xlim=(-reach_m, reach_m), ylim=(-reach_m, reach_m), aspect="equal", xlabel="x: right (m)", ylabel=label)
    axes.set_title(title.strip(), fontsize=10, color=INK)
    axes.spines[["top", "right"]].set_visible(False)

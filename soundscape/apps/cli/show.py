"""`soundscape show`: what is known of a segment, a recording or a file, in words and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option

if TYPE_CHECKING:
    from soundscape.catalogue.segment import Recording, Segment


@click.command("show")
@click.argument("what", metavar="ID|FILE")
@catalogue_option
@click.option("--png", type=click.Path(path_type=Path), default=None, help="Draw the take and its segments there.")
@json_option
def command(*, what: str, catalogue: Path | None, png: Path | None, as_json: bool) -> None:
    """Describe a segment or a recording of the catalogue, or any sound FILE, with its tags and features."""
    from soundscape.apps.outputs import PNG, out_file
    from soundscape.apps.settings import load_settings
    from soundscape.deliver.pictures import picture_of_takes

    if png:
        out_file(png, PNG, Path(what), catalogue=catalogue or Path(load_settings().catalogue))
    with progress_bars() as progress:
        progress(f"looking at {what}", 0, 0)
        recording, segments = _look_up(what, catalogue)
        if png:
            picture_of_takes([(recording, segments)], png)
        progress(f"looking at {what}", 1, 1)
    if as_json:
        print_json({"recording": _recording(recording), "segments": [_segment(one) for one in segments]})
        return
    _print(recording, segments)
    if png:
        click.echo(f"picture: {plain(png)}")


def _look_up(what: str, catalogue: Path | None) -> tuple[Recording, Sequence[Segment]]:
    from soundscape.apps.settings import load_settings
    from soundscape.catalogue.store import Store
    from soundscape.errors import CatalogueError

    if Path(what).is_file():
        from soundscape.analysis.analyse import analyse

        heard = analyse(Path(what))
        return heard.recording, heard.segments
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        snapshot = store.snapshot()
    recordings = [one for key, one in snapshot.recordings.items() if key.startswith(what)]
    segments = [one for one in snapshot.segments if one.id.startswith(what)]
    if len(recordings) + len(segments) != 1:
        found = "nothing" if not recordings and not segments else f"{len(recordings) + len(segments)} things"
        raise CatalogueError(f"{found} called {what!r}", hint="`soundscape find` lists ids; a file can be named too")
    if segments:
        return snapshot.recordings[segments[0].recording_id], segments
    return recordings[0], [one for one in snapshot.segments if one.recording_id == recordings[0].id]


def _recording(recording: Recording) -> dict[str, Any]:
    names = ("id", "path", "rate_hz", "n_channels", "n_frames", "duration_s", "recorded_at", "place", "recordist",
             "object_id", "licence", "description")  # fmt: skip
    facts = {name: getattr(recording, name) for name in names}
    return {**facts, "titles": dict(recording.titles), "features": dict(recording.features),
            "faults": list(recording.faults)}  # fmt: skip


def _segment(segment: Segment) -> dict[str, Any]:
    tags = [{"name": tag.name, "confidence": tag.confidence, "by": tag.by} for tag in segment.tags]
    return {"id": segment.id, "recording_id": segment.recording_id, "start_s": segment.start_s, "end_s": segment.end_s,
            "kind": segment.kind, "tags": tags, "features": dict(segment.features)}  # fmt: skip


def _print(recording: Recording, segments: Sequence[Segment]) -> None:
    facts = _recording(recording)
    form = f"{recording.duration_s:.1f} s, {recording.n_channels} channels, {recording.rate_hz} Hz"
    click.echo(f"{plain(recording.title)}  ({form})")
    for name in ("id", "path", "titles", "object_id", "place", "recorded_at", "recordist", "licence", "description"):
        if facts[name]:
            shown = " / ".join(facts[name].values()) if name == "titles" else facts[name]
            click.echo(f"  {name:12} {plain(shown)}")
    if recording.faults:
        click.echo(f"  faults       {', '.join(recording.faults)}")
    for name in ("wind", "handling"):
        if f"{name}_s" in recording.features:
            share, first_s = recording.features[f"{name}_noise"], recording.features[f"{name}_s"]
            click.echo(f"  {name:12} {share:.2f} of 1, first heard at {first_s:.1f} s")
    if "truncated_s" in recording.features:
        click.echo(f"  truncated    ends at {recording.features['truncated_s']:.2f} s, before it should: copy it again")
    for segment in segments:
        tags = ", ".join(f"{tag.name} {tag.confidence:.0%}" for tag in segment.tags) or "no tag"
        click.echo(f"  {segment.id[:12]}  {segment.start_s:7.2f} to {segment.end_s:7.2f} s  {segment.kind:8} {tags}")
        if len(segments) == 1:
            for name, value in sorted(segment.features.items()):
                click.echo(f"    {name:22} {value:.4g}")

"""`soundscape show`: what is known of a segment, a recording or a file, in words and as a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option

if TYPE_CHECKING:
    from soundscape.catalogue.files import FileState
    from soundscape.catalogue.segment import Recording, Segment, Tag
    from soundscape.catalogue.store import Store

UNKNOWN, CHANGED = "not in the catalogue", "another take than the catalogue has of that name"
"""Why a file is heard now."""


@click.command("show")
@click.argument("what", metavar="ID|TAKE|FILE")
@catalogue_option
@click.option("--png", type=click.Path(path_type=Path), default=None, help="Draw the take and its segments there.")
@json_option
def command(*, what: str, catalogue: Path | None, png: Path | None, as_json: bool) -> None:
    """Describe a segment or a take of the catalogue, or any sound FILE, with its tags and features.

    The beginning of an id will do; a take can be named by its title or its file's name too. A FILE whose sound the
    catalogue does not know is heard now.
    """
    from soundscape.apps.outputs import PNG, out_file
    from soundscape.apps.settings import load_settings
    from soundscape.deliver.pictures import picture_of_takes

    if png:
        out_file(png, PNG, Path(what), catalogue=catalogue or Path(load_settings().catalogue))
    with progress_bars() as progress:
        progress(f"looking at {what}", 0, 0)
        recording, segments, heard_now = _look_up(what, catalogue)
        if png:
            picture_of_takes([(recording, segments)], png)
        progress(f"looking at {what}", 1, 1)
    if as_json:
        print_json({"recording": _recording(recording), "segments": [_segment(one) for one in segments],
                    "heard_now": bool(heard_now)})  # fmt: skip
        return
    _print(recording, segments, heard_now)
    if png:
        click.echo(f"picture: {plain(png)}")


def _look_up(what: str, catalogue: Path | None) -> tuple[Recording, Sequence[Segment], str]:
    """Recording, its segments or one of them, and why they were heard now, if they were."""
    from soundscape.apps.settings import load_settings
    from soundscape.catalogue.store import Store
    from soundscape.errors import CatalogueError

    if Path(what).is_file():
        return _of_file(Path(what), catalogue)
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        snapshot = store.snapshot()
        recordings = [one for key, one in snapshot.recordings.items() if key.startswith(what)]
        segments = [one for one in snapshot.segments if one.id.startswith(what)]
        if not recordings and not segments:
            recordings = [store.recording(what)]
    if len(recordings) + len(segments) != 1:
        raise CatalogueError(f"{len(recordings) + len(segments)} things called {what!r}",
                             hint="write more of the id, or name a take by its title or file")  # fmt: skip
    if segments:
        return snapshot.recordings[segments[0].recording_id], segments, ""
    return recordings[0], [one for one in snapshot.segments if one.recording_id == recordings[0].id], ""


def _of_file(file: Path, catalogue: Path | None) -> tuple[Recording, Sequence[Segment], str]:
    """What the catalogue knows of a file, persons' corrections too; what it does not know is heard."""
    from soundscape.apps.settings import load_settings
    from soundscape.catalogue.store import Store

    why, where = UNKNOWN, catalogue or Path(load_settings().catalogue)
    if catalogue or where.exists():
        with Store(where) as store:
            for path in dict.fromkeys((os.path.abspath(file), os.path.realpath(file))):
                if recording := store.recording_at(path):
                    if _is_still(file, store.file_state(path), recording):
                        return recording, store.segments(recording.id), ""
                    why = CHANGED
            if recording := _of_that_sound(file, store):
                return recording, store.segments(recording.id), ""
    from soundscape.analysis.analyse import analyse  # takes a second to load: not for what is known

    heard = analyse(file)
    return heard.recording, heard.segments, why


def _of_that_sound(file: Path, store: Store) -> Recording | None:
    """The take whose copy a file is, by its sound; where the take's own file is gone, as being in the copy."""
    from soundscape.audio.hashing import audio_id
    from soundscape.errors import CatalogueError

    try:
        recording = store.recording(audio_id(file))
    except CatalogueError:
        return None
    return recording if Path(recording.path).is_file() else replace(recording, path=os.path.abspath(file))


def _is_still(file: Path, state: FileState | None, recording: Recording) -> bool:
    """Whether a file still holds that recording: one that was restored has another time, and the same sound."""
    from soundscape.audio.hashing import audio_id

    status = file.stat()
    as_seen = (recording.id, status.st_size, status.st_mtime_ns)
    if state is not None and (state.recording_id, state.size, state.mtime_ns) == as_seen:
        return True
    return audio_id(file) == recording.id


def _recording(recording: Recording) -> dict[str, Any]:
    names = ("id", "path", "rate_hz", "n_channels", "n_frames", "duration_s", "recorded_at", "place", "recordist",
             "object_id", "licence", "description")  # fmt: skip
    facts = {name: getattr(recording, name) for name in names}
    return {**facts, "titles": dict(recording.titles), "features": dict(recording.features),
            "faults": list(recording.faults)}  # fmt: skip


def _tag(tag: Tag) -> str:
    return f"{tag.name}, by a person" if tag.by == "person" else f"{tag.name} {tag.confidence:.0%}"


def _segment(segment: Segment) -> dict[str, Any]:
    tags = [{"name": tag.name, "confidence": tag.confidence, "by": tag.by} for tag in segment.tags]
    return {"id": segment.id, "recording_id": segment.recording_id, "start_s": segment.start_s, "end_s": segment.end_s,
            "kind": segment.kind, "tags": tags, "features": dict(segment.features)}  # fmt: skip


def _print(recording: Recording, segments: Sequence[Segment], heard_now: str) -> None:
    facts = _recording(recording)
    form = f"{recording.duration_s:.1f} s, {recording.n_channels} channels, {recording.rate_hz} Hz"
    click.echo(f"{plain(recording.title)}  ({form})")
    if heard_now:
        click.echo(f"  {heard_now}: heard now")
    for name in ("id", "path", "titles", "object_id", "place", "recorded_at", "recordist", "licence", "description"):
        if facts[name]:
            shown = " / ".join(facts[name].values()) if name == "titles" else facts[name]
            click.echo(f"  {name:12} {plain(shown)}")
    if recording.faults:
        click.echo(f"  faults       {', '.join(recording.faults)}")
    for name in ("wind", "handling"):
        if f"{name}_noise" in recording.features:
            first_s = recording.features.get(f"{name}_s")
            where = "" if first_s is None else f", first heard at {first_s:.1f} s"
            click.echo(f"  {name:12} {recording.features[f'{name}_noise']:.2f} of 1{where}")
    if "truncated_s" in recording.features:
        click.echo(f"  truncated    ends at {recording.features['truncated_s']:.2f} s, before it should: copy it again")
    for segment in segments:
        tags = "; ".join(map(_tag, segment.tags)) or "no tag"
        click.echo(f"  {segment.id[:12]}  {segment.start_s:7.2f} to {segment.end_s:7.2f} s  {segment.kind:8} {tags}")
        if len(segments) == 1:
            for name, value in sorted(segment.features.items()):
                click.echo(f"    {name:22} {value:.4g}")

"""`soundscape labels`: segments out as labels for an editor of sound, and a person's labels in as corrections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundscape.apps.cli.options import catalogue_option
from soundscape.apps.settings import load_settings
from soundscape.errors import CatalogueError

if TYPE_CHECKING:
    from soundscape.catalogue.catalogue import Catalogue
    from soundscape.catalogue.labels import Labelled
    from soundscape.catalogue.segment import Recording, Segment

NO_TAG = "unknown"
"""What a segment without a tag is called; nobody says so of it."""
SAME = 0.3
"""Share of a label and a segment that both cover, from which the label speaks of the segment."""
format_option = click.option(
    "--format", "format_name", metavar="NAME", help="audacity, raven, praat or jams; without it, by the ending."
)


@click.group("labels")
def command() -> None:
    """Labels of a take for Audacity, Raven, Praat and JAMS, out and in."""


@command.command("export")
@click.argument("take", metavar="ID|FILE")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file of labels to write.")
@format_option
@catalogue_option
def export(take: str, output: Path, format_name: str | None, catalogue: Path | None) -> None:
    """Write the segments of a take as labels: the surest tag of each, and `unknown` where there is none."""
    from soundscape.apps.pieces import out_file
    from soundscape.catalogue.labels import Label, Take, write_labels
    from soundscape.catalogue.store import Store

    with Store(catalogue or Path(load_settings().catalogue)) as store:
        snapshot = store.snapshot()
    recording = _recording(snapshot, take)
    out_file(output, Path(recording.path))
    segments = _segments(snapshot, recording)
    labels = [Label(one.start_s, one.end_s, one.tag or NO_TAG) for one in segments]
    about = Take(Path(recording.path).name, recording.title, recording.duration_s)
    write_labels(output, labels, about, format_name)
    click.echo(f"{len(labels)} labels of {recording.title}: {output}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--take", metavar="ID|FILE", help="The take they belong to; without it, the one that the file names.")
@click.option("--ignore-unknown", is_flag=True, help="Pass over words that are no tags.")
@format_option
@catalogue_option
def import_(file: Path, take: str | None, format_name: str | None, catalogue: Path | None, *,
            ignore_unknown: bool) -> None:  # fmt: skip
    """Take a person's labels as corrections: each gives its words to the segment that it covers best."""
    from soundscape.analysis.learning import learn
    from soundscape.catalogue.corrections import overlap
    from soundscape.catalogue.labels import read_labels
    from soundscape.catalogue.store import Store

    labelled = read_labels(file, format_name)
    words = _words(file, labelled, ignore_unknown=ignore_unknown)
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        snapshot = store.snapshot()
        recording = _recording(snapshot, take) if take else _named(snapshot, labelled, file)
        segments = _segments(snapshot, recording)
        n_kept, alone = 0, []
        for label, names in zip(labelled.labels, words, strict=True):
            shares = [(overlap((label.start_s, label.end_s), (one.start_s, one.end_s)), -place)
                      for place, one in enumerate(segments) if label.duration_s and names]  # fmt: skip
            share, place = max(shares, default=(0.0, 0))
            if share >= SAME:
                store.tag(segments[-place].id, add=names)
                n_kept += 1
            elif names:
                alone.append(f"{label.start_s:.2f} s ({label.text})")
        if n_kept:
            learn(store)
    click.echo(f"{n_kept} of {len(labelled.labels)} labels are corrections of {recording.title} now")
    for line in alone:
        click.echo(f"no segment there: {line}")


def _words(file: Path, labelled: Labelled, *, ignore_unknown: bool) -> list[list[str]]:
    """Tags that each label names."""
    from soundscape.catalogue.tags import tag_named

    found = []
    lines = labelled.lines or (0,) * len(labelled.labels)
    for label, line in zip(labelled.labels, lines, strict=True):
        names = []
        for word in (part.strip() for part in label.text.replace(";", ",").split(",")):
            try:
                names += [tag_named(word).name] if word and word != NO_TAG else []
            except CatalogueError as error:
                if not ignore_unknown:
                    raise CatalogueError(f"{file}, line {line}: {error}", hint=f"{error.hint}; or --ignore-unknown"
                                         ) from None  # fmt: skip
        found.append(names)
    return found


def _segments(snapshot: Catalogue, recording: Recording) -> Sequence[Segment]:
    return [one for one in snapshot.segments if one.recording_id == recording.id]


def _recording(snapshot: Catalogue, what: str) -> Recording:
    """The recording of an id, of the beginning of one, or of a path."""
    path = str(Path(what).absolute())
    found = [one for one in snapshot.recordings.values() if one.id.startswith(what) or one.path in (what, path)]
    if len(found) != 1:
        raise CatalogueError(f"{len(found) or 'no'} takes are {what!r}", hint="name one by its file, or more of its id")
    return found[0]


def _named(snapshot: Catalogue, labelled: Labelled, file: Path) -> Recording:
    """The recording that labels say they belong to, or whose file is called as theirs."""
    from soundscape.catalogue.labels import bare_name

    wanted = Path(labelled.take.file_name).stem if labelled.take.file_name else bare_name(file)
    found = [one for one in snapshot.recordings.values() if Path(one.path).stem == wanted]
    if len(found) != 1:
        names = ", ".join(one.path for one in found[:3]) or "none"
        raise CatalogueError(f"cannot tell which take {file} belongs to: {names} called {wanted!r}", hint="say --take")
    return found[0]

"""`soundscape labels`: segments out as labels for an editor of sound, and a person's labels in as corrections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundscape.apps.cli.console import plain, progress_bars
from soundscape.apps.cli.options import catalogue_option, tagger_option
from soundscape.apps.settings import load_settings
from soundscape.errors import CatalogueError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundscape.analysis.labelled import Taken
    from soundscape.catalogue.catalogue import Catalogue
    from soundscape.catalogue.labels import Labelled
    from soundscape.catalogue.segment import Recording

format_option = click.option(
    "--format", "format_name", metavar="NAME", help="audacity, raven, praat or jams; without it, by the ending."
)


@click.group("labels")
def command() -> None:
    """Labels of a take for Audacity, Raven, Praat and JAMS, out and in."""


@command.command("export")
@click.argument("take", metavar="ID|FILE")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file of labels to write.")
@click.option("--no-ids", is_flag=True, help="Leave out the ids, without which labels that are moved move no segment.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there, with what a person changed in it.")
@format_option
@catalogue_option
def export(
    take: str, output: Path, format_name: str | None, catalogue: Path | None, *, no_ids: bool, overwrite: bool
) -> None:  # fmt: skip
    """Write the segments of a take as labels: the tags of each, the surest first, or `unknown`, and its id."""
    from soundscape.analysis.labelled import label_of
    from soundscape.apps.outputs import LABELS, out_file
    from soundscape.catalogue.labels import FORMATS, Take, format_of, write_labels
    from soundscape.catalogue.store import Store

    catalogue = catalogue or Path(load_settings().catalogue)
    with Store(catalogue) as store:
        recording = store.recording(take)
        segments = store.segments(recording.id)
    endings = FORMATS[format_of(output, format_name)].endings if format_name else ()
    asked = replace(LABELS, endings=tuple(dict.fromkeys((*map(str.lower, endings), *LABELS.endings))))
    out_file(output, asked, Path(recording.path), catalogue=catalogue)
    if output.exists() and not overwrite:
        raise OutputError(f"{output} is there already", hint="import it first if it was edited; then --overwrite")
    labels = [label_of(one, with_id=not no_ids) for one in segments]
    about = Take(Path(recording.path).name, recording.title, recording.duration_s)
    write_labels(output, labels, about, format_name)
    click.echo(f"{len(labels)} labels of {plain(recording.title)}: {plain(output)}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--take", metavar="ID|FILE", help="The take they belong to; without it, the one that the file names.")
@click.option("--ignore-unknown", is_flag=True, help="Pass over words that are no tags.")
@click.option("--confirm", is_flag=True, help="Let it be your word too where labels say what the machine heard.")
@format_option
@tagger_option
@catalogue_option
def import_(file: Path, take: str | None, format_name: str | None, taggers: tuple[Path, ...], catalogue: Path | None,
            *, ignore_unknown: bool, confirm: bool) -> None:  # fmt: skip
    """Take a person's labels as corrections: each names all that is heard in the segment that it covers best.

    Tags that a segment has not are added, and those that its labels leave out are removed; `unknown` alone removes all.
    A label that says what is there already is no correction. One with the id of a segment (#3fa9c1) at other times
    moves it there; one where no segment is makes one.
    """
    from soundscape.analysis.labelled import take_labels
    from soundscape.analysis.learning import learn
    from soundscape.analysis.taggers.stronger import Stronger
    from soundscape.apps.cli.learn import in_words
    from soundscape.catalogue.labels import read_labels
    from soundscape.catalogue.store import Store

    labelled = read_labels(file, format_name)
    if not labelled.labels:
        raise CatalogueError(f"there are no labels in {file}",
                             hint="a label is a stretch of time with a word: soundscape labels export writes them"
                             )  # fmt: skip
    with Store(catalogue or Path(load_settings().catalogue)) as store:
        recording = (
            _of_take(store.recording(take), labelled, file) if take else _named(store.snapshot(), labelled, file)
        )
        models = [Stronger(path) for path in taggers or load_settings().taggers]
        with progress_bars() as progress:
            taken = take_labels(store, recording, labelled, where=str(file), ignore_unknown=ignore_unknown,
                                confirm=confirm, models=models, progress=progress)  # fmt: skip
        learned = learn(store) if taken.n_kept else None
    n_passed_over = len(taken.passed_over) + len(taken.wordless)
    click.echo(f"{taken.n_kept} of {len(labelled.labels)} labels are corrections of {plain(recording.title)} now: "
               f"{taken.n_tagged} of tags, {taken.n_moved} moved, {taken.n_added} new; "
               f"{taken.n_unchanged} unchanged, {n_passed_over} passed over")  # fmt: skip
    if learned is not None and learned.lesson.examples:
        click.echo(in_words(learned))
    for line in _asides(taken):
        click.echo(line)


def _asides(taken: Taken) -> Iterator[str]:
    """What labels did not change, a line each."""
    if n := taken.n_guesses:
        agree, them = ("1 agrees", "it") if n == 1 else (f"{n} agree", "them")
        yield f"{agree} with what the machine heard: --confirm makes {them} your word"
    if n := len(taken.unlabelled):
        some = ", ".join(taken.unlabelled[:3]) + (", ..." if n > 3 else "")
        yield (f"{n} {'segment has' if n == 1 else 'segments have'} no label, which changes nothing: {some}; "
               "soundscape segment ID --delete takes one away")  # fmt: skip
    if n := len(taken.no_tags):
        yield f"{'no tag' if n == 1 else 'no tags'}: {plain(', '.join(taken.no_tags))}"
    for label in taken.passed_over:
        yield f"no segment there: {label.start_s:.2f} s ({plain(label.text)})"


def _of_take(recording: Recording, labelled: Labelled, file: Path) -> Recording:
    """The recording, unless labels say that they belong to another: by its file, or else by its title."""
    path, said = Path(recording.path), labelled.take
    theirs = said.file_name or said.title
    stem = Path(said.file_name).stem
    is_other = stem != path.stem if stem else theirs not in ("", recording.title, path.stem, *recording.titles.values())
    if is_other:
        raise CatalogueError(f"{file} has labels of {theirs!r}, and --take is {recording.path}",
                             hint=f"say --take of that one; if they are of this one, write {path.name!r} in {file}"
                             )  # fmt: skip
    return recording


def _named(snapshot: Catalogue, labelled: Labelled, file: Path) -> Recording:
    """The recording that labels say they belong to, or whose file is called as theirs."""
    from soundscape.catalogue.labels import bare_name

    wanted = Path(labelled.take.file_name).stem if labelled.take.file_name else bare_name(file)
    found = [one for one in snapshot.recordings.values() if Path(one.path).stem == wanted]
    if len(found) != 1:
        names = ", ".join(one.path for one in found[:3]) or "none"
        raise CatalogueError(f"cannot tell which take {file} belongs to: {names} called {wanted!r}", hint="say --take")
    return found[0]

"""`soundscape learn`: what a catalogue has learned from corrections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, json_option
from soundscape.apps.settings import load_settings

if TYPE_CHECKING:
    from soundscape.analysis.learning import Learned
    from soundscape.catalogue.lessons import Change, Lesson

MOST_MOVES = 5
"""So many ways from tag to tag are told in a line."""


@click.command("learn")
@catalogue_option
@click.option("--forget", is_flag=True, help="Let go of what was learned; corrections stay.")
@click.option("--png", type=click.Path(path_type=Path), default=None, help="Draw before and after there.")
@json_option
def command(catalogue: Path | None, png: Path | None, *, forget: bool, as_json: bool) -> None:
    """Learn again from all corrections, and show what that changes: tags of segments like those corrected.

    Tags of a person are never touched. --forget gives every other segment the tags that were first heard.
    """
    from soundscape.analysis.learning import Learned, learn  # loads scipy: not for --help
    from soundscape.apps.outputs import PNG, out_file
    from soundscape.catalogue.store import Store

    path = catalogue or Path(load_settings().catalogue)
    if png:
        out_file(png, PNG, catalogue=path)
    with Store(path) as store, progress_bars() as progress:
        progress("learning", 0, 1)
        if forget:
            change = store.forget()
        else:
            # what holds now against what was first heard, and not against the last lesson
            learned = Learned(learn(store).lesson, store.effect())
        progress("learning", 1, 1)
    if forget:
        if as_json:
            print_json({"forgotten": True, **_change_json(change)})
        else:
            click.echo(f"forgotten: {_moves(change)}; corrections stay")
        return
    if png:
        from soundscape.deliver.pictures import picture_of_lesson

        picture_of_lesson(learned.lesson, learned.change, png)
    if as_json:
        print_json({**_lesson_json(learned.lesson), **_change_json(learned.change)})
        return
    click.echo(in_words(learned))
    if png:
        click.echo(f"picture: {plain(png)}")


def in_words(learned: Learned) -> str:
    """What was learned and what it changed, in one or two lines for people."""
    lesson = learned.lesson
    if not lesson.names:
        return "nothing learned: this catalogue was heard without scores; ingest its recordings again"
    if not lesson.examples:
        return "nothing learned: nobody corrected anything"
    n = len(lesson.examples)
    source = f"{_count(lesson.n_corrections, 'correction')} in {_count(lesson.n_recordings, 'recording')}"
    if lesson.n_recordings == 1:
        judged = "how good that is shows once a second recording is corrected"
    else:
        judged = (f"of {_count(n, 'corrected segment')} {lesson.right_before} were right before, "
                  f"{lesson.right_after} are by what the other recordings teach")  # fmt: skip
    if not lesson.is_used:
        return f"learned from {source}, and not used, for it is worse: {judged}"
    return f"learned from {source}: {_moves(learned.change)}\n  {judged}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _moves(change: Change) -> str:
    if not change.n_segments:
        return "no other segment changed"
    ways = [f"{before or 'no tag'} -> {after or 'no tag'} {n}" for (before, after), n in change.moves.items()]
    more = f", and {len(ways) - MOST_MOVES} more ways" if len(ways) > MOST_MOVES else ""
    return f"{_count(change.n_segments, 'segment')} changed: {', '.join(ways[:MOST_MOVES])}{more}"


def _lesson_json(lesson: Lesson) -> Mapping[str, Any]:
    return {"corrections": lesson.n_corrections, "recordings": lesson.n_recordings, "segments": len(lesson.examples),
            "right_before": lesson.right_before, "right_after": lesson.right_after,
            "trust": lesson.trust, "used": lesson.is_used and bool(lesson.examples)}  # fmt: skip


def _change_json(change: Change) -> Mapping[str, Any]:
    moves = [{"from": before, "to": after, "segments": n} for (before, after), n in change.moves.items()]
    return {"changed": change.n_segments, "moves": moves}

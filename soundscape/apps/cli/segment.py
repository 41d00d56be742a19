"""`soundscape segment`: boundaries as a person wants them; they outlast every analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import print_json
from soundscape.apps.cli.options import catalogue_option, finite, json_option, tagger_option
from soundscape.apps.settings import load_settings
from soundscape.errors import CatalogueError

if TYPE_CHECKING:
    from soundscape.catalogue.segment import Kind, Segment
    from soundscape.catalogue.store import Store

KINDS = ("event", "texture", "phrase")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of segments: those there are now, and ids of those that went, by what was done."""

    what: str
    now: tuple[Segment, ...] = ()
    gone: tuple[str, ...] = ()
    within: tuple[Segment, ...] = ()
    """Segments that were not named and are within one that was joined; they stay."""


@click.command("segment")
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option(
    "--start",
    "start_s",
    type=float,
    callback=finite,
    help="Let it begin there; all times are seconds of the recording.",
)
@click.option("--end", "end_s", type=float, callback=finite, help="Let it end there.")
@click.option(
    "--split",
    "split_s",
    type=float,
    callback=finite,
    multiple=True,
    help="Cut it in two there; several times: in more.",
)
@click.option("--join", "is_join", is_flag=True, help="Make one of all that are named.")
@click.option("--delete", "is_delete", is_flag=True, help="Take away all that are named.")
@click.option("--add", type=(str, float, float), callback=finite, metavar="RECORDING START END", help="Make one there.")
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="What is heard in the one that --add makes.")
@click.option("--kind", type=click.Choice(KINDS), help="Of the one that --add makes; else event, or note by its pitch.")
@click.option("--reset", "is_reset", is_flag=True, help="The machine's boundaries again: of IDs, or of a RECORDING.")
@click.option("--no-learn", is_flag=True, help="Keep the change, and let nothing learn from it.")
@tagger_option
@catalogue_option
@json_option
def command(
    ids: tuple[str, ...], start_s: float | None, end_s: float | None, split_s: tuple[float, ...],
    add: tuple[str, float, float] | None, tags: tuple[str, ...], kind: Kind | None, taggers: tuple[Path, ...],
    catalogue: Path | None, *, is_join: bool, is_delete: bool, is_reset: bool, no_learn: bool, as_json: bool,
) -> None:  # fmt: skip
    """Move, split, join, add and delete segments. The beginning of an id will do.

    The new stretches are measured, and what was learned from corrections is brought up to date. No analysis changes
    what a person set; --reset gives the machine's boundaries back. A removed segment is named by its old id there.

    \b
    soundscape segment 3fa9c1 --start 1.25 --end 3.4
    soundscape segment 3fa9c1 --split 2.0
    soundscape segment 3fa9c1 77b2 --join
    soundscape segment 3fa9c1 --delete
    soundscape segment --add takes/gate.wav 4.1 5.0 --tag gate.latch
    soundscape segment --reset 3fa9c1
    """  # noqa: D301  (click wants the character itself)
    verbs = {
        "--start/--end": start_s is not None or end_s is not None, "--split": bool(split_s), "--join": is_join,
        "--delete": is_delete, "--add": add is not None, "--reset": is_reset,
    }  # fmt: skip
    verb = _one_verb([name for name, is_asked in verbs.items() if is_asked], ids)
    if (tags or kind) and verb != "--add":
        raise CatalogueError("--tag and --kind are for --add", hint="soundscape tag ID +NAME tags what is there")
    from soundscape.analysis import boundaries  # loads scipy: not for --help
    from soundscape.analysis.taggers.stronger import Stronger
    from soundscape.catalogue.store import Store

    with Store(catalogue or Path(load_settings().catalogue)) as store:
        models = [Stronger(path) for path in taggers or load_settings().taggers]
        match verb:
            case "--start/--end":
                done = Done("moved", (boundaries.move(store, ids[0], start_s=start_s, end_s=end_s, models=models),))
            case "--split":
                old = store.segment(ids[0]).segment.id
                done = Done("split", tuple(boundaries.split(store, old, split_s, models=models)), (old,))
            case "--join":
                olds = tuple(dict.fromkeys(store.segment(one).segment.id for one in ids))
                joined = boundaries.join(store, olds, models=models)
                done = Done("joined", (joined,), olds, _within(store, joined))
            case "--delete":
                done = Done("deleted", (), tuple(one.id for one in boundaries.delete(store, ids)))
            case "--add" if add is not None:
                one = boundaries.add(store, *add, tags=tags, kind=kind or "event", models=models)
                done = Done("added", (one,))
            case "--reset":
                done = _reset(store, ids)
            case _:
                done = Done("shown", tuple(store.segment(one).segment for one in ids))
        learned = {} if no_learn or verb == "" else _learn(store, as_json=as_json)
        made = {one.id for segment in done.now for one in store.made(segment.recording_id)}
        # as they are called after learning
        now, within = ([store.segment(one.id).segment for one in some] for some in (done.now, done.within))
    if as_json:
        print_json({"done": done.what, "gone": list(done.gone), **learned,
                    "segments": [_json(one, is_made=one.id in made) for one in now],
                    "within": [one.id for one in within]})  # fmt: skip
        return
    for key in done.gone if not done.now or is_reset else ():
        click.echo(f"{key}: {done.what if not is_reset else 'no longer there'}")
    for one in now:
        click.echo(_line(one, is_made=one.id in made))
    if within:
        those = ", ".join(f"{one.id} ({one.tag or 'unknown'})" for one in within)
        click.echo(f"{'one segment lies' if len(within) == 1 else f'{len(within)} segments lie'} within: {those}")
    if told := learned.get("learned"):
        click.echo(told)


def _one_verb(asked: Sequence[str], ids: Sequence[str]) -> str:
    """What to do, an empty word to show; the ids must fit it."""
    if len(asked) > 1:
        raise CatalogueError(f"{asked[0]} and {asked[1]}", hint="one change at a time")
    verb = asked[0] if asked else ""
    if verb == "--add":
        if ids:
            raise CatalogueError(f"{ids[0]!r} and --add", hint="a new segment has no id yet: --add RECORDING START END")
    elif not ids:
        raise CatalogueError("no segment is named", hint='ids are the first column of: soundscape find "gate"')
    elif verb in ("--start/--end", "--split") and len(ids) > 1:
        raise CatalogueError(f"{verb} of {len(ids)} segments", hint="name one; --join makes one of several")
    return verb


def _reset(store: Store, ids: Sequence[str]) -> Done:
    undone = store.undo(ids)
    back = tuple(store.segment(key).segment for key in undone.back)
    return Done("reset", back, tuple(key for key in undone.gone if key not in undone.back))


def _within(store: Store, joined: Segment) -> tuple[Segment, ...]:
    return tuple(one for one in store.segments(joined.recording_id) if one.id != joined.id
                 and joined.start_s <= one.start_s and one.end_s <= joined.end_s)  # fmt: skip


def _learn(store: Store, *, as_json: bool) -> dict[str, Any]:
    """Bring what was learned up to date; nothing is said of it where nobody corrected anything."""
    from soundscape.analysis.learning import learn
    from soundscape.apps.cli.learn import in_words

    learned = learn(store)
    if as_json:
        return {"changed": learned.change.n_segments}
    return {"learned": in_words(learned)} if learned.lesson.examples else {}


def _json(segment: Segment, *, is_made: bool) -> Mapping[str, Any]:
    tags = [{"name": tag.name, "confidence": tag.confidence, "by": tag.by} for tag in segment.tags]
    return {"id": segment.id, "recording_id": segment.recording_id, "start_s": segment.start_s,
            "end_s": segment.end_s, "by": "person" if is_made else "machine", "kind": segment.kind, "tags": tags,
            "features": {**segment.features}}  # fmt: skip


def _line(segment: Segment, *, is_made: bool) -> str:
    tags = ", ".join(tag.name for tag in segment.tags) or "no tags"
    by = "a person" if is_made else "the machine"
    return f"{segment.id}: {segment.start_s:.3f} to {segment.end_s:.3f} s, set by {by}, {segment.kind}: {tags}"

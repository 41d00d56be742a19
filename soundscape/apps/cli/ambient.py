"""`soundscape ambient`: an ambient track of an exhibit, or a new exhibit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundscape.apps.cli.console import plain, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, finite, json_option, layout_option, seed_option

if TYPE_CHECKING:
    from datetime import datetime

    from soundscape.exhibit.exhibit import Exhibit, Mood
    from soundscape.exhibit.template import Answers

ENDING = ".exhibit.toml"
SLIDERS = ("lively", "near", "bright")


@click.command("ambient")
@click.argument("source", metavar="EXHIBIT.toml", type=click.Path(path_type=Path), required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), default=None, help="File to write, .wav or .flac.")
@click.option("--minutes", type=float, callback=finite, default=10.0, show_default=True, help="How long it is.")
@click.option("--loop", is_flag=True, help="Let its end meet its beginning: it goes round without a seam.")
@click.option("--season", default="", metavar="NAME", help="Of spring, summer, autumn or winter.")
@click.option("--term", default="", metavar="NAME", help="Of a solar term, such as 大寒, dahan or 'Major Cold'.")
@click.option("--clock", default="", metavar="HH:MM", help="At a time of the day.")
@click.option("--mood", default="", metavar="lively=0.3,near=0.7", help="Other sliders than the exhibit's.")
@click.option("--new", "new_name", default=None, metavar="NAME", help="Make a new exhibit by a few questions.")
@click.option("--yes", is_flag=True, help="With --new: take every default, ask nothing.")
@click.option("--cues", type=click.Path(path_type=Path), default=None, metavar="FILE.csv",
              help="Write what sounds when there as well.")  # fmt: skip
@click.option("--credits", "credits_path", type=click.Path(path_type=Path), default=None,
              help="Write the credits there as well (.txt or .csv).")  # fmt: skip
@click.option("--poster", type=click.Path(path_type=Path), default=None, metavar="FILE.png",
              help="Draw what sounds when, from where and how loud.")  # fmt: skip
@catalogue_option
@layout_option
@seed_option
@json_option
def command(*, source: Path | None, out: Path | None, minutes: float, loop: bool, season: str, term: str, clock: str,
            mood: str, new_name: str | None, yes: bool, cues: Path | None, credits_path: Path | None,
            poster: Path | None, catalogue: Path | None, layout_name: str | None, seed: int | None,
            as_json: bool) -> None:  # fmt: skip
    """Render an ambient track of EXHIBIT.toml, as it sounds now, or in a season, at a solar term, at a time.

    `soundscape ambient --new NAME` makes an exhibit: a file that says what may be heard, for you to change.
    """
    from dataclasses import replace

    from soundscape.apps.settings import load_settings

    settings = load_settings()
    catalogue = catalogue or Path(settings.catalogue)
    if new_name is not None:
        _new(new_name, catalogue, layout_name, yes=yes, as_json=as_json)
        return
    if source is None or out is None:
        raise click.UsageError("name an exhibit and a file: ambient EXHIBIT.toml -o track.wav; or --new NAME")
    from soundscape.apps.outputs import CREDITS, CUES, MIX, PNG, out_file
    from soundscape.exhibit.exhibitfile import load_exhibit

    exhibit = load_exhibit(source)
    asked = ((out, MIX), (cues, CUES), (credits_path, CREDITS), (poster, PNG))
    to_write = [(path, output) for path, output in asked if path is not None]
    for number, (path, output) in enumerate(to_write):
        out_file(path, output, source, besides=[earlier for earlier, _ in to_write[:number]], catalogue=catalogue)
    exhibit = replace(exhibit, mood=_moved(exhibit, mood), seed=exhibit.seed if seed is None else seed)
    _render(exhibit, out, catalogue, minutes=minutes, loop=loop, layout_name=layout_name, as_json=as_json,
            at=_moment(exhibit, season, term, clock), cues=cues, credits_path=credits_path, poster=poster)  # fmt: skip


def _render(exhibit: Exhibit, out: Path, catalogue: Path, *, minutes: float, loop: bool, layout_name: str | None,
            as_json: bool, at: datetime | None, cues: Path | None, credits_path: Path | None,
            poster: Path | None) -> None:  # fmt: skip
    """Arrange, render, and write what goes with it."""
    from soundscape.apps.cli.render import describe, sentence
    from soundscape.apps.settings import load_settings
    from soundscape.audio.pool import Pool
    from soundscape.catalogue.store import Store
    from soundscape.deliver.credits import credits_csv, credits_text
    from soundscape.deliver.cuesheet import cue_sheet
    from soundscape.deliver.pictures import picture_of_track
    from soundscape.deliver.render import render
    from soundscape.exhibit.ambient import ambient_track
    from soundscape.exhibit.planner import check_sounds
    from soundscape.space.layout import load_layout
    from soundscape.whole import write_text

    settings = load_settings()
    with Store(catalogue) as store:
        snapshot = store.snapshot()
    with progress_bars() as progress:
        progress("planning", 0, 1)
        check_sounds(exhibit, snapshot)
        track = ambient_track(exhibit, snapshot, minutes=minutes, at=at, goes_round=loop)
        progress("planning", 1, 1)
        pool = Pool(Path(settings.cache), rate_hz=settings.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
        layout = load_layout(layout_name or exhibit.layout)
        mix = render(track.arrangement, out, layout=layout, pool=pool, progress=progress,
                     ceiling_dbtp=min(settings.ceiling_dbtp, exhibit.caps.ceiling_dbtp),
                     loop_s=track.duration_s if loop else None, turns=loop)  # fmt: skip
        heard = track.arrangement.turned(mix.begins_s, track.duration_s) if loop else track.arrangement
        if poster is not None:
            progress("drawing", 0, 1)
            moment = track.moment
            about = (f"{moment.term.name_en} {moment.term.name_zh}, {moment.season}, {moment.local:%H:%M}; "
                     f"{mix.layout.name}, {mix.loudness.integrated_lufs:.1f} LUFS"
                     + ("; it goes round" if loop else ""))  # fmt: skip
            picture_of_track(heard, poster, duration_s=mix.duration_s, about=about,
                             loudness_lufs=mix.short_term)  # fmt: skip
            progress("drawing", 1, 1)
    if cues is not None:
        write_text(cues, cue_sheet(heard))
    if credits_path is not None:
        page = credits_csv if credits_path.suffix.lower() == ".csv" else credits_text
        write_text(credits_path, page(heard))
    if as_json:
        moment = track.moment
        print_json({**describe(mix), "loops": loop, "begins_s": mix.begins_s, "season": moment.season,
                    "term": moment.term.name_zh, "at": moment.local.isoformat()})  # fmt: skip
        return
    click.echo(sentence(mix))


def _moment(exhibit: Exhibit, season: str, term: str, clock: str) -> datetime | None:
    from soundscape.exhibit.ambient import moment_named

    if season and term:
        raise click.UsageError("a season or a term, not both")
    return moment_named(exhibit.hours, season=season, term=term, clock=clock) if season or term or clock else None


def _moved(exhibit: Exhibit, text: str) -> Mood:
    """Sliders that `text` names, the others as they are."""
    from dataclasses import replace

    from soundscape.errors import ExhibitError

    moved: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            if name.strip() not in SLIDERS:
                raise ValueError(f"there is no slider {name.strip()!r}")
            moved[name.strip()] = float(value)
        except ValueError as error:
            raise ExhibitError(f"--mood {part!r}: {error}", hint="such as lively=0.3,near=0.7,bright=0.5") from error
    try:
        return replace(exhibit.mood, **moved)
    except ValueError as error:
        raise ExhibitError(f"--mood: {error}", hint="such as lively=0.3") from error


def _new(name: str, catalogue: Path, layout_name: str | None, *, yes: bool, as_json: bool) -> None:
    """Ask what matters, and write a file."""
    from soundscape.catalogue.store import Store
    from soundscape.exhibit.exhibitfile import load_exhibit
    from soundscape.exhibit.template import new_exhibit, offered

    path = Path(name if name.endswith(".toml") else f"{name}{ENDING}")
    with Store(catalogue) as store:
        there = offered(store.snapshot())
    if not yes:
        click.echo("There are sounds for: " + ", ".join(f"{layer} ({count})" for layer, count in there.items()))
    answers = _answers(path, tuple(there), layout_name, yes=yes)
    new_exhibit(path, answers)
    try:
        load_exhibit(path)
    except Exception:
        path.unlink(missing_ok=True)  # an answer that nothing can be made of leaves no file
        raise
    if as_json:
        print_json({"path": str(path), "layers": list(answers.layers)})
        return
    named = plain(path)
    click.echo(f"{named}: {', '.join(answers.layers)}. Hear it: soundscape ambient {named} -o track.wav --minutes 5")


def _answers(path: Path, there: tuple[str, ...], layout_name: str | None, *, yes: bool) -> Answers:
    """What a person answers; with `yes` the defaults."""
    from soundscape.errors import ExhibitError
    from soundscape.exhibit.template import Answers

    def ask(question: str, default: str) -> str:
        return default if yes else str(click.prompt(question, default=default))

    def several(question: str, default: str) -> tuple[str, ...]:
        return tuple(filter(None, (one.strip() for one in ask(question, default).split(","))))

    title = ask("What is it called", path.name.removesuffix(".toml").removesuffix(".exhibit").replace("_", " "))
    chosen = several("Which of them shall be heard (commas between)", ", ".join(there))
    if missing := [one for one in chosen if one not in there]:
        raise ExhibitError(f"there are no sounds for {missing[0]!r}", hint=f"there are for: {', '.join(there)}")
    hours, closed = several("Open", "09:00-18:00"), several("Closed on (or: never)", "monday")
    return Answers(
        title, chosen, open=hours, closed=tuple(day.lower() for day in closed if day != "never"),
        layout=layout_name or ask("Which loudspeakers", "stereo"), room=ask("What space is added", "gallery"),
        timezone=ask("Time zone", "Asia/Shanghai"), lively=_share(ask("How lively, from 0 (calm) to 1", "0.5")),
    )  # fmt: skip


def _share(text: str) -> float:
    from soundscape.errors import ExhibitError

    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not math.isfinite(share):
        raise ExhibitError(f"{text!r} is no number", hint="write such as 0.5")
    return share

"""`soundscape exhibit`: a gallery, all day."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundscape.apps.cli.console import plain, plain_lines, print_json, progress_bars
from soundscape.apps.cli.options import catalogue_option, finite, json_option

if TYPE_CHECKING:
    from soundscape.apps.exhibits import Place
    from soundscape.exhibit.soak import Soaked

N_FAULTS = 1000


@click.command("exhibit")
@click.argument("source", metavar="EXHIBIT.toml", type=click.Path(path_type=Path))
@catalogue_option
@click.option("--state", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
              help="Where windows, wishes and the log are kept; beside the exhibit without it.")  # fmt: skip
@click.option(
    "--device", default="jack", show_default=True, metavar="NAME", help="jack, portaudio, portaudio:NAME, null."
)
@click.option("--health-host", default="127.0.0.1", show_default=True, metavar="HOST",
              help="Where its pages are heard; beyond this machine a token is wanted.")  # fmt: skip
@click.option("--health-port", type=click.IntRange(0, 65535), default=None, metavar="PORT", help="0: any that is free.")
@click.option("--health-name", "known_as", multiple=True, metavar="NAME",
              help="A name under which its pages may be called, beside the machine's own.")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="A line that whoever presses a button over HTTP must know.")  # fmt: skip
@click.option("--osc", "osc_port", type=click.IntRange(0, 65535), default=None, metavar="PORT",
              help="Hear triggers and profiles by OSC at this port of this machine.")  # fmt: skip
@click.option("--midi-in", "midi_in", multiple=True, metavar="PORT", help="MIDI ports to hear triggers from.")
@click.option("--for", "for_s", type=click.FloatRange(min=0.0, min_open=True), callback=finite, default=None,
              metavar="SECONDS",
              help="End by itself after so long.")  # fmt: skip
@click.option("--check", "checks", is_flag=True, help="Say what there is to know before it is signed off.")
@click.option(
    "--soak-days", type=click.IntRange(1, 366), default=None, metavar="N", help="Rehearse days on a fast clock."
)
@click.option("--faults", "with_faults", is_flag=True, help="With --soak-days: let things go wrong.")
@click.option("--fault-count", type=click.IntRange(1, 100_000), default=N_FAULTS, show_default=True, metavar="N")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Render a part of a day, with --from and -o."
)
@click.option(
    "--from", "clock", default="12:00", show_default=True, metavar="HH:MM", help="With --day: when it begins."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), default=None, metavar="FILE.wav", help="With --day.")
@click.option("--week", is_flag=True, help="Say what happened in the last seven days.")
@click.option("--unit", is_flag=True, help="Print a systemd unit that starts it with the machine.")
@click.option("--as-player", is_flag=True, hidden=True)
@click.option("--as-generator", is_flag=True, hidden=True)
@json_option
def command(*, source: Path, catalogue: Path | None, state: Path | None, device: str, health_host: str,
            health_port: int | None, known_as: tuple[str, ...], token_file: Path | None, osc_port: int | None,
            midi_in: tuple[str, ...], for_s: float | None, checks: bool, soak_days: int | None, with_faults: bool,
            fault_count: int, day: datetime | None, clock: str, out: Path | None, week: bool, unit: bool,
            as_player: bool, as_generator: bool, as_json: bool) -> None:  # fmt: skip
    """Keep EXHIBIT.toml running: it opens, plays and closes by its hours, and replaces by itself whatever fails."""
    from soundscape.apps import exhibits, gallery
    from soundscape.apps.settings import load_settings

    settings = load_settings()
    place = exhibits.place_of(source, catalogue or Path(settings.catalogue), state)
    arguments = ["exhibit", str(source), "--catalogue", str(place.catalogue), "--state", str(place.state),
                 "--device", device]  # fmt: skip
    outside = gallery.Outside(health_host, health_port, osc_port, midi_in or None, token_file, known_as)
    if as_player:
        sys.exit(gallery.play(place, settings, device=device))
    if as_generator:
        gallery.render_for_keeper(place, settings)
    elif unit:
        _print_unit(place, ("--device", device, *outside.arguments()))
    elif week:
        _print_week(place)
    elif checks:
        for line in exhibits.check(place):
            click.echo(plain(line))
    elif soak_days is not None:
        with progress_bars() as progress:
            found = exhibits.rehearse(place, settings, days=soak_days, n_faults=fault_count if with_faults else 0,
                                      progress=progress)  # fmt: skip
        print_json(found.as_row()) if as_json else _say(found)
    elif day is not None:
        if out is None:
            raise click.UsageError("name a file for the part of the day: -o minute.wav")
        from soundscape.apps.outputs import MIX, out_file

        out_file(out, MIX, source, catalogue=place.catalogue)
        with progress_bars() as progress:
            told = exhibits.minute(place, settings, out, day=date(day.year, day.month, day.day), clock=clock,
                                   for_s=for_s or 60.0, progress=progress)  # fmt: skip
        print_json(told) if as_json else click.echo(f"{plain(out)}: {told['at']}, {told['integrated_lufs']:.1f} LUFS")
    else:
        gallery.keep(place, settings, arguments=arguments, outside=outside, for_s=for_s)


def _print_unit(place: Place, arguments: tuple[str, ...]) -> None:
    import getpass

    from soundscape.exhibit.exhibitfile import load_exhibit
    from soundscape.exhibit.notify import unit_text

    load_exhibit(place.source)
    program, state = Path(sys.executable).with_name("soundscape"), place.state.resolve()
    kept_in = ("--catalogue", str(place.catalogue.resolve()), "--state", str(state))
    click.echo(unit_text(place.source.resolve(), program=program, user=getpass.getuser(), state=state,
                         home=Path.home(), arguments=(*kept_in, *arguments)), nl=False)  # fmt: skip


def _print_week(place: Place) -> None:
    from soundscape.exhibit.daylog import DayLog
    from soundscape.exhibit.exhibitfile import load_exhibit

    today = datetime.now(load_exhibit(place.source).hours.zone).date()
    click.echo(plain_lines(DayLog(place.state).week(today)), nl=False)


def _say(found: Soaked) -> None:
    """What a rehearsal found, in words."""
    click.echo(f"{found.days} days, {found.open_s / 3600.0:.0f} h open, in {found.wall_s / 60.0:.1f} min "
               f"({found.wall_s / max(found.open_s / 3600.0, 1e-9):.1f} s for an hour)")  # fmt: skip
    click.echo(f"gaps {len(found.gaps)}, schedule errors {len(found.schedule_errors)}, "
               f"longest silence {found.longest_silence_s:.2f} s, days with repeats {len(found.repeats)}")  # fmt: skip
    memory = found.memory_mb_by_day
    click.echo(f"memory {memory[min(2, len(memory) - 1)]:.0f} MB on the third day, {memory[-1]:.0f} MB on the last")
    if found.faults:
        wrong = [row for row in found.faults if row["state"] != "right"]
        worst = max(row["silence_s"] for row in found.faults)
        click.echo(f"{len(found.faults)} faults: longest silence {worst:.2f} s, not right after {len(wrong)}")
        for row in wrong[:10]:
            click.echo(f"  {row['at']} {row['kind']}: {row['state']}")

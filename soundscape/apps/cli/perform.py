"""`soundscape perform`: a piece, live."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.options import catalogue_option, finite, json_option, layout_option, seed_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soundscape.apps.preflight import Doors
    from soundscape.apps.settings import Settings
    from soundscape.apps.shows import Prepared
    from soundscape.progress import Progress


@click.command("perform")
@click.argument("source", metavar="PIECE", type=click.Path(path_type=Path))
@catalogue_option
@layout_option
@seed_option
@click.option("--device", default="jack", metavar="NAME", show_default=True,
              help="jack, portaudio, portaudio:NAME, null (silent, keeps time), fast (silent, does not).")  # fmt: skip
@click.option("--block", "block_frames", type=click.IntRange(16, 8192), default=None,
              help="Frames of a block, where the device can be asked for it.")  # fmt: skip
@click.option("--midi-in", "midi_in", multiple=True, metavar="PORT", help="MIDI ports to hear; without it, all.")
@click.option("--mapping", "mappings", multiple=True, metavar="NAME|FILE",
              help="What a controller's pads and knobs do; without it, a pad for each role.")  # fmt: skip
@click.option("--osc", "osc_port", type=click.IntRange(0, 65535), default=None, metavar="PORT",
              help="Hear OSC at this port of this machine.")  # fmt: skip
@click.option("--journal", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Where the show is written down (.journal); beside the piece without it.")  # fmt: skip
@click.option("--record", type=click.Path(path_type=Path), default=None, metavar="FILE.wav",
              help="Record what is heard, all channels.")  # fmt: skip
@click.option("--go", is_flag=True, help="Fire the first cue at once.")
@click.option("--locked", is_flag=True,
              help="Begin locked: keys and OSC only GO, stop and panic until l, or /unlock, comes twice.")  # fmt: skip
@click.option("--for", "for_s", type=click.FloatRange(min=0.0, min_open=True), callback=finite, default=None,
              metavar="SECONDS",
              help="End by itself after so long.")  # fmt: skip
@click.option("--preflight", "looks", is_flag=True,
              help="Play nothing: look whether all is there for a show of --for, or 3 h; say what is not.")  # fmt: skip
@json_option
@click.option("--spare/--no-spare", "has_spare", default=None,
              help="Keep a second engine warm that takes over within a second; its sounds need as much memory again. "
              "Usual on a sound card.")  # fmt: skip
@click.option("--as-engine", is_flag=True, hidden=True)
@click.option("--as-spare", is_flag=True, hidden=True)
@click.option("--resume", "gain_db", type=float, default=None, hidden=True)
def command(*, source: Path, catalogue: Path | None, layout_name: str | None, seed: int | None, device: str,
            block_frames: int | None, midi_in: tuple[str, ...], mappings: tuple[str, ...], osc_port: int | None,
            journal: Path | None, record: Path | None, go: bool, locked: bool, for_s: float | None,
            looks: bool, as_json: bool, has_spare: bool | None, as_engine: bool, as_spare: bool,
            gain_db: float | None) -> None:  # fmt: skip
    """Perform PIECE (.toml or .mid): cues, pads and knobs over MIDI and OSC, written down as a journal.

    `soundscape render THE.journal -o mix.wav` makes the same bits of it again, or another layout.
    """
    from soundscape.apps.settings import load_settings
    from soundscape.apps.shows import JOURNAL, prepare
    from soundscape.space.layout import load_layout

    if as_json and not looks:
        raise click.UsageError("--json is for --preflight: a show is written down in its journal")
    if not as_engine and not looks:
        sounds = device.partition(":")[0] not in ("null", "fast")
        sys.exit(_supervised(sys.argv[1:], has_spare=sounds if has_spare is None else has_spare))
    settings = load_settings()
    chosen = layout_name or settings.layout
    if looks:
        from soundscape.apps.preflight import USUAL_S, Doors

        _look(Doors(source, catalogue or Path(settings.catalogue), settings, load_layout(chosen) if chosen else None,
                    mappings, seed, device, block_frames or 0, midi_in, osc_port,
                    journal or source.with_suffix(JOURNAL), record, for_s or USUAL_S), as_json=as_json)  # fmt: skip
        return

    def prepared_now() -> Prepared:
        return prepare(source, catalogue or Path(settings.catalogue), settings,
                       layout=load_layout(chosen) if chosen else None, mappings=mappings, seed=seed,
                       gain_db=gain_db, progress=_told(_lines_out))  # fmt: skip

    if as_spare:
        from soundscape.live.waiting import PATIENCE_S, quietly, wait_for_take_over

        prepared = quietly(prepared_now)
        taken = wait_for_take_over(sys.stdin, _lines_out)
        if taken is None:
            return
        connections, patience_s = taken.connections, PATIENCE_S
    else:
        prepared, connections, patience_s = prepared_now(), None, 0.0
    ended = _play(prepared, settings, _lines_out, device=device, block_frames=block_frames or 0, midi_in=midi_in,
                  connections=connections, osc_port=osc_port, journal=journal or source.with_suffix(JOURNAL),
                  record=record, patience_s=patience_s, go=go and gain_db is None,
                  locked=locked and gain_db is None, for_s=for_s)  # fmt: skip
    _lines_out({"what": "ended", "reason": ended})


def _look(doors: Doors, *, as_json: bool) -> None:
    """Look at everything and say what was found; what must be put right is an error."""
    from dataclasses import asdict

    from soundscape.apps.cli.console import plain, print_json, progress_bars
    from soundscape.apps.findings import lines_of
    from soundscape.apps.preflight import preflight
    from soundscape.errors import SoundscapeError

    with progress_bars() as progress:
        findings = tuple(preflight(doors, progress=progress))
    wrong, look = ([one for one in findings if one.verdict == verdict] for verdict in ("wrong", "look"))
    if as_json:
        print_json({"piece": str(doors.source), "is_ready": not wrong, "findings": [asdict(one) for one in findings]})
    else:
        for line in lines_of(findings):
            click.echo(plain(line))
    if wrong:
        raise SoundscapeError(f"not ready: {', '.join(dict.fromkeys(one.what for one in wrong))}",
                              hint="put right what has NO before it, and look again")  # fmt: skip
    if not as_json:
        click.echo("ready" + (f", with {len(look)} to look at" if look else ""))


def _supervised(arguments: list[str], *, has_spare: bool) -> int:
    """Run the same command as the engine's process, show it and keep it alive; its exit code."""
    from soundscape.live.restoring import restoring
    from soundscape.live.screen import watched
    from soundscape.live.supervise import Supervisor
    from soundscape.live.wire import control_row

    last: dict[str, Any] = {}
    seen_s = time.monotonic()
    engine = [sys.executable, "-m", "soundscape", *arguments, "--as-engine"]
    with Supervisor(engine, resume="", spare="--as-spare" if has_spare else "") as supervisor:

        def heard(row: dict[str, Any]) -> None:
            nonlocal seen_s
            if row["what"] == "status":
                last.update(row)
                seen_s = time.monotonic()
            elif row["what"] == "connections":
                supervisor.carried = {"connections": row["connections"]}
            elif row["what"] == "ready":
                supervisor.resume = f"--resume={row['gain_db']!r}"
            if row["what"] == "ready" and supervisor.n_restarts and last:
                for control in restoring(last, time.monotonic() - seen_s):
                    supervisor.send(control_row(control))

        return watched(supervisor, on_row=heard)


def _play(prepared: Prepared, settings: Settings, tell: Callable[[Mapping[str, Any]], None], *, device: str,
          block_frames: int, midi_in: tuple[str, ...], connections: Mapping[str, tuple[str, ...]] | None,
          osc_port: int | None, journal: Path, record: Path | None, patience_s: float, go: bool, locked: bool,
          for_s: float | None) -> str:  # fmt: skip
    """Open everything, play, and close it again; why it ended."""
    from soundscape.errors import DeviceError
    from soundscape.live.controllers.osc import OscServer
    from soundscape.live.controllers.reader import Reader
    from soundscape.live.controls import Go
    from soundscape.live.device import Asked, open_device
    from soundscape.live.hall import Hall
    from soundscape.live.journalwriter import JournalWriter
    from soundscape.live.session import Session
    from soundscape.live.tape import Tape
    from soundscape.live.waiting import opened_within

    show, body = prepared.show, prepared.body

    def say(line: str) -> None:
        tell({"what": "said", "line": line})

    with ExitStack() as held:
        asked = Asked(device, block_frames, connections=connections, midi_in=midi_in)
        opened = opened_within(patience_s, lambda: open_device(body, asked), say)
        osc = held.enter_context(OscServer(port=osc_port, tell=say)) if osc_port is not None else None
        writer = JournalWriter(journal, prepared.header, tell=say)
        tape = Tape(record, body.n_channels, settings.rate_hz, body.renderer.layout, tell=say) if record else None
        session = held.enter_context(Session(show, body, opened, journal=writer, tape=tape, tell=say))
        reader = Reader(prepared.surfaces, [role.name for role in show.roles])
        hall = Hall(session, reader, osc=osc, lines=sys.stdin, tell=tell, midi_in=midi_in, is_locked=locked)
        tell({"what": "ready", "line": f"ready: {opened.about}", "device": opened.about, "journal": str(writer.path),
              "gain_db": body.settings.gain_db,
              "cues": [cue.name for cue in show.cues], "roles": [role.name for role in show.roles]})  # fmt: skip
        if go:
            session.ask(Go())
        try:
            ended = hall.run(until_s=for_s)
        except KeyboardInterrupt:
            return "stopped by hand"
    if opened.lost:
        raise DeviceError(ended, hint="the engine starts again as soon as the device is back")
    return ended


def _lines_out(row: Mapping[str, Any]) -> None:
    from soundscape.apps.shows import line_of

    sys.stdout.write(line_of(row) + "\n")
    sys.stdout.flush()


def _told(tell: Callable[[Mapping[str, Any]], None]) -> Progress:
    def progress(what: str, done: float, total: float) -> None:
        tell({"what": "progress", "text": what, "done": done, "total": total})

    return progress

"""From what a museum names (an exhibit, a catalogue) to a keeper, a rehearsal, a check, or a minute of a day."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from soundscape.apps.settings import Settings
from soundscape.audio.loudness import Meter
from soundscape.audio.pool import Pool
from soundscape.audio.wavefile import WaveWriter
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.store import Store
from soundscape.errors import ExhibitError
from soundscape.exhibit.daylog import DayLog
from soundscape.exhibit.door import Ask, read_token
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.exhibitfile import load_exhibit
from soundscape.exhibit.faults import FaultyPool
from soundscape.exhibit.generator import Generator
from soundscape.exhibit.health import LOCAL_HOST, USUAL_PORT, HealthServer
from soundscape.exhibit.hours import CLOSED, Span
from soundscape.exhibit.keeper import Keeper
from soundscape.exhibit.notify import Notify
from soundscape.exhibit.planner import check_sounds, plan_span
from soundscape.exhibit.player import PlayerLoop, PlayerSettings, rss_mb
from soundscape.exhibit.ports import Processes
from soundscape.exhibit.rendering import Rendering
from soundscape.exhibit.repetition import repetition_of
from soundscape.exhibit.soak import Soak, Soaked
from soundscape.exhibit.state import State
from soundscape.exhibit.stems import Stems
from soundscape.exhibit.triggers import Buttons, Desk
from soundscape.exhibit.wellbeing import Health
from soundscape.exhibit.windows import WINDOW_S, window_frames
from soundscape.live.controllers.osc import OscServer
from soundscape.live.journal import versions_here
from soundscape.live.midiports import MidiPorts
from soundscape.live.pipes import LineReader
from soundscape.progress import Progress, quiet
from soundscape.space.layout import load_layout

STEP_S, WATCHDOG_S, ALIVE_S, LEAVES_S = 0.1, 5.0, 1.0, 3.2
DAYS_SHOWN, MOST_ASKED = 7, 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where an exhibit is kept."""

    source: Path
    catalogue: Path
    state: Path

    @property
    def windows(self) -> Path:
        """Folder of finished windows."""
        return self.state / "windows"

    @property
    def beds(self) -> Path:
        """Folder of the bed that stands in, and of clips."""
        return self.state / "beds"


def place_of(source: Path, catalogue: Path, state: Path | None) -> Place:
    """Where an exhibit is kept: beside its file, if nowhere else is named."""
    return Place(source, catalogue, state or source.with_name(f"{source.name.removesuffix('.toml')}.state"))


class WallClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """See `soundscape.exhibit.watch.Clock`."""
        return datetime.now(UTC)

    def steady_s(self) -> float:
        """See `soundscape.exhibit.watch.Clock`."""
        return time.monotonic()


def generator_for(place: Place, settings: Settings) -> Generator:
    """What renders an exhibit.

    Raises
    ------
    ExhibitError, CatalogueError, LayoutError
        If something of it is missing or wrong.
    """
    exhibit, catalogue = load_exhibit(place.source), snapshot_of(place.catalogue)
    check_sounds(exhibit, catalogue)
    pool = Pool(Path(settings.cache), rate_hz=settings.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
    return Generator(exhibit, catalogue, Stems(place.windows), pool)


def snapshot_of(catalogue: Path) -> Catalogue:
    """All that a catalogue holds."""
    with Store(catalogue) as store:
        return store.snapshot()


@dataclass(frozen=True, slots=True)
class Outside:
    """How an exhibit can be reached from outside: its pages, OSC and MIDI."""

    host: str = LOCAL_HOST
    port: int | None = None
    """None: the usual one; 0: any that is free."""
    osc_port: int | None = None
    midi_in: tuple[str, ...] | None = None
    """Patterns of the names of ports; none of them: all; None: no MIDI."""
    token_file: Path | None = None


def keep(place: Place, settings: Settings, *, arguments: Sequence[str], outside: Outside,
         for_s: float | None = None) -> None:  # fmt: skip
    """Keep an exhibit running until somebody stops it.

    Parameters
    ----------
    arguments
        Of `soundscape`, with which its processes are started.
    """
    exhibit, catalogue = load_exhibit(place.source), snapshot_of(place.catalogue)
    check_sounds(exhibit, catalogue)
    token = read_token(os.environ, outside.token_file)
    port = USUAL_PORT if outside.port is None else outside.port
    with ExitStack() as held:
        state = held.enter_context(State(place.state))
        keeper = Keeper(exhibit, Processes(arguments), WallClock(), state, DayLog(place.state),
                        rate_hz=settings.rate_hz, window_frames=window_frames(settings.rate_hz),
                        tell=_line_out)  # fmt: skip
        pressed: deque[Ask] = deque(maxlen=MOST_ASKED)  # by threads of the pages
        asked: deque[Ask] = deque(maxlen=MOST_ASKED)
        names = {"trigger": [one.name for one in exhibit.triggers], "profile": list(exhibit.profiles)}
        server = held.enter_context(HealthServer(lambda: health_of(keeper), pressed.append, host=outside.host,
                                                 port=port, names=names, token=token))  # fmt: skip
        desk = Desk(exhibit.triggers, exhibit.profiles, asked.append, _line_out)
        osc = None if outside.osc_port is None else OscServer(port=outside.osc_port, tell=_line_out)
        ports = None if outside.midi_in is None else MidiPorts(outside.midi_in, _line_out)
        buttons = Buttons(desk, exhibit.triggers, exhibit.profiles, ports=ports, server=osc, tell=_line_out)
        held.callback(buttons.close)
        watched = held.enter_context(Notify())
        _line_out(f"{exhibit.title}: kept; how it is: http://{outside.host}:{server.port}/health; stop with Ctrl-C")
        watched.ready(exhibit.title)
        with contextlib.suppress(KeyboardInterrupt):
            _step(keeper, buttons, lambda: _asked(desk, pressed, asked), watched, for_s)
        watched.stopping()
        keeper.leave()
        time.sleep(LEAVES_S)
        keeper.close()


def _asked(desk: Desk, pressed: deque[Ask], asked: deque[Ask]) -> Iterator[Ask]:
    """What is to be done now: what came over HTTP rests as long as what came by MIDI and OSC."""
    while pressed:
        desk.press(pressed.popleft())
    while asked:
        yield asked.popleft()


def _step(keeper: Keeper, buttons: Buttons, asks: Callable[[], Iterator[Ask]], watched: Notify,
          for_s: float | None) -> None:  # fmt: skip
    """Step after step, and a word to whoever watches that it goes on."""
    began_s, due_s = time.monotonic(), 0.0
    while for_s is None or time.monotonic() - began_s < for_s:
        buttons.turn()
        for ask in asks():
            became = keeper.trigger(ask.name) if ask.kind == "trigger" else keeper.profile(ask.name)
            _line_out(f"{ask.kind} {ask.name}: {became}")
        keeper.step()
        if time.monotonic() >= due_s:
            due_s = time.monotonic() + WATCHDOG_S
            standing = keeper.standing()
            watched.alive(f"{standing['status']}; {standing['last']}")
        time.sleep(STEP_S)


def health_of(keeper: Keeper) -> Health:
    """How an exhibit is, for its pages."""
    standing = keeper.standing()
    player, counts = standing["player"], standing["counts"]
    following = standing["next_opening"]
    is_open = standing["status"] != CLOSED
    heard = "the bed that stands in" if player.get("fallback") else f"plan {standing['key']}"
    return Health(
        standing["status"], since=datetime.fromisoformat(standing["since"]), title=standing["title"],
        playing=heard if is_open else "",
        profile=standing["profile"], next_opening=datetime.fromisoformat(following) if following else None,
        last_fault=standing["last"], ahead_s=standing["windows_ahead"] * WINDOW_S, windows=standing["windows"],
        gaps=counts.get("gap", 0), restarts=counts.get("player", 0) + counts.get("generator", 0), faults=counts,
        rss_mb={"player": player.get("rss_mb", 0.0), "keeper": rss_mb()}, versions=versions_here(),
    )  # fmt: skip


def play(place: Place, settings: Settings, *, device: str) -> int:
    """Be the process that plays, told by standard input; its exit code."""
    exhibit = load_exhibit(place.source)
    told = PlayerSettings(str(place.windows), str(place.beds), load_layout(exhibit.layout).n_channels, settings.rate_hz,
                          window_frames(settings.rate_hz), exhibit.caps.ceiling_dbtp, device)  # fmt: skip
    return PlayerLoop(told, LineReader(sys.stdin.buffer), _row_out).run()


def render_for_keeper(place: Place, settings: Settings) -> None:
    """Be the process that renders, told by standard input."""
    rendering = Rendering(generator_for(place, settings), Stems(place.beds), _row_out)
    lines, due_s = LineReader(sys.stdin.buffer), 0.0
    rendering.prepare()
    while not lines.is_done:
        for line in lines.lines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                if row.get("do") == "quit":
                    return
                rendering.obey(row)
        if time.monotonic() >= due_s:
            due_s = time.monotonic() + ALIVE_S
            _row_out({"what": "alive"})
        if not rendering.turn():
            time.sleep(STEP_S)


def rehearse(place: Place, settings: Settings, *, days: int, n_faults: int, first: date | None = None,
             progress: Progress = quiet) -> Soaked:  # fmt: skip
    """Rehearse days of an exhibit on a fast clock, in a folder of its own."""
    exhibit, catalogue = load_exhibit(place.source), snapshot_of(place.catalogue)
    check_sounds(exhibit, catalogue)
    pool = FaultyPool(Path(settings.cache), rate_hz=settings.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
    day = first or datetime.now(exhibit.hours.zone).date()
    begins = exhibit.hours.instant(day, 0)
    return Soak(exhibit, catalogue, place.state / "rehearsal", pool, begins=begins, days=days, n_faults=n_faults,
                progress=progress).run()  # fmt: skip


def check(place: Place, *, days: int = DAYS_SHOWN) -> Iterator[str]:
    """What to know before an exhibit is signed off, line by line.

    Raises
    ------
    ExhibitError, CatalogueError, LayoutError
        If something of it is missing or wrong.
    """
    exhibit, catalogue = load_exhibit(place.source), snapshot_of(place.catalogue)
    layout = load_layout(exhibit.layout)
    yield f"{exhibit.title}: {layout.name}, {layout.n_channels} channels, seed {exhibit.seed}"
    for name, count in check_sounds(exhibit, catalogue).items():
        yield f"layer {name}: {count} sounds"
    today = datetime.now(exhibit.hours.zone).date()
    first: Span | None = None
    for day in (today + timedelta(days=n) for n in range(days)):
        spans = exhibit.hours.spans(day)
        first = first or (spans[0] if spans else None)
        yield f"{day:%a %d %b}: {', '.join(_told(exhibit, span) for span in spans) or 'closed'}"
    gone = [take for take in catalogue.recordings.values() if not Path(take.path).exists()]
    for take in gone:
        yield f"missing: {take.path} ({take.title}); it is played around"
    span = first or exhibit.hours.next_span(datetime.now(UTC))
    if span is None:
        raise ExhibitError(f"{exhibit.path}: [hours]: it does not open within a year", hint="look at open and dates")
    plan = plan_span(exhibit, catalogue, span)
    found = repetition_of(plan)
    yield from found.lines()
    yield ("no combination comes again within four hours" if found.is_free_of_repeats() else
           "combinations come again within four hours: more sounds, or fewer events, would help")  # fmt: skip


def _told(exhibit: Exhibit, span: Span) -> str:
    opens, closes = (instant.astimezone(exhibit.hours.zone) for instant in (span.opens, span.closes))
    profiles = [name for _, name in exhibit.hours.profiles(span) if name != "usual"]
    return f"{opens:%H:%M}-{closes:%H:%M}" + (f" ({', '.join(dict.fromkeys(profiles))})" if profiles else "")


def minute(place: Place, settings: Settings, out: Path, *, day: date, clock: str, for_s: float,
           progress: Progress = quiet) -> Mapping[str, Any]:  # fmt: skip
    """A stretch of a day as it is heard in the gallery, with the wishes of that day, to a file of 32-bit floats.

    Raises
    ------
    ExhibitError
        If the doors are closed then.
    """
    generator = generator_for(place, settings)
    hours, rate_hz = generator.exhibit.hours, generator.rate_hz
    try:
        time_of_day = datetime.strptime(clock, "%H:%M")
    except ValueError:
        raise ExhibitError(f"{clock!r} is no time", hint="write such as 14:32") from None
    begins = hours.instant(day, time_of_day.hour * 60 + time_of_day.minute)
    span = hours.span_at(begins)
    if span is None:
        raise ExhibitError(f"the doors are closed on {day} at {clock}", hint="see `soundscape exhibit --check`")
    kept = State(place.state) if place.state.exists() else None
    wishes, left_out = (kept.wishes(span.opens), kept.left_out(span.opens)) if kept else ((), ())
    key = generator.plan_for(span, wishes, left_out)
    n_frames, size = round(for_s * rate_hz), window_frames(rate_hz)
    at = round((begins - span.opens).total_seconds() * rate_hz)
    meter = Meter(rate_hz, generator.layout.loudness_weights)
    with WaveWriter(out, rate_hz=rate_hz, n_channels=generator.layout.n_channels, encoding="FLOAT") as writer:
        while writer.n_frames < n_frames:
            window, first = divmod(at + writer.n_frames, size)
            part = generator.window(window)[first : first + n_frames - writer.n_frames]
            writer.write(part)
            meter.update(part)
            progress("rendering", writer.n_frames, n_frames)
    return {"path": str(out), "key": key, "at": begins.isoformat(), **asdict(meter.result())}


def _line_out(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _row_out(row: Mapping[str, Any]) -> None:
    _line_out(json.dumps(row, ensure_ascii=False, default=float))

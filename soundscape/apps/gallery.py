"""A gallery that is kept running: the process that keeps it, the one that plays, and the one that renders."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundscape.apps.exhibits import Place, generator_for, snapshot_of
from soundscape.apps.settings import Settings
from soundscape.exhibit.asked import read_token
from soundscape.exhibit.audible import audible
from soundscape.exhibit.daylog import DayLog
from soundscape.exhibit.door import TOKEN_VARIABLE
from soundscape.exhibit.exhibitfile import load_exhibit
from soundscape.exhibit.generator import Generator
from soundscape.exhibit.health import LOCAL_HOST, USUAL_PORT, HealthServer
from soundscape.exhibit.heap import give_back_what_is_large
from soundscape.exhibit.hours import CLOSED
from soundscape.exhibit.keeper import Keeper
from soundscape.exhibit.notify import Notify
from soundscape.exhibit.planner import check_sounds
from soundscape.exhibit.player import PlayerLoop, PlayerSettings, rss_mb
from soundscape.exhibit.ports import Processes
from soundscape.exhibit.reception import Reception
from soundscape.exhibit.rendering import Rendering, serve
from soundscape.exhibit.state import State
from soundscape.exhibit.statusline import is_well, status_line
from soundscape.exhibit.stems import Stems
from soundscape.exhibit.triggers import Buttons
from soundscape.exhibit.wellbeing import Health
from soundscape.exhibit.windows import WINDOW_S, window_frames
from soundscape.live.controllers.osc import OscServer
from soundscape.live.journal import versions_here
from soundscape.live.midiports import MidiPorts
from soundscape.live.pipes import LineReader
from soundscape.space.layout import load_layout

if TYPE_CHECKING:
    from soundscape.apps.terminal import Said

STEP_S, STANDING_S, WATCHDOG_S, LEAVES_S = 0.1, 1.0, 5.0, 3.2


class WallClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """See `soundscape.exhibit.watch.Clock`."""
        return datetime.now(UTC)

    def steady_s(self) -> float:
        """See `soundscape.exhibit.watch.Clock`."""
        return time.monotonic()


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
    known_as: tuple[str, ...] = ()
    """Names of this machine by which pages may be called."""

    def arguments(self) -> tuple[str, ...]:
        """Words of the command line that say the same, from whichever folder it is started."""
        said: list[tuple[str, object]] = [("--health-host", self.host)] if self.host != LOCAL_HOST else []
        said += [(option, value) for option, value in (
            ("--health-port", self.port), ("--osc", self.osc_port),
            ("--token-file", self.token_file and self.token_file.resolve()),
        ) if value is not None]  # fmt: skip
        said += [("--health-name", name) for name in self.known_as]
        said += [("--midi-in", name) for name in self.midi_in or ()]
        return tuple(str(word) for pair in said for word in pair)


def keep(place: Place, settings: Settings, *, arguments: Sequence[str], outside: Outside,
         for_s: float | None = None) -> None:  # fmt: skip
    """Keep an exhibit running until somebody stops it.

    Parameters
    ----------
    arguments
        Of `soundscape`, with which its processes are started.
    """
    from soundscape.apps.terminal import where_it_is_said  # players and renderers, which start often, draw nothing

    exhibit, catalogue = load_exhibit(place.source), snapshot_of(place.catalogue)
    check_sounds(exhibit, catalogue)
    token = read_token(os.environ, outside.token_file, variable=TOKEN_VARIABLE)
    port = USUAL_PORT if outside.port is None else outside.port
    with ExitStack() as held:
        state = held.enter_context(State(place.state))
        said = held.enter_context(where_it_is_said())
        keeper = Keeper(exhibit, Processes(arguments), WallClock(), state, DayLog(place.state),
                        rate_hz=settings.rate_hz, window_frames=window_frames(settings.rate_hz),
                        tell=said.say)  # fmt: skip
        reception = Reception(keeper, said.say)

        def health() -> Health:
            return replace(health_of(keeper), answers=reception.answers)

        server = held.enter_context(HealthServer(health, reception.press, host=outside.host, port=port, token=token,
                                                 names=reception.names, known_as=outside.known_as))  # fmt: skip
        osc = None if outside.osc_port is None else OscServer(port=outside.osc_port, tell=said.say)
        ports = None if outside.midi_in is None else MidiPorts(outside.midi_in, said.say)
        buttons = Buttons(reception.desk, exhibit.triggers, exhibit.profiles, ports=ports, server=osc, tell=said.say)
        held.callback(buttons.close)
        watched = held.enter_context(Notify())
        address = f"http://{outside.host}:{server.port}"
        said.say(f"{exhibit.title}: kept; for staff: {address}/; how it is: {address}/health; stop with Ctrl-C")
        watched.ready(exhibit.title)
        with contextlib.suppress(KeyboardInterrupt):
            _step(keeper, (buttons.turn, reception.turn, keeper.step), said, watched, for_s)
        watched.stopping()
        keeper.leave()
        time.sleep(LEAVES_S)
        keeper.close()


def _step(keeper: Keeper, turns: Sequence[Callable[[], None]], said: Said, watched: Notify,
          for_s: float | None) -> None:  # fmt: skip
    """Step after step, and a word to whoever watches that it goes on."""
    began_s, alive_s, standing_s = time.monotonic(), 0.0, 0.0
    while for_s is None or time.monotonic() - began_s < for_s:
        for turn in turns:
            turn()
        if time.monotonic() >= standing_s:
            standing_s = time.monotonic() + STANDING_S
            health = health_of(keeper)
            said.stand(status_line(health), is_well=is_well(health))
        if time.monotonic() >= alive_s:
            alive_s = time.monotonic() + WATCHDOG_S
            standing = keeper.standing()
            watched.alive(f"{standing['status']}; {standing['last']}")
        time.sleep(STEP_S)


def health_of(keeper: Keeper) -> Health:
    """How an exhibit is, for its pages."""
    standing, staff = keeper.standing(), keeper.for_staff()
    player, counts = standing["player"], standing["counts"]
    following = standing["next_opening"]
    is_open = standing["status"] != CLOSED
    heard = "the bed that stands in" if player.get("fallback") else f"plan {standing['key']}"
    return Health(
        standing["status"], since=datetime.fromisoformat(standing["since"]), title=standing["title"],
        playing=heard if is_open else "", profile=standing["profile"], staff=staff,
        next_opening=datetime.fromisoformat(following) if following else None,
        last_fault=staff.faults[-1][1] if staff.faults else "",
        ahead_s=standing["windows_ahead"] * WINDOW_S, windows=standing["windows"], gaps=counts.get("gap", 0),
        restarts=counts.get("player", 0) + counts.get("generator", 0), faults=counts,
        rss_mb={"player": player.get("rss_mb", 0.0), "keeper": rss_mb()}, versions=_versions(),
    )  # fmt: skip


@cache
def _versions() -> Mapping[str, str]:
    return versions_here()


def play(place: Place, settings: Settings, *, device: str) -> int:
    """Be the process that plays, told by standard input; its exit code."""
    exhibit = load_exhibit(place.source)
    told = PlayerSettings(str(place.windows), str(place.beds), load_layout(exhibit.layout).n_channels, settings.rate_hz,
                          window_frames(settings.rate_hz), exhibit.caps.ceiling_dbtp, device)  # fmt: skip
    return PlayerLoop(told, LineReader(sys.stdin.buffer), _row_out).run()


def render_for_keeper(place: Place, settings: Settings) -> None:
    """Be the process that renders, told by standard input."""
    generator = generator_for(place, settings)
    give_back_what_is_large()

    def tell(row: Mapping[str, Any]) -> None:
        _row_out(_with_sounds(row, generator))

    serve(Rendering(generator, Stems(place.beds), tell), LineReader(sys.stdin.buffer), tell)


def _with_sounds(row: Mapping[str, Any], generator: Generator) -> Mapping[str, Any]:
    """What is said of a window, and which layers are heard in it."""
    if row.get("what") != "window" or generator.plan is None:
        return row
    window_s = window_frames(generator.rate_hz) / generator.rate_hz
    begin_s = int(row["window"]) * window_s
    return {**row, "sounds": audible(generator.plan, begin_s, begin_s + window_s)}


def _row_out(row: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(row, ensure_ascii=False, default=float) + "\n")
    sys.stdout.flush()

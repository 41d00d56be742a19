"""A journal, played again: the same actions at the same frames, on the layout of the show or on any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from soundscape.engine.body import MOST_FRAMES, Body, BodySettings
from soundscape.engine.player import Player
from soundscape.engine.voices import SourceKey
from soundscape.live.journal import Header, Journal
from soundscape.live.performance import Performance
from soundscape.progress import Progress, quiet
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room
from soundscape.units import Samples


def settings_of(header: Header) -> BodySettings:
    """What the body of a show may hold, and how loud it is."""
    kept = {name: value for name, value in header.settings.items() if not isinstance(value, str)}
    usual = BodySettings()
    return BodySettings(
        max_voices=int(kept.get("max_voices", usual.max_voices)), gain_db=float(kept.get("gain_db", 0.0)),
        arena_frames=int(kept.get("arena_frames", usual.arena_frames)), ceiling_db=header.ceiling_dbtp,
    )  # fmt: skip


def replayed(journal: Journal, renderer: Renderer, source: Callable[[SourceKey], Samples], *,
             room: Room | Response | None = None, progress: Progress = quiet) -> Iterator[Samples]:  # fmt: skip
    """The whole show, block after block: (n, n_channels) float32.

    The first frames are the limiter's look-ahead, as in the show. On the show's layout, with the versions that its
    header names, the bits are those that were heard.

    Parameters
    ----------
    source
        (n, n_channels) samples of a stretch.
    room
        The header's, read where it is a measured one.
    """
    header = journal.header
    body = Body(renderer, rate_hz=header.rate_hz, room=room, settings=settings_of(header))
    with Player(body, streams=False) as player:
        performance = Performance(player, {take.id: take for take in header.recordings}, source)
        for row in journal.rows:
            yield from _until(row.frame, performance, journal.n_frames, progress)
            performance.do(row.action)
        yield from _until(journal.n_frames, performance, journal.n_frames, progress)


def _until(frame: int, performance: Performance, n_frames: int, progress: Progress) -> Iterator[Samples]:
    body = performance.player.body
    while body.delivered < frame:
        n = min(MOST_FRAMES, frame - body.delivered)
        performance.tend()
        performance.player.read(body.clock + MOST_FRAMES)
        yield body.pull(n)
        progress("playing the journal again", body.delivered, n_frames)

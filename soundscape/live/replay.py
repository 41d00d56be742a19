"""A journal, played again: the same actions at the same frames, on the layout of the show or on any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from soundscape.engine.body import MOST_FRAMES, Body, BodySettings
from soundscape.engine.player import Player
from soundscape.engine.voices import SourceKey
from soundscape.live.journal import Journal
from soundscape.live.performance import Performance
from soundscape.progress import Progress, quiet
from soundscape.space.measured import Response
from soundscape.space.renderer import Renderer
from soundscape.space.room import Room
from soundscape.units import Samples

_ROOM_FRAMES = 1 << 25
"""Least room for sources; a journal whose show had more gets as much as that had."""


def body_for(journal_settings: dict[str, float], renderer: Renderer, *, rate_hz: int, ceiling_dbtp: float,
             room: Room | Response | None) -> Body:  # fmt: skip
    """Body that a show was, or would be, played with."""
    kept = {name: int(value) for name, value in journal_settings.items() if name in ("max_voices", "arena_frames")}
    return Body(renderer, rate_hz=rate_hz, room=room, settings=BodySettings(ceiling_db=ceiling_dbtp, **kept))


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
    settings = {name: value for name, value in header.settings.items() if not isinstance(value, str)}
    body = body_for(settings, renderer, rate_hz=header.rate_hz, ceiling_dbtp=header.ceiling_dbtp, room=room)
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

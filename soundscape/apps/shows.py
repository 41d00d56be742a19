"""From what a user names (a piece, mappings) to a show that can be played; and from a journal to its sound."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from soundscape.apps.pieces import SCORES, arranged_from
from soundscape.apps.settings import Settings, load_settings
from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.cast import Role
from soundscape.arrangement.piece import load_piece
from soundscape.arrangement.self_cast import cast_for
from soundscape.audio.metadata import Metadata
from soundscape.audio.pool import Pool
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.store import Store
from soundscape.deliver.kept import keep
from soundscape.deliver.render import Mix, gain_to_target, renderer_of
from soundscape.engine.body import Body, BodySettings
from soundscape.engine.voices import SourceKey
from soundscape.errors import LayoutError, PieceError
from soundscape.live.controllers.mapping import Surface, surface_for_roles
from soundscape.live.controllers.mapping_file import load_surface
from soundscape.live.cues import load_cues, pads_of
from soundscape.live.hall import pads_and_keys
from soundscape.live.journal import Header, Journal, machine_here, read_journal, versions_here
from soundscape.live.replay import replayed
from soundscape.live.show import Hands, Show, show_for
from soundscape.progress import Progress, quiet
from soundscape.score.midifile import read_score
from soundscape.space.layout import Layout, load_layout
from soundscape.space.measured import room_of
from soundscape.space.renderer import Renderer
from soundscape.units import Samples

JOURNAL = ".journal"
PREPARING = "preparing the show (a minute, the first time)"
USUAL_BPM = 120.0
MOST_GAIN_DB = 40.0
"""A piece that is softer or louder by more is brought nowhere: its pads would be deafening."""


@dataclass(frozen=True)
class Prepared:
    """A show, loaded and warm, and what it is played on."""

    show: Show
    body: Body
    surfaces: tuple[Surface, ...]
    header: Header


def prepare(source: Path, catalogue: Path, settings: Settings, *, layout: Layout | None = None,
            mappings: tuple[str, ...] = (), seed: int | None = None,
            gain_db: float | None = None, progress: Progress = quiet) -> Prepared:  # fmt: skip
    """Everything a show needs before the doors open: arranged, decoded, in memory, compiled.

    Parameters
    ----------
    gain_db
        What brings the piece to its loudness, where that is known; None: all of it is heard to find that.

    Raises
    ------
    PieceError, CatalogueError, LayoutError, AudioError, ControllerError
        If something of it is missing or wrong.
    """
    progress("arranging", 0, 1)
    arrangement = arranged_from(source, catalogue, seed=seed).arrangement
    with Store(catalogue) as store:
        snapshot = store.snapshot()
    roles, tempo_bpm = _roles(source, snapshot, arrangement)
    names = [role.name for role in roles]
    surfaces = tuple(load_surface(name, names) for name in mappings)
    cues = load_cues(source, names, arrangement.markers)
    pads, keys = pads_and_keys(surfaces or (surface_for_roles(names),))
    pool = Pool(Path(settings.cache), rate_hz=settings.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
    hands = Hands((*pads, *pads_of(cues)), tuple(keys), _bending(surfaces))
    show = show_for(arrangement, roles, snapshot, pool, hands=hands, cues=cues, tempo_bpm=tempo_bpm)
    progress("arranging", 1, 1)
    show.load(progress)
    chosen = layout or load_layout(arrangement.layout)
    if not chosen.n_channels <= 64:
        raise LayoutError(f"{chosen.name} has {chosen.n_channels} channels; a show has 64 at most")
    renderer = renderer_of(arrangement, chosen, settings.rate_hz)
    if gain_db is None:
        gain_db = gain_to_target(arrangement, renderer, pool, progress=progress)
    body_settings = BodySettings(
        ceiling_db=settings.ceiling_dbtp, gain_db=min(max(gain_db, -MOST_GAIN_DB), MOST_GAIN_DB)
    )
    progress(PREPARING, 0, 1)
    body = Body(renderer, rate_hz=settings.rate_hz, room=room_of(arrangement.room, settings.rate_hz),
                settings=body_settings)  # fmt: skip
    progress(PREPARING, 1, 1)
    return Prepared(show, body, surfaces, _header(show, arrangement, chosen, settings, body_settings))


def _bending(surfaces: tuple[Surface, ...]) -> frozenset[str]:
    """Roles whose sounds a controller bends while they sound: fingers of MPE do, and knobs that say so."""
    fingers = {row.pad.role for surface in surfaces for row in surface.keys if row.zone}
    return frozenset(fingers | {knob.role for surface in surfaces for knob in surface.knobs if knob.to == "bend"})


def _roles(source: Path, catalogue: Catalogue, arrangement: Arrangement) -> tuple[tuple[Role, ...], float]:
    """Roles that hands can play, and the first tempo of the score."""
    ending = source.suffix.lower()
    if ending == ".toml":
        piece = load_piece(source)
        score = read_score(piece.score)
        return piece.cast.roles, float(score.tempo_bpm.values[0])
    if ending in SCORES:
        score = read_score(source)
        return cast_for(score, catalogue).roles, float(score.tempo_bpm.values[0])
    return tuple(Role(name) for name in arrangement.roles), USUAL_BPM


def _header(show: Show, arrangement: Arrangement, layout: Layout, settings: Settings, body: BodySettings) -> Header:
    file = Path(layout.name)
    return Header(
        created_at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"), title=arrangement.title,
        title_zh=arrangement.title_zh, catalogue_digest=arrangement.catalogue_digest, layout=layout.name,
        layout_toml=file.read_text(encoding="utf-8") if file.suffix == ".toml" and file.is_file() else "",
        panner=arrangement.panner, room=arrangement.room, rate_hz=settings.rate_hz,
        ceiling_dbtp=settings.ceiling_dbtp, seed=arrangement.seed,
        settings={"max_voices": body.max_voices, "arena_frames": body.arena_frames, "gain_db": body.gain_db},
        versions=versions_here(), machine=machine_here(), recordings=tuple(show.recordings.values()),
    )  # fmt: skip


def is_journal(source: Path) -> bool:
    """Whether a file is the journal of a show, by its ending."""
    return source.suffix.lower() == JOURNAL


def render_journal(source: Path, out: Path, settings: Settings | None = None, *, layout: Layout | None = None,
                   catalogue: Path | None = None,
                   progress: Progress = quiet) -> tuple[Mix, tuple[str, ...]]:  # fmt: skip
    """Render a show from its journal: on its own layout to the bits that were heard, or on any other.

    Parameters
    ----------
    settings
        None: those of the machine.
    catalogue
        Where recordings are that are no longer where the journal says.

    Returns
    -------
    mix, told
        What was written, and what a person should know of it: such as whether the bits are those of the show.

    Raises
    ------
    JournalError, AudioError, LayoutError, OutputError
        If the journal is damaged, a recording is gone, or the file cannot be written.
    """
    settings = settings or load_settings()
    journal = _located(read_journal(source), catalogue)
    header = journal.header
    if not any(getattr(row.action, "event", None) for row in journal.rows):
        raise PieceError(f"{source}: nothing was played in this show", hint="name the journal of another one")
    chosen = layout or load_layout(header.layout)
    pool = Pool(Path(settings.cache), rate_hz=header.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
    takes = {take.id: take for take in header.recordings}

    def source_of(key: SourceKey) -> Samples:
        return pool.take(recording_id=key.recording_id, path=takes[key.recording_id].path, start_s=key.start_s,
                         end_s=key.end_s, speed=key.speed)  # fmt: skip

    renderer: Renderer = renderer_of(journal.arrangement(), chosen, header.rate_hz)
    blocks = replayed(journal, renderer, source_of, room=room_of(header.room, header.rate_hz), progress=progress)
    titles = {name: title for name, title in (("en", header.title), ("zh", header.title_zh)) if title}
    mix = keep(blocks, out, layout=chosen, rate_hz=header.rate_hz, n_events=len(journal.arrangement().events),
               metadata=Metadata(titles=titles, description=f"a show of {header.created_at}"))  # fmt: skip
    return mix, _differences(journal, chosen, mix)


def _located(journal: Journal, catalogue: Path | None) -> Journal:
    """The journal with every recording where a catalogue says it is now."""
    if catalogue is None or not catalogue.exists():
        return journal
    with Store(catalogue) as store:
        now = {take.id: take.path for take in store.snapshot().recordings.values()}
    moved = tuple(replace(take, path=now.get(take.id, take.path)) for take in journal.header.recordings)
    return replace(journal, header=replace(journal.header, recordings=moved))


def _differences(journal: Journal, layout: Layout, mix: Mix) -> tuple[str, ...]:
    """What a person should know where the bits may not be, or are not, those of the show."""
    told = []
    header = journal.header
    if journal.is_torn or journal.end is None:
        told.append("the journal has no end: the show broke off, and is rendered as far as it was written down")
    if journal.n_lost:
        told.append(f"{journal.n_lost} actions are missing in the journal: the disk was full or gone")
    if layout.name == header.layout and journal.end is not None and journal.end.audio_id:
        if journal.end.audio_id == mix.audio_id:
            told.append("the same bits as were recorded in the show")
        elif dict(header.versions) != dict(versions_here()) or header.machine != machine_here():
            told.append("other bits than in the show: it was played with other versions, or on another machine")
        else:
            told.append("other bits than were recorded in the show")
    return tuple(told)


def line_of(what: Mapping[str, Any]) -> str:
    """A line of JSON of the engine's process."""
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))

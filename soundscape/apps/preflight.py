"""An hour before the doors: everything a show needs is looked at, and nothing is played.

Each look stands for itself: what one finds wrong keeps no other from looking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from soundscape.apps.dryrun import bytes_per_s, disk_bytes_per_s, tried
from soundscape.apps.findings import Finding, size_of
from soundscape.apps.gear import Opened, midi, opened_for_a_moment, osc, places
from soundscape.apps.machine import machine
from soundscape.apps.pieces import arranged_from
from soundscape.apps.settings import Settings
from soundscape.apps.shows import Prepared, prepare
from soundscape.errors import AudioError, CatalogueError, ControllerError, LayoutError, SoundscapeError
from soundscape.live.controls import Press, Release, Snapshot, Transport
from soundscape.live.cues import Cue
from soundscape.live.device import Asked
from soundscape.live.device.null import USUAL_FRAMES
from soundscape.live.palette import Slot
from soundscape.live.show import Show
from soundscape.progress import Progress, quiet
from soundscape.space.layout import Layout

USUAL_S = 3 * 3600.0
"""A show whose length nobody names lasts so long."""
WORST_SHARE = 0.5
"""A block that costs more than half of its time will be late when the machine has something else to do."""
SPARE_TIMES = 4.0
"""A disk that is not so many times as fast as it must be is told: others use it as well."""
_KINDS = {CatalogueError: "catalogue", LayoutError: "layout", AudioError: "recordings", ControllerError: "mapping"}


@dataclass(frozen=True, slots=True)
class Doors:
    """A show as it will be opened: what `soundscape perform` is told."""

    source: Path
    catalogue: Path
    settings: Settings
    layout: Layout | None = None
    mappings: tuple[str, ...] = ()
    seed: int | None = None
    device: str = "jack"
    block_frames: int = 0
    midi_in: tuple[str, ...] = ()
    osc_port: int | None = None
    journal: Path = Path("show.journal")
    record: Path | None = None
    lasts_s: float = USUAL_S


def preflight(doors: Doors, *, progress: Progress = quiet) -> Iterator[Finding]:
    """Look at everything, in the order in which people put things right."""
    prepared: Prepared | None = None
    try:
        prepared = prepare(doors.source, doors.catalogue, doors.settings, layout=doors.layout, mappings=doors.mappings,
                           seed=doors.seed, gain_db=0.0, progress=progress)  # fmt: skip
    except SoundscapeError as error:
        yield Finding(_KINDS.get(type(error), "piece"), "wrong", str(error), error.hint)
    yield from _recordings(doors, prepared)
    opened: Opened | None = None
    if prepared is not None:
        yield from _show(prepared)
        opened = opened_for_a_moment(prepared.body, Asked(doors.device, doors.block_frames, midi_in=doors.midi_in))
        yield from opened.findings
        yield _processor(prepared, opened.block_frames or doors.block_frames, progress)
    if opened is None or opened.device is not None:
        yield from midi(prepared.surfaces if prepared is not None else (), doors.midi_in,
                        opened.ports if opened is not None else None)  # fmt: skip
    yield from osc(doors.osc_port)
    n_channels = prepared.body.n_channels if prepared is not None else 0
    yield from places(doors.journal, doors.record, lasts_s=doors.lasts_s,
                      frame_bytes_per_s=3.0 * n_channels * doors.settings.rate_hz)  # fmt: skip
    yield from machine()


def _recordings(doors: Doors, prepared: Prepared | None) -> Iterator[Finding]:
    try:
        arrangement = (prepared.show.arrangement if prepared is not None
                       else arranged_from(doors.source, doors.catalogue, seed=doors.seed).arrangement)  # fmt: skip
    except SoundscapeError:
        return  # said already
    takes, is_loaded = arrangement.recordings, prepared is not None
    gone = [take.path for take in takes if not Path(take.path).is_file()]
    if gone:
        names = ", ".join(gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
        yield Finding("recordings", "look" if is_loaded else "wrong", f"{len(gone)} of {len(takes)} are gone: {names}"
                      + (" (decoded before, and played from the cache)" if is_loaded else ""),
                      "bring them back, or ingest the folder they are in now")  # fmt: skip


def _show(prepared: Prepared) -> Iterator[Finding]:
    show, layout = prepared.show, prepared.body.renderer.layout
    yield Finding("piece", "ok", f"{show.title or 'without a title'}: {len(show.roles)} roles, "
                  f"{_clock(show.duration_s)}, {layout.name} ({layout.n_channels} channels)")  # fmt: skip
    yield Finding("cues", "ok", f"{len(show.cues)}, in the order of GO: {', '.join(cue.name for cue in show.cues)}")
    for fault in cue_faults(show.cues, show):
        yield Finding("cues", "look", fault, "change the piece, or know it")
    resident, streamed = show.resident, show.streamed
    n_bytes = sum(samples.nbytes for samples in resident.values())
    longest_s = max((len(one) for one in (*resident.values(), *streamed.values())), default=0) / show.pool.rate_hz
    yield Finding("sounds", "ok", f"{len(resident)} in memory ({size_of(n_bytes)}), {len(streamed)} from the disk; "
                  f"the longest has {longest_s:.1f} s")  # fmt: skip
    if streamed:
        yield _disk(show)


def cue_faults(cues: Iterable[Cue], show: Show) -> Iterator[str]:
    """What cues name that will not be there when they go, one after the other."""
    kept: set[str] = set()
    pressed: set[str] = set()
    for cue in cues:
        for control in cue.does:
            match control:
                case Snapshot(recall=True) if control.name not in kept:
                    yield f"{cue.name!r} recalls {control.name!r}, which no cue before it keeps"
                case Snapshot(recall=False):
                    kept.add(control.name)
                case Press():
                    pressed.add(control.finger)
                    if not show.palette.choices.get(Slot.of(control.pad)):
                        yield f"{cue.name!r} presses {control.pad.role!r}, which has no sounds"
                case Release() if control.finger not in pressed:
                    role = control.finger.removeprefix("cue/")
                    yield f"{cue.name!r} releases {role!r}, which no cue before it presses"
                case Transport(does="locate") if control.to_s > show.duration_s:
                    yield f"{cue.name!r} goes to {control.to_s:g} s, and the score ends at {show.duration_s:.1f} s"


def _disk(show: Show) -> Finding:
    longest = max(show.streamed.values(), key=len)
    needed, has = bytes_per_s(show), disk_bytes_per_s(Path(str(longest.filename)))
    found = f"reads {size_of(has)} a second, streaming needs {size_of(needed)} at most"
    hint = "set SOUNDSCAPE_CACHE to a faster disk"
    if has < needed:
        return Finding("disk", "wrong", found, hint)
    return Finding("disk", "look", found, hint) if has < SPARE_TIMES * needed else Finding("disk", "ok", found)


def _processor(prepared: Prepared, block_frames: int, progress: Progress) -> Finding:
    block_frames = block_frames or USUAL_FRAMES
    if not prepared.show.events:
        return Finding("processor", "ok", "the score is empty: nothing was tried")
    found = tried(prepared.show, prepared.body, block_frames, progress=progress)
    said = (f"the worst block uses {100 * found.worst:.0f} % of its time at {block_frames} frames, 99 of 100 less than "
            f"{100 * found.usual:.0f} % (score at {_clock(found.at_s)}, where most sounds at once)")  # fmt: skip
    hint = "longer blocks (--block, or the server's period), a smaller layout, or fewer sounds at once"
    if found.usual >= 1.0:
        return Finding("blocks", "wrong", said, hint)
    if found.usual <= WORST_SHARE:
        hint = "something else took the processor for a moment: end other programs"
    return Finding("blocks", "look", said, hint) if found.worst > WORST_SHARE else Finding("blocks", "ok", said)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"

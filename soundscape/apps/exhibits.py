"""From what a museum names (an exhibit, a catalogue) to a rehearsal, a check, or a minute of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.exhibitfile import load_exhibit
from soundscape.exhibit.faults import FaultyPool
from soundscape.exhibit.generator import Generator
from soundscape.exhibit.hours import Span
from soundscape.exhibit.planner import check_sounds, plan_span
from soundscape.exhibit.repetition import repetition_of
from soundscape.exhibit.soak import Soak, Soaked
from soundscape.exhibit.state import State
from soundscape.exhibit.stems import Stems
from soundscape.exhibit.windows import window_frames
from soundscape.progress import Progress, quiet
from soundscape.space.layout import load_layout

DAYS_SHOWN = 7


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

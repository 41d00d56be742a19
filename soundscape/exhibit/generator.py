"""Plans and renders windows ahead of their time, the bed that stands in for them, and clips that visitors start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.chance import generator_for
from soundscape.arrangement.event import Event
from soundscape.audio.files import audio_info
from soundscape.audio.loudness import HOPS_PER_S, MOMENTARY_HOPS, Energies, gated_lufs, lufs
from soundscape.audio.pool import Pool
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.engine import render_plan
from soundscape.engine.plan import plan as plan_voices
from soundscape.engine.voices import SourceKey
from soundscape.errors import AudioError, ExhibitError
from soundscape.exhibit.choosing import Memory, cells_of
from soundscape.exhibit.conditions import Conditions
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.hours import Span
from soundscape.exhibit.levelled import Levelled
from soundscape.exhibit.plan import Plan, Wish
from soundscape.exhibit.planner import plan_span
from soundscape.exhibit.sounding import passing_event
from soundscape.exhibit.stems import Stems, plan_key
from soundscape.exhibit.windows import Windows, window_frames
from soundscape.space.layout import load_layout
from soundscape.space.measured import room_of
from soundscape.space.renderer import renderer_for
from soundscape.units import Samples, frame_at, gain_of

FALLBACK, FALLBACK_S = "fallback", 60.0
CLIPS = "clips"
N_CLIPS, LONGEST_CLIP_S, CLIP_BELOW_DB = 4, 30.0, 6.0
"""Clips are so far below what moments may have: they come on top of what sounds already."""


class ShareGone(AudioError):
    """A folder with recordings is not there any more."""


@dataclass
class Asked:
    """What a generator is to render: windows of one opening, up to one that is not needed yet."""

    span: Span
    wishes: tuple[Wish, ...]
    first: int
    until: int
    left_out: tuple[str, ...] = ()
    """Ids of recordings that could not be read today."""


class Generator:
    """Renders windows of an exhibit into a folder.

    Parameters
    ----------
    pool
        Gives decoded takes; its rate is that of the windows.

    Raises
    ------
    ExhibitError, LayoutError, AudioError
        If the layout, the room or the fallback cannot be used.
    """

    def __init__(self, exhibit: Exhibit, catalogue: Catalogue, stems: Stems, pool: Pool) -> None:
        self.exhibit, self.catalogue, self.stems, self._pool = exhibit, catalogue, stems, pool
        self.layout = load_layout(exhibit.layout)
        panner = exhibit.panner if self.layout.kind == "speakers" else ""
        self.rate_hz = pool.rate_hz
        self._renderer = renderer_for(self.layout, panner, pool.rate_hz)
        self._room = room_of(exhibit.room, pool.rate_hz)
        self.unreadable: dict[str, str] = {}
        """Recordings that could not be read, by id: what was said of them."""
        self.measured = (0.0, 0.0)
        """Mean loudness and loudest moment of the window that was rendered last, LUFS."""
        self._plan: Plan | None = None
        self._of: tuple[Span, tuple[Wish, ...], tuple[str, ...]] | None = None
        self._key = ""
        self._windows: Iterator[tuple[Samples, NDArray[np.float64]]] = iter(())
        self._next = -1

    @property
    def key(self) -> str:
        """Of the plan that is rendered."""
        return self._key

    @property
    def plan(self) -> Plan | None:
        """What is rendered."""
        return self._plan

    def plan_for(self, span: Span, wishes: Sequence[Wish] = (), left_out: Sequence[str] = ()) -> str:
        """Plan an opening without some recordings; its key."""
        if self._of != (span, tuple(wishes), tuple(left_out)):
            self._of = span, tuple(wishes), tuple(left_out)
            self._plan = plan_span(self.exhibit, self.catalogue, span, wishes=wishes, left_out=frozenset(left_out))
            self._key = plan_key(self._plan, about=f"{self.layout.name} {self.exhibit.caps} {self.rate_hz}")
            self._next = -1
        return self._key

    def window(self, number: int) -> Samples:
        """A window of the plan, as visitors hear it; quickest one after the other."""
        if self._plan is None:
            raise ValueError("nothing is planned")
        if number != self._next:
            made = Windows(self._plan, self._renderer, rate_hz=self.rate_hz, room=self._room, source=self._source)
            levelled = Levelled(self._plan, self.exhibit.caps, rate_hz=self.rate_hz,
                                weights=self.layout.loudness_weights, n_frames=made.n_frames)  # fmt: skip
            self._windows = levelled.windows(made.raw(max(0, number - 1)), number)
        samples, hops = next(self._windows)
        self._next, self.measured = number + 1, self._measured(hops)
        return samples

    def render(self, asked: Asked) -> int | None:
        """Render the next window that is asked for and not there yet; None where there is none."""
        key = self.plan_for(asked.span, asked.wishes, asked.left_out)
        last = -(-frame_at(asked.span.duration_s, self.rate_hz) // window_frames(self.rate_hz))
        for number in range(asked.first, min(asked.until, last + 1)):  # what plays looks beyond the end
            if not self.stems.has(key, number):
                samples = self.window(number)
                self.stems.write(key, number, samples)
                return number
        return None

    def loudness_of(self, samples: Samples) -> tuple[float, float]:
        """Mean loudness and loudest moment of a window that was rendered before, LUFS."""
        energies = Energies(self.rate_hz, self.layout.loudness_weights)
        energies.update(samples)
        return self._measured(energies.hops())

    def _measured(self, hops: NDArray[np.float64]) -> tuple[float, float]:
        """Mean loudness and loudest moment of a window, LUFS; without gates."""
        powers = hops * (HOPS_PER_S / self.rate_hz)
        moments = np.convolve(powers, np.full(MOMENTARY_HOPS, 1.0 / MOMENTARY_HOPS), "valid")
        return lufs(float(powers.mean())), lufs(float(moments.max()))

    def bed(self) -> Samples:
        """What stands in for windows: a minute that goes round, of the beds, or of the file that the exhibit names."""
        arrangement = self._named_bed() if self.exhibit.fallback else self._planned_bed()
        samples = self._once(arrangement)
        n_frames = frame_at(FALLBACK_S, self.rate_hz)
        bed = np.zeros((n_frames, self.layout.n_channels), np.float32)
        for at in range(0, len(samples), n_frames):
            bed[: len(samples) - at] += samples[at : at + n_frames]
        return self._held(bed, self.exhibit.caps.hours_lufs - 1.0)

    def clips(self, layer_name: str) -> Iterator[Samples]:
        """Sounds of a layer, for visitors to start."""
        layer, catalogue = self.exhibit.layer(layer_name), self.catalogue
        span = Span(datetime.fromisoformat("2000-01-01T00:00+00:00"), datetime.fromisoformat("2000-01-01T00:01+00:00"))
        condition = Conditions(self.exhibit, span, held_at=span.opens).at(0.0)
        memory, segments = Memory(), [one for one in catalogue.matching(layer.wants) if one.kind != "phrase"]
        for number in range(N_CLIPS if segments else 0):
            rng = generator_for(self.exhibit.seed, CLIPS, layer_name, str(number))
            chosen = memory.choose(float(number), segments, cells_of(layer.places), rng, bright=condition.mood.bright)
            event = passing_event(layer, chosen, 0.0, condition, 0.0, rng)
            event = replace(
                event, duration_s=min(event.duration_s, LONGEST_CLIP_S), fade_out_s=max(event.fade_out_s, 0.05)
            )
            take = catalogue.recordings[chosen.segment.recording_id]
            yield self._held(
                self._once(Arrangement((event,), (take,))), self.exhibit.caps.momentary_lufs - CLIP_BELOW_DB
            )

    def _once(self, arrangement: Arrangement) -> Samples:
        voices = plan_voices(arrangement, self._renderer, rate_hz=self.rate_hz, room=self._room)
        takes = {take.id: take for take in arrangement.recordings}
        blocks = list(render_plan(voices, lambda key: self._read(key, takes[key.recording_id])))
        return np.concatenate(blocks) if blocks else np.zeros((self.rate_hz, self.layout.n_channels), np.float32)

    def _held(self, samples: Samples, most_lufs: float) -> Samples:
        """No louder than so much, and with the exhibit's own gain."""
        samples = samples * np.float32(gain_of(self.exhibit.gain_db))
        energies = Energies(self.rate_hz, self.layout.loudness_weights)
        energies.update(samples)
        loud_lufs = gated_lufs(energies.hops(), self.rate_hz)
        return samples * np.float32(gain_of(min(0.0, most_lufs - loud_lufs)))

    def _planned_bed(self) -> Arrangement:
        beds = tuple(layer for layer in self.exhibit.layers if layer.goes_on) or self.exhibit.layers
        alone = replace(self.exhibit, layers=beds, rules=(), triggers=())
        opens = datetime.fromisoformat("2000-01-01T00:00+00:00")
        span = Span(opens, opens + timedelta(seconds=FALLBACK_S))
        return plan_span(alone, self.catalogue, span, goes_round=True, held_at=opens).arrangement

    def _named_bed(self) -> Arrangement:
        path = self.exhibit.fallback
        assert path is not None
        info = audio_info(path)
        take = Recording(FALLBACK.ljust(32, "0"), str(path), info.rate_hz, info.n_channels, info.n_frames)
        if info.duration_s < 1.0:
            raise ExhibitError(f"{self.exhibit.path}: fallback {path.name} lasts {info.duration_s:.2f} s",
                               hint="name a sound of a few seconds or more")  # fmt: skip
        fade_s = min(4.0, 0.25 * info.duration_s)
        segment = Segment("fallback", take.id, 0.0, info.duration_s, "texture")
        event = Event(0.0, FALLBACK_S + fade_s, segment, "fallback",
                      loops=True, fade_in_s=fade_s, fade_out_s=fade_s, spread_deg=90.0, room_db=-120.0)  # fmt: skip
        return Arrangement((event,), (take,))

    def _source(self, key: SourceKey) -> Samples:
        return self._read(key, self.catalogue.recordings[key.recording_id])

    def _read(self, key: SourceKey, take: Recording) -> Samples:
        """Samples of a stretch; silence where a take cannot be read: the rest is played around it.

        Raises
        ------
        AudioError
            If a whole folder is out of reach: that is a share that went away, and nothing to be played around.
        """
        try:
            return self._pool.take(recording_id=key.recording_id, path=take.path, start_s=key.start_s, end_s=key.end_s,
                                   speed=key.speed)  # fmt: skip
        except (AudioError, OSError) as error:
            folder = Path(take.path).parent
            if not folder.is_dir():
                self._next = -1
                raise ShareGone(f"{folder} is out of reach", hint="look at the share; it is tried again") from error
            self.unreadable[take.id] = f"{take.title}: {error}"
            n_frames = frame_at((key.end_s - key.start_s) / key.speed, self.rate_hz)
            return np.zeros((n_frames, take.n_channels), np.float32)

"""A take cleaned: a preview that is heard before anything is kept, and a new file beside the original."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from soundscape.analysis.cleaning import Cleaner, Cleaning
from soundscape.audio.endings import is_cut_short
from soundscape.audio.files import AudioInfo, audio_blocks, audio_info, is_audio_name
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter, encoding_for
from soundscape.deliver.pictures.cleaned import picture_of_cleaning
from soundscape.errors import AudioError, OutputError
from soundscape.progress import Progress, quiet
from soundscape.units import Samples, gain_of, level_of

PREVIEW_S, PAUSE_S = 10, 0.7
WAVE_ENDINGS = (".wav", ".wave", ".bwf")
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
THIRDS_HZ = (20.0, 25.0, 31.5, 40.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0)
"""Edges of the bands in which it is measured what was taken."""
HEARD_DB, TAKEN_DB = -75.0, 3.0
"""A band that was quieter does not count; one that loses less is not named."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where most was taken: in which second, between which frequencies, and by how much the worst band fell."""

    at_s: float
    low_hz: float
    high_hz: float
    by_db: float


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a cleaning did, and where it is to be heard."""

    words: str
    n_frames: int
    n_moments: int
    """How many thumps and gusts were repaired."""
    treated_s: float
    """How long these are; filters work all the time."""
    taken: Taken | None
    """None where no band below 500 Hz lost much: an offset, a hum."""
    peak_before_db: float
    peak_db: float
    """Of the whole take, full scale 0; cleaned, and turned down by `down_db`."""
    down_db: float
    """How much quieter the take is kept, so that no peak is above full scale that was not: 0 in most."""
    worst_s: float
    """Where the preview begins in the take."""
    cut_short_s: float | None = None
    """Where the take ends, if that is before it should, as a copy that was interrupted does."""
    preview: Path | None = None
    picture: Path | None = None
    kept: Path | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What was done, for people."""
        lines = [f"{self.words}{f' ({self.treated_s:.1f} s in all)' if self.n_moments else ''}"]
        if self.taken is not None:
            lines.append(f"most was taken at {self.taken.at_s:.0f} s: {self.taken.by_db:.0f} dB"
                         f" between {self.taken.low_hz:g} and {self.taken.high_hz:g} Hz")  # fmt: skip
        lines.append(f"peak {self.peak_db:.1f} dBFS, was {self.peak_before_db:.1f} dBFS")
        if self.down_db:
            lines.append(f"kept {self.down_db:.1f} dB quieter, or it would clip")
        if self.cut_short_s is not None:
            lines.append(f"NO  cut short: the take ends at {self.cut_short_s:.2f} s, before it should; copy it again")
        return tuple(lines)


def clean(path: Path | str, cleaning: Cleaning, *, recording_id: str, preview: Path | None = None,
          keep: Path | None = None, progress: Progress = quiet) -> Cleaned:  # fmt: skip
    """Clean a take of any length in little memory; the take itself is never touched.

    Parameters
    ----------
    recording_id
        Written into the kept file's description, so that the original can be found.
    preview
        WAV with the 10 s of which most is taken away, a pause, and the same cleaned; a picture (PNG) beside it. Both
        are turned down alike where one would clip.
    keep
        WAV with the whole take: 24 bit, or float where the take is; as long, with its metadata, and turned down where a
        filter would lift its peak above full scale. A folder: a file in it, named after the take.

    Raises
    ------
    AudioError
        If the take cannot be read, or nothing of it was to be cleaned.
    OutputError
        If a file cannot be written, is the take, or is to be kept under a name that no WAV has.
    """
    info = audio_info(path)
    kept = None if keep is None else kept_path(info.path, keep)
    for out in (kept, preview, None if preview is None else picture_path(preview)):
        _refuse_original(info.path, out)
    differences, treated_s = _clean(info, cleaning, recording_id, kept, 0.0, progress)
    down_db = max(0.0, differences.peak_db - max(0.0, differences.peak_before_db))
    if kept is not None and down_db:
        _clean(info, cleaning, recording_id, kept, down_db, progress)
    if preview is not None:
        _write_preview(preview, info, differences)
    return Cleaned(
        cleaning.words, differences.n_frames, len(cleaning.moments), treated_s, differences.taken,
        differences.peak_before_db, differences.peak_db - down_db, down_db, differences.start_s,
        differences.n_frames / info.rate_hz if is_cut_short(info.path) else None, preview,
        None if preview is None else picture_path(preview), kept,
    )  # fmt: skip


def _clean(info: AudioInfo, cleaning: Cleaning, recording_id: str, kept: Path | None, down_db: float,
           progress: Progress) -> tuple[_Differences, float]:  # fmt: skip
    """Clean the whole take into a file, or none; returns what is different, and how long was repaired."""
    differences = _Differences(info)
    cleaner = Cleaner(cleaning, info.rate_hz, info.n_channels)
    gain = np.float32(gain_of(-down_db))
    with ExitStack() as stack:
        writer = None
        if kept is not None:
            words = cleaning.words + (f"; {down_db:.1f} dB quieter" if down_db else "")
            writer = stack.enter_context(_writer(kept, info, words, recording_id))
        for block in cleaner.cleaned(_heard(info, differences)):
            differences.after(block)
            if writer is not None:
                writer.write(block * gain)
            progress("cleaning", min(differences.n_frames, info.n_frames), info.n_frames)
        differences.end()
        if not differences.is_any:
            raise AudioError(f"nothing to clean in {info.path}", hint="--high-pass 60 filters it all the same")
    return differences, cleaner.treated_s


def kept_path(take: Path, keep: Path) -> Path:
    """Where a cleaned take is kept: the file named, or one in the folder named, called after the take.

    Raises
    ------
    OutputError
        If there is no folder of that name and it does not end as a WAV does.

    Examples
    --------
    >>> kept_path(Path("takes/gate.flac"), Path("cleaned/gate one.wav")).name
    'gate one.wav'
    """
    if keep.is_dir():
        return keep / f"{take.stem}_cleaned.wav"
    if keep.suffix.lower() not in WAVE_ENDINGS:
        file = keep.with_suffix(".wav") if is_audio_name(keep) else f"{keep}.wav"
        raise OutputError(f"cannot keep {keep}: there is no such folder, and no WAV has such a name",
                          hint=f"write {file} for a file, or make the folder first")  # fmt: skip
    return keep


def _refuse_original(take: Path, out: Path | None) -> None:
    """Also where one is a link to the other."""
    if out is not None and out.exists() and (out.samefile(take) or out.resolve() == take.resolve()):
        raise OutputError(f"cannot write {out}: it is the take itself", hint="name another file; originals stay")


def picture_path(preview: Path) -> Path:
    """Where the picture of a preview stands: beside it."""
    return preview.with_suffix(".png")


def _writer(kept: Path, info: AudioInfo, words: str, recording_id: str) -> WaveWriter:
    known: Metadata = info.metadata
    done = f"Cleaned: {words}; from recording {recording_id} ({info.path.name})."
    if is_cut_short(info.path):
        done += " That recording is cut short: it ends before it should."
    metadata = replace(known, description=_sentences(known.description, done))
    return WaveWriter(kept, rate_hz=info.rate_hz, n_channels=info.n_channels, encoding=encoding_for(info.encoding),
                      channel_mask=info.channel_mask, metadata=metadata)  # fmt: skip


def _sentences(first: str, second: str) -> str:
    """One after the other, with a full stop between."""
    if first and not first.endswith(SENTENCE_ENDS):
        first += "."
    return f"{first} {second}".strip()


def _heard(info: AudioInfo, differences: _Differences) -> Iterator[Samples]:
    for block in audio_blocks(info.path, block_frames=info.rate_hz):
        differences.before(block)
        yield block


class _Differences:
    """What a take loses, and the stretch that loses most, found as both streams go by."""

    def __init__(self, info: AudioInfo) -> None:
        self._rate_hz = info.rate_hz
        self._waiting = [np.zeros((0, info.n_channels), np.float32)] * 2
        self._last: deque[tuple[Samples, Samples, float]] = deque(maxlen=PREVIEW_S)
        self._n_s = 0
        self._peaks = [0.0, 0.0]
        self._most = -1.0
        self.n_frames = 0
        self.is_any = False
        self.taken: Taken | None = None
        self.start_s = 0.0
        """Where the stretch begins."""
        self.both = (self._waiting[0], self._waiting[1])

    @property
    def peak_before_db(self) -> float:
        """Of the take, full scale 0."""
        return level_of(self._peaks[0])

    @property
    def peak_db(self) -> float:
        """Of the cleaned take."""
        return level_of(self._peaks[1])

    def before(self, block: Samples) -> None:
        """Add frames of the take."""
        self._waiting[0] = np.concatenate([self._waiting[0], block])

    def after(self, block: Samples) -> None:
        """Add cleaned frames."""
        self.n_frames += len(block)
        self._waiting[1] = np.concatenate([self._waiting[1], block])
        while len(self._waiting[1]) >= self._rate_hz:
            self._add(self._rate_hz)

    def end(self) -> None:
        """What is left is less than a second."""
        if len(self._waiting[1]):
            self._add(len(self._waiting[1]))

    def _add(self, n: int) -> None:
        before, after = (line[:n] for line in self._waiting)
        self._waiting = [line[n:] for line in self._waiting]
        self._peaks = [max(peak, float(np.abs(part).max()))
                       for peak, part in zip(self._peaks, (before, after), strict=True)]  # fmt: skip
        power = float(np.square(before - after, dtype=np.float64).mean())
        if power > 0.0:
            self.is_any = True
            self._compare(before, after)
        self._last.append((before, after, power))
        self._n_s += 1
        total = sum(one[2] for one in self._last)
        if total > self._most:
            self._most, self.start_s = total, float(self._n_s - len(self._last))
            self.both = (np.concatenate([one[0] for one in self._last]), np.concatenate([one[1] for one in self._last]))

    def _compare(self, before: Samples, after: Samples) -> None:
        """Keep the second if a band falls further in it than in any before."""
        levels = [_thirds_db(part, self._rate_hz) for part in (before, after)]
        falls = np.where(levels[0] > HEARD_DB, levels[0] - levels[1], 0.0)
        by_db = float(falls.max())
        if by_db > max(TAKEN_DB, self.taken.by_db if self.taken else 0.0):
            named = np.flatnonzero(falls > TAKEN_DB)
            self.taken = Taken(float(self._n_s), THIRDS_HZ[named[0]], THIRDS_HZ[named[-1] + 1], by_db)


def _thirds_db(part: Samples, rate_hz: int) -> NDArray[np.float64]:
    """Levels of the bands, full scale 0."""
    n = len(part)
    power = np.square(np.abs(rfft(part * np.hanning(n)[:, None], axis=0))).mean(axis=1) / (0.1875 * n**2)
    edges = np.round(np.array(THIRDS_HZ) * n / rate_hz).astype(int)
    return np.array([10.0 * np.log10(power[low:high].sum() + 1e-12) for low, high in pairwise(edges)])


def _write_preview(preview: Path, info: AudioInfo, differences: _Differences) -> None:
    before, after = differences.both
    pause = np.zeros((round(PAUSE_S * info.rate_hz), info.n_channels), np.float32)
    line = np.concatenate([before, pause, after])
    with WaveWriter(preview, rate_hz=info.rate_hz, n_channels=info.n_channels, channel_mask=info.channel_mask) as out:
        out.write(line / max(np.float32(1.0), np.abs(line).max()))
    picture_of_cleaning(
        before, after, info.rate_hz, picture_path(preview), title=info.path.name, start_s=differences.start_s
    )

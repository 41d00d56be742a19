"""A take cleaned: a preview that is heard before anything is kept, and a new file beside the original."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from soundscape.analysis.cleaning import Cleaner, Cleaning
from soundscape.audio.files import AudioInfo, audio_blocks, audio_info, is_audio_name
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter, encoding_for
from soundscape.deliver.pictures.cleaned import picture_of_cleaning
from soundscape.errors import AudioError, OutputError
from soundscape.progress import Progress, quiet
from soundscape.units import SILENCE_DB, Samples

PREVIEW_S, PAUSE_S = 10, 0.7
WAVE_ENDINGS = (".wav", ".wave", ".bwf")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a cleaning did, and where it is to be heard."""

    words: str
    n_frames: int
    treated_s: float
    """How much was repaired; filters work all the time."""
    taken_db: float
    """Level (RMS) of what was taken away where it is most, full scale 0."""
    worst_s: float
    """Where the preview begins in the take."""
    preview: Path | None = None
    picture: Path | None = None
    kept: Path | None = None


def clean(path: Path | str, cleaning: Cleaning, *, recording_id: str, preview: Path | None = None,
          keep: Path | None = None, progress: Progress = quiet) -> Cleaned:  # fmt: skip
    """Clean a take of any length in little memory; the take itself is never touched.

    Parameters
    ----------
    recording_id
        Written into the kept file's description, so that the original can be found.
    preview
        WAV with the 10 s of which most is taken away, a pause, and the same cleaned; a picture (PNG) beside it.
    keep
        WAV with the whole take: 24 bit, or float where the take is; as long, with its metadata. A folder: a file in it,
        named after the take.

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
    worst = _Worst(info)
    cleaner = Cleaner(cleaning, info.rate_hz, info.n_channels)
    with ExitStack() as stack:
        writer = None if kept is None else stack.enter_context(_writer(kept, info, cleaning, recording_id))
        n_frames = 0
        for block in cleaner.cleaned(_heard(info, worst)):
            worst.after(block)
            n_frames += len(block)
            if writer is not None:
                writer.write(block)
            progress("cleaning", min(n_frames, info.n_frames), info.n_frames)
        worst.end()
        if not worst.power:
            raise AudioError(f"nothing to clean in {info.path}", hint="--high-pass 60 filters it all the same")
    if preview is not None:
        _write_preview(preview, info, worst)
    taken_db = max(SILENCE_DB, 10.0 * float(np.log10(worst.power)))
    return Cleaned(cleaning.words, n_frames, cleaner.treated_s, taken_db, worst.start_s, preview,
                   None if preview is None else picture_path(preview), kept)  # fmt: skip


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


def _writer(kept: Path, info: AudioInfo, cleaning: Cleaning, recording_id: str) -> WaveWriter:
    known: Metadata = info.metadata
    done = f"Cleaned: {cleaning.words}; from recording {recording_id} ({info.path.name})."
    metadata = replace(known, description=" ".join(filter(None, (known.description, done))))
    return WaveWriter(kept, rate_hz=info.rate_hz, n_channels=info.n_channels, encoding=encoding_for(info.encoding),
                      channel_mask=info.channel_mask, metadata=metadata)  # fmt: skip


def _heard(info: AudioInfo, worst: _Worst) -> Iterator[Samples]:
    for block in audio_blocks(info.path, block_frames=info.rate_hz):
        worst.before(block)
        yield block


class _Worst:
    """The stretch of which most is taken away, found as both streams go by."""

    def __init__(self, info: AudioInfo) -> None:
        self._rate_hz = info.rate_hz
        self._waiting = [np.zeros((0, info.n_channels), np.float32)] * 2
        self._last: deque[tuple[Samples, Samples, float]] = deque(maxlen=PREVIEW_S)
        self._n_s = 0
        self.power = self.start_s = 0.0
        """Mean square of what is taken away in the worst second so far, and where the stretch around it begins."""
        self.both = (self._waiting[0], self._waiting[1])
        self._most = -1.0

    def before(self, block: Samples) -> None:
        """Add frames of the take."""
        self._waiting[0] = np.concatenate([self._waiting[0], block])

    def after(self, block: Samples) -> None:
        """Add cleaned frames."""
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
        power = float(np.square(before - after, dtype=np.float64).mean())
        self._last.append((before, after, power))
        self._n_s += 1
        self.power = max(self.power, power)
        total = sum(one[2] for one in self._last)
        if total > self._most:
            self._most, self.start_s = total, float(self._n_s - len(self._last))
            self.both = (np.concatenate([one[0] for one in self._last]), np.concatenate([one[1] for one in self._last]))


def _write_preview(preview: Path, info: AudioInfo, worst: _Worst) -> None:
    before, after = worst.both
    pause = np.zeros((round(PAUSE_S * info.rate_hz), info.n_channels), np.float32)
    with WaveWriter(preview, rate_hz=info.rate_hz, n_channels=info.n_channels, channel_mask=info.channel_mask) as out:
        out.write(np.concatenate([before, pause, after]))
    picture_of_cleaning(before, after, info.rate_hz, picture_path(preview), title=info.path.name, start_s=worst.start_s)

"""Hearing folders: every sound file in them is heard once and kept in a catalogue.

One process writes; whatever ends it, each recording is in the catalogue as a whole or not at all, and the next run goes
on where it was.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from soundscape.analysis.heard import Known
from soundscape.analysis.hearers import Heard, Hearers
from soundscape.analysis.learning import learn, with_lesson
from soundscape.analysis.stretches import Stretch, analyser_of, measured
from soundscape.analysis.taggers.stronger import Stronger
from soundscape.audio.files import is_audio_name, what_it_is
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.files import FileState
from soundscape.catalogue.segment import Recording
from soundscape.catalogue.store import Store
from soundscape.catalogue.whole_segments import Measured
from soundscape.errors import AudioError, SoundscapeError, TaggerError
from soundscape.progress import Progress, quiet

NO_TEXT = "its name is not UTF-8: give it another one"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the files that were found."""

    recordings: int
    """Files heard now."""
    segments: int
    skipped: int
    """Files that have not changed since they were heard, or hold what was heard from another place."""
    failed: tuple[tuple[str, str], ...]
    """Path and reason of every file that could not be read."""
    faults: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """By path, for takes with any."""
    unmapped: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """By the user's own model, the labels that no tag is."""
    audio_s: float = 0.0
    wall_s: float = 0.0
    store_path: Path = Path()
    """Where the catalogue is."""

    def open(self) -> Catalogue:
        """The catalogue as it is now, in memory."""
        with Store(self.store_path) as store:
            return store.snapshot()

    @property
    def times_real_time(self) -> float:
        """Seconds of sound heard in a second."""
        return self.audio_s / self.wall_s if self.wall_s else 0.0


def sound_files(places: Sequence[Path | str]) -> list[Path]:
    """Sound files in folders, however deep, in order; hidden ones and loops of links are passed over.

    Raises
    ------
    AudioError
        If a place is not there, or there is no sound file in any.
    """
    found: dict[Path, None] = {}
    for place in (Path(os.path.abspath(one)) for one in places):
        if not place.is_dir() and not place.is_file():
            raise AudioError(f"{place} {what_it_is(place)}", hint="name a folder with recordings")
        found |= dict.fromkeys([place] if place.is_file() else _walk(place))
    if not found:
        names = ", ".join(str(place) for place in places)
        raise AudioError(f"no sound file in {names}", hint="name a folder with WAV, FLAC, Ogg, MP3 or the like in it")
    return list(found)


def _walk(folder: Path) -> list[Path]:
    found, seen = [], set()
    for place, folders, names in os.walk(folder, followlinks=True):
        if os.path.realpath(place) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if is_audio_name(name)]
    return found


def ingest(folders: Sequence[Path | str], store_path: Path | str, *, n_workers: int = 0, progress: Progress = quiet,
           patience_s: float = 120.0, taggers: Sequence[Path | str | Stronger] = ()) -> IngestReport:  # fmt: skip
    """Hear what is new in folders and keep it in a catalogue, which is made if it is not there.

    Parameters
    ----------
    folders : folders or sound files
    store_path : path of the catalogue
    n_workers : int
        Processes; 0 is one for each core.
    patience_s : float
        How long a file may take, apart from its length, before it is given up.
    taggers : descriptions of the user's own models, or the models
        With others than before every file is heard again. See `soundscape.analysis.taggers.described`.

    Raises
    ------
    AudioError
        If there is no sound file.
    CatalogueError
        If the catalogue cannot be used.
    TaggerError
        If a model cannot be used: before anything is heard.
    """
    began_s = time.perf_counter()
    files = sound_files(folders)
    models = [one if isinstance(one, Stronger) else Stronger(one) for one in taggers]
    if sum(model.has_words for model in models) > 1:
        raise TaggerError("two models know words", hint="name one of them: only its vectors can be compared")
    is_new = not Path(store_path).exists()
    with Store(store_path, create=True) as store, ExitStack() as at_the_end:
        if is_new:  # a catalogue in which nothing was kept is not left behind, whatever ended the hearing
            at_the_end.callback(store.close_and_remove_if_empty)
        tally = _Tally(store, models)
        todo = [path for path in tally.nameable(files) if not tally.is_known(path)]
        n_done, n_all = 0, tally.n_bytes(todo)  # bytes, not files: an hour takes longer than a knock
        progress("hearing", n_done, n_all)
        likely = {path: tally.likely(path) for path in todo}
        with Hearers(
            todo,
            n_workers or os.cpu_count() or 1,
            patience_s=patience_s,
            likely=likely,
            models=[model.described.path.absolute() for model in models],
        ) as hearers:
            for path, heard in hearers:
                tally.keep(path, heard)
                n_done += tally.n_bytes([path])
                progress("hearing", n_done, n_all)
        store.forget_replaced()
        if tally.report().recordings and store.lesson():  # corrections may have waited for what was heard now
            learn(store)
    unmapped = {str(model.described.path): model.mapped.unmapped for model in models}
    return replace(tally.report(), unmapped=unmapped, store_path=Path(store_path), wall_s=time.perf_counter() - began_s)


def _is_text(path: Path) -> bool:
    """Whether a path is text at all: names from another system's disk are sometimes only bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


class _Tally:
    """Writes outcomes to the catalogue, and counts them."""

    def __init__(self, store: Store, models: Sequence[Stronger]) -> None:
        self._store = store
        self._models = models
        self._analyser = analyser_of(models)
        self._lesson = store.lesson()
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._n_recordings = self._n_segments = self._n_skipped = 0
        self._failed: list[tuple[str, str]] = []
        self._faults: dict[str, tuple[str, ...]] = {}
        self._audio_s = 0.0

    def nameable(self, paths: Sequence[Path]) -> list[Path]:
        """Those whose names a catalogue can hold; the others have failed."""
        self._failed += [(str(path), NO_TEXT) for path in paths if not _is_text(path)]
        return [path for path in paths if _is_text(path)]

    def is_known(self, path: Path) -> bool:
        """Whether a file is as it was when it was last looked at; its size and time are noted for `keep`."""
        try:
            status = path.stat()
        except OSError:
            self._sizes[path] = (0, 0)
            return False
        self._sizes[path] = (status.st_size, status.st_mtime_ns)
        state = self._store.file_state(path)
        if state is None or state.state == "failed" or not state.is_still(*self._sizes[path], self._analyser):
            return False  # what could not be read may be readable now: a decoder was installed, a right given
        self._n_skipped += 1
        return True

    def n_bytes(self, paths: Sequence[Path]) -> int:
        """Size of files together, at least a byte each."""
        return sum(max(1, self._sizes[path][0]) for path in paths)

    def likely(self, path: Path) -> tuple[str, ...]:
        """Recordings that a file may hold, by its size."""
        return self._store.recordings_of_size(self._sizes[path][0], self._analyser)

    def keep(self, path: Path, heard: Heard) -> None:
        """Keep one outcome."""
        size, mtime_ns = self._sizes[path]
        if isinstance(heard, Known):
            self._moved(heard.recording_id, path)
            return
        if isinstance(heard, str):
            self._failed.append((str(path), heard))
            self._store.remember_file(FileState(str(path), size, mtime_ns, "failed", "", heard, self._analyser))
            return
        recording = heard.recording
        file = FileState(str(path), size, mtime_ns, "done", recording.id, "", self._analyser)
        if self._store.known(recording.id, self._analyser):
            self._moved(recording.id, path)
            return
        try:
            made = self._made(recording)
        except SoundscapeError as error:  # the file went or was damaged just now: it is heard again next time
            self._failed.append((str(path), str(error)))
            self._store.remember_file(replace(file, state="failed", recording_id="", reason=str(error)))
            return
        learned = with_lesson(self._lesson, heard, self._analyser)
        self._store.add_analysis(recording, heard.segments, heard.vectors, analyser=self._analyser, file=file,
                                 scores=heard.kept_scores(learned), words=heard.kept_words(), made=made)  # fmt: skip
        self._n_recordings += 1
        self._n_segments += len(heard.segments)
        self._audio_s += recording.duration_s
        if recording.faults:
            self._faults[str(path)] = recording.faults

    def _made(self, recording: Recording) -> list[Measured]:
        """Segments that persons made of a recording, measured as this analysis does."""
        persons = self._store.made(recording.id)
        return measured(recording, [Stretch(one.start_s, one.end_s, one.kind, one.id) for one in persons], self._models)

    def _moved(self, recording_id: str, path: Path) -> None:
        size, mtime_ns = self._sizes[path]
        self._store.moved(recording_id, path)
        self._store.remember_file(FileState(str(path), size, mtime_ns, "done", recording_id, "", self._analyser))
        self._n_skipped += 1

    def report(self) -> IngestReport:
        return IngestReport(self._n_recordings, self._n_segments, self._n_skipped, tuple(sorted(self._failed)),
                            self._faults, audio_s=self._audio_s)  # fmt: skip

"""Whether the file of a recording still holds the take that was heard, as far as its header and the disk say."""

from __future__ import annotations

import os

from soundscape.audio.files import AudioInfo, audio_info
from soundscape.catalogue.segment import Recording
from soundscape.catalogue.store import Store
from soundscape.errors import AudioError


def as_heard(recording: Recording) -> AudioInfo:
    """What the file of a recording is; as long and of the rate and channels that the catalogue has.

    Raises
    ------
    AudioError
        If the file is gone, cannot be read, or is another one now.
    """
    try:
        info = audio_info(recording.path)
    except AudioError as error:
        raise AudioError(str(error), hint="bring the take back, or ingest the folder it is in now") from None
    if (info.rate_hz, info.n_channels) != (recording.rate_hz, recording.n_channels) or (
        info.is_length_exact and info.n_frames < recording.n_frames
    ):
        raise AudioError(f"{recording.path} is another take now", hint="ingest its folder again")
    return info


def check_unchanged(store: Store, recording: Recording) -> None:
    """See that its file is the one that was heard, by what is known without reading it.

    Raises
    ------
    AudioError
        If it has another size or time; a file that is gone is not said here, but by who reads it.
    """
    state = store.file_state(recording.path)
    try:
        status = os.stat(recording.path)
    except OSError:
        return
    if state is not None and (state.size, state.mtime_ns) != (status.st_size, status.st_mtime_ns):
        raise AudioError(f"{recording.path} has changed since it was heard", hint="ingest its folder again")

"""Whether the file of a recording still holds the take that was heard, as far as its header says."""

from __future__ import annotations

from soundscape.audio.files import AudioInfo, audio_info
from soundscape.catalogue.segment import Recording
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

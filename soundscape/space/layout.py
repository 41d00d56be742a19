"""Loudspeaker layouts as values; the order of speakers is the order of channels."""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.errors import LayoutError


@dataclass(frozen=True, slots=True)
class Speaker:
    """One loudspeaker; azimuth grows to the left, 0 is ahead (as in ITU-R BS.2051). An LFE has no direction."""

    name: str
    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    distance_m: float = 1.0
    is_lfe: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A loudspeaker layout."""

    name: str
    speakers: tuple[Speaker, ...]

    def __post_init__(self) -> None:
        names = [speaker.name for speaker in self.speakers]
        if not names or len(set(names)) != len(names):
            raise LayoutError(f"layout {self.name!r}: speaker names must be there and unique, got {names}")

    @property
    def n_channels(self) -> int:
        """Number of channels, LFE included."""
        return len(self.speakers)

"""Loudspeaker layouts as values; the order of speakers is the order of channels.

A layout is one TOML file: those in `layouts/` have names (`LAYOUTS`), any other is a rig of one's own.
Nothing here turns a place into gains; that is what `soundscape.space.panners` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from soundscape.errors import LayoutError
from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.rigfile import read_rig
from soundscape.space.tables import nearest_name
from soundscape.space.trajectory import Points, point_at

SAME_DIRECTION_DEG = 1.0
"""Loudspeakers nearer to each other than this, seen from the listener, share one direction."""

SAME_DISTANCE_M = 0.05

_MASK_LABELS = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TC",
                "TFL", "TFC", "TFR", "TBL", "TBC", "TBR")  # fmt: skip
MASK_BITS: Mapping[str, int] = {label: 1 << bit for bit, label in enumerate(_MASK_LABELS)}
"""Bit of each loudspeaker in `dwChannelMask` of WAVEFORMATEXTENSIBLE (Microsoft, `ksmedia.h`)."""

Kind = Literal["speakers", "headphones", "ambisonics"]

_SURROUND_WEIGHT = 1.41
"""Power weight of channels at the listener's sides (ITU-R BS.1770-5, annex 3, table 5)."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One loudspeaker; azimuth grows to the left, 0 is ahead (as in ITU-R BS.2051). An LFE has no direction."""

    name: str
    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    distance_m: float = 1.0
    is_lfe: bool = False
    below_hz: float = 0.0
    """For a subwoofer: it plays what all others of its zone have below this; 0 for anything else."""
    zone: str = ""
    """The room or part of a rig it stands in; its angles count from the middle of that."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A loudspeaker layout.

    One loudspeaker is a layout: everything sounds there, nothing moves. `also` are other names it answers to. Of
    `kind` headphones the two channels are ears; of kind ambisonics the channels are spherical harmonics (ACN, SN3D).
    `aligns`: nearer loudspeakers sound later and softer, as if all stood at the distance of the farthest.

    Raises
    ------
    LayoutError
        If there is no loudspeaker but LFEs, names are not unique, an angle or distance is out of range,
        two loudspeakers stand on one spot, or a zone has nothing but LFEs.
    """

    name: str
    speakers: tuple[Speaker, ...]
    about: str = ""
    also: tuple[str, ...] = ()
    kind: Kind = "speakers"
    aligns: bool = True

    def __post_init__(self) -> None:
        names = [speaker.name for speaker in self.speakers]
        if not names or len(set(names)) != len(names):
            raise LayoutError(
                f"layout {self.name!r}: speaker names must be there and unique, got {names}",
                hint="give every loudspeaker a name of its own",
            )
        if all(speaker.is_lfe for speaker in self.speakers):
            raise LayoutError(
                f"layout {self.name!r}: only LFE channels ({', '.join(names)}), nothing can be panned",
                hint="add a loudspeaker without is_lfe",
            )
        for speaker in self.speakers:
            _check_place(self.name, speaker)
        if self.kind != "speakers":
            return
        for zone in self.zones:
            heard = [speaker for speaker in self.speakers if not speaker.is_lfe and speaker.zone == zone]
            if not heard:
                raise LayoutError(f"layout {self.name!r}: zone {zone!r} has no loudspeaker but LFEs and subwoofers",
                                  hint="give it a loudspeaker, or move its subwoofer")  # fmt: skip
            for one, other in combinations(heard, 2):
                _check_apart(self.name, one, other)

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones, in the order of their first channels; one without a name where there are none."""
        return tuple(dict.fromkeys(speaker.zone for speaker in self.speakers))

    @property
    def order(self) -> int:
        """Order of an Ambisonic layout; 0 for any other.

        Examples
        --------
        >>> layout_named("ambix-3").order, layout_named("5.1").order
        (3, 0)
        """
        return math.isqrt(self.n_channels) - 1 if self.kind == "ambisonics" else 0

    @property
    def alignment_delays_s(self) -> tuple[float, ...]:
        """How much later each channel sounds, so that the sound of all arrives together.

        Examples
        --------
        >>> rig = Layout("two", (Speaker("near", 30.0, 0.0, 2.0), Speaker("far", -30.0, 0.0, 5.43)))
        >>> rig.alignment_delays_s, [round(gain, 2) for gain in rig.alignment_gains]
        ((0.01, 0.0), [0.37, 1.0])
        """
        return tuple(round((far_m - s.distance_m) / SOUND_M_PER_S, 9) for s, far_m in self._farthest())

    @property
    def alignment_gains(self) -> tuple[float, ...]:
        """How much softer each channel is played, so that all arrive equally loud: pressure falls as 1/r."""
        return tuple(speaker.distance_m / far_m for speaker, far_m in self._farthest())

    def _farthest(self) -> list[tuple[Speaker, float]]:
        """Each loudspeaker, and the distance of the farthest of its zone, or its own where nothing is aligned."""
        far_m = {zone: max(s.distance_m for s in self.speakers if s.zone == zone) for zone in self.zones}
        return [(s, far_m[s.zone] if self.aligns else s.distance_m) for s in self.speakers]

    @property
    def n_channels(self) -> int:
        """Number of channels, LFE included."""
        return len(self.speakers)

    @property
    def lfe_channels(self) -> tuple[int, ...]:
        """Indices of the LFE channels."""
        return tuple(index for index, speaker in enumerate(self.speakers) if speaker.is_lfe)

    @property
    def points_m(self) -> Points:
        """Places of the loudspeakers: (n_channels, 3) metres."""
        return np.array([point_at(s.azimuth_deg, s.elevation_deg, s.distance_m) for s in self.speakers])

    @property
    def channel_mask(self) -> int:
        """`dwChannelMask` for a WAV file, or 0 where the mask cannot say this layout.

        It can where every name is in `MASK_BITS` and the order of channels is that of the bits.

        Examples
        --------
        >>> hex(layout_named("7.1.4").channel_mask), layout_named("22.2").channel_mask
        ('0x2d63f', 0)
        """
        bits = [MASK_BITS.get(speaker.name, 0) for speaker in self.speakers]
        rising = all(bits) and all(one < other for one, other in pairwise(bits))
        return sum(bits) if rising else 0

    @property
    def loudness_weights(self) -> tuple[float, ...]:
        """Power weight of each channel in programme loudness; an LFE is not heard by the meter.

        No standard measures Ambisonics; here it is what arrives in the middle, W, and for headphones both ears alike.

        References
        ----------
        ITU-R BS.1770-5, annex 3: 1.41 for |elevation| < 30 and 60 <= |azimuth| <= 120 degrees, else 1.

        Examples
        --------
        >>> layout_named("5.1").loudness_weights
        (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)
        """
        if self.kind == "ambisonics":
            return (1.0, *(0.0,) * (self.n_channels - 1))
        return tuple(_loudness_weight(speaker) if self.kind == "speakers" else 1.0 for speaker in self.speakers)


class _Shelf(Mapping[str, Layout]):
    """The layouts in a folder, each read when it is first asked for; loudspeakers first, then by number of channels."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> Layout:
        if name not in self._names():
            raise KeyError(name)
        return _layout_in(self._folder / f"{name}.toml")

    def __iter__(self) -> Iterator[str]:
        return iter(
            sorted(self._names(), key=lambda name: (self[name].kind != "speakers", self[name].n_channels, name))
        )

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[str]:
        return [path.name.removesuffix(".toml") for path in self._folder.glob("*.toml")]


LAYOUTS: Mapping[str, Layout] = _Shelf(Path(__file__).parent / "layouts")
"""Every layout that has a name; a new one is a new file in `layouts/`."""


def layout_named(name: str) -> Layout:
    """Layout of a name or of one of its other names.

    Raises
    ------
    LayoutError
        If there is none; the hint lists those there are.

    Examples
    --------
    >>> layout_named("4+7+0").name
    '7.1.4'
    """
    if name in LAYOUTS:
        return LAYOUTS[name]
    for layout in LAYOUTS.values():
        if name in layout.also:
            return layout
    meant = nearest_name(name, [*LAYOUTS, *(also for layout in LAYOUTS.values() for also in layout.also)])
    raise LayoutError(
        f"there is no layout {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
        hint=f"layouts: {', '.join(LAYOUTS)}; or the path of a rig's .toml file",
    )


def load_layout(name_or_path: str | Path) -> Layout:
    """Layout of a name, or of a rig's TOML file: whatever ends in `.toml` or is a `Path`.

    Raises
    ------
    LayoutError
        If there is no such layout or file, or if what the file says cannot work.
    """
    if isinstance(name_or_path, Path) or name_or_path.lower().endswith(".toml"):
        return _read_layout(Path(name_or_path))
    return layout_named(name_or_path)


def _read_layout(path: Path) -> Layout:
    rig = read_rig(path)
    if rig.order:
        components = tuple(Speaker(f"ACN{n}") for n in range((rig.order + 1) ** 2))
        return Layout(rig.name, components, rig.about, rig.also, "ambisonics")
    speakers = tuple(Speaker(**row) for row in rig.speakers)
    return Layout(
        rig.name, speakers, rig.about, rig.also, "headphones" if rig.is_headphones else "speakers", rig.aligns
    )


_layout_in = cache(_read_layout)


def _check_place(layout_name: str, speaker: Speaker) -> None:
    where = f"layout {layout_name!r}, speaker {speaker.name!r}"
    for key, value, low, high in (
        ("azimuth_deg", speaker.azimuth_deg, -360.0, 360.0),
        ("elevation_deg", speaker.elevation_deg, -90.0, 90.0),
        ("distance_m", speaker.distance_m, 0.01, 1000.0),
        ("below_hz", speaker.below_hz, 0.0, 500.0),
    ):
        if not (math.isfinite(value) and low <= value <= high):
            raise LayoutError(f"{where}: {key} is {value}", hint=f"{key} goes from {low:g} to {high:g}")


def _check_apart(layout_name: str, one: Speaker, other: Speaker) -> None:
    there, here = point_at(one.azimuth_deg, one.elevation_deg), point_at(other.azimuth_deg, other.elevation_deg)
    apart_deg = math.degrees(2.0 * math.asin(min(1.0, math.dist(here, there) / 2.0)))
    if apart_deg < SAME_DIRECTION_DEG and abs(one.distance_m - other.distance_m) < SAME_DISTANCE_M:
        raise LayoutError(
            f"layout {layout_name!r}: speakers {one.name!r} and {other.name!r} stand on the same spot "
            f"(azimuth {other.azimuth_deg:g}, elevation {other.elevation_deg:g} degrees)",
            hint="move one by a degree or more, or leave one out",
        )


def _loudness_weight(speaker: Speaker) -> float:
    if speaker.is_lfe:
        return 0.0
    azimuth_deg = abs((speaker.azimuth_deg + 180.0) % 360.0 - 180.0)
    return _SURROUND_WEIGHT if abs(speaker.elevation_deg) < 30.0 and 60.0 <= azimuth_deg <= 120.0 else 1.0

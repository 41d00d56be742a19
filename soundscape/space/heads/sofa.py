"""Measured heads from SOFA files (AES69): what each variable means, and nothing believed unchecked.

A SOFA file is HDF5 with names that a standard gives; h5py reads it and is an extra. Nothing here filters or fits.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import AudioError
from soundscape.space.heads.head import FASTEST_HZ, LOUDEST, SLOWEST_HZ, Head
from soundscape.space.trajectory import Points

INSTALL_HINT = 'pip install "soundscape[sofa]"'

LARGEST_BYTES = 200_000_000
MOST_DIRECTIONS = 20_000
MOST_TAPS = 16_384
MOST_VALUES = 1 << 24
"""Values of all responses together, 134 MB: a small file can unpack to far more than it holds."""

CONVENTION = "SimpleFreeFieldHRIR"

_GUARD = 16
_CLEARLY = 0.1
_WHOLE = "the file may be damaged: fetch it again"
_OTHER = f"use a file of the convention {CONVENTION}"
_ABOUT = ("DatabaseName", "ListenerShortName", "Organization", "License")


def read_sofa(path: str | Path) -> Head:
    """Read a measured head.

    Directions are seen from the listener's place, view and up, wherever these stand. `Data.Delay` is applied; what all
    responses share of it is left out. The left ear is the one that hears sources on the left louder; only where both
    hear alike does `ReceiverPosition` decide, for early files give it crosswise.

    Parameters
    ----------
    path : str or Path
        SOFA 0.6 or later, convention SimpleFreeFieldHRIR, with two receivers. At most 200 MB, 20,000 directions,
        16,384 taps and 2 ** 24 values, at 8 to 192 kHz.

    Returns
    -------
    Head, named as the file; `about` holds what the file says of its origin and licence.

    Raises
    ------
    AudioError
        If h5py is not installed, or the file cannot be read, is of another kind, is too large, or lacks something.

    References
    ----------
    AES69-2022, "AES standard for file exchange - Spatial acoustic data file format", convention SimpleFreeFieldHRIR
    1.0: x is ahead, y left, z up; azimuth grows to the left, in degrees; delays are in frames.
    """
    path = Path(path)
    _check_file(path)
    try:
        import h5py  # an extra, and slow to import
    except ImportError as error:
        raise AudioError(f"{path}: SOFA files need h5py, which is not installed", hint=INSTALL_HINT) from error
    try:
        with h5py.File(os.fsencode(path), "r", locking=False) as file:
            return _Sofa(path, file, h5py.Dataset).head()
    except AudioError:
        raise
    except Exception as error:  # a damaged file makes h5py raise whatever there is
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AudioError(f"{path}: not a SOFA file that can be read ({reason})", hint=_WHOLE) from error


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise AudioError(f"{path}: a folder, not a SOFA file", hint="name a .sofa file in it")
    try:
        n_bytes = path.stat().st_size
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}", hint="check the name") from error
    if n_bytes > LARGEST_BYTES:
        raise AudioError(
            f"{path}: {n_bytes / 1e6:.0f} MB, at most {LARGEST_BYTES / 1e6:.0f} MB can be read",
            hint="use a set with fewer directions or taps",
        )


class _Sofa:
    """One open file, by the names of AES69."""

    def __init__(self, path: Path, file: Any, dataset: Any) -> None:
        self._path, self._file, self._dataset = path, file, dataset

    def head(self) -> Head:
        self._check_kind()
        responses, rate_hz = self._responses(), self._rate_hz()
        n = len(responses)
        directions = self._directions(n)
        responses = self._delayed(responses, self._delays(n))
        if self._first_is_right(directions, responses):
            responses = responses[:, ::-1]
        about = ", ".join(filter(None, (self._text(self._file, name) for name in _ABOUT)))
        try:
            return Head(self._path.stem, directions, responses, rate_hz, about)
        except ValueError as error:
            raise self._error(str(error), hint="use a head measured all around, with every value there") from error

    def _check_kind(self) -> None:
        for name, wanted in (("Conventions", "SOFA"), ("SOFAConventions", CONVENTION), ("DataType", "FIR")):
            got = self._text(self._file, name)
            if got != wanted:
                raise self._error(f"{name} is {got!r}, only {wanted!r} can be read", hint=_OTHER)

    def _responses(self) -> NDArray[np.float64]:
        shape = self._variable("Data.IR").shape
        if len(shape) != 3:
            raise self._error(f"Data.IR has the shape {shape}, not (directions, ears, taps)", hint=_OTHER)
        n_directions, n_receivers, n_taps = shape
        if n_receivers != 2:
            raise self._error(f"{n_receivers} receivers, a head has 2", hint=_OTHER)
        for what, got, most in (("directions", n_directions, MOST_DIRECTIONS), ("taps", n_taps, MOST_TAPS)):
            if not 1 <= got <= most:
                raise self._error(f"{got} {what}, 1 to {most} can be read", hint=f"use a set with 1 to {most} {what}")
        return self._values("Data.IR")

    def _check_amount(self, n_values: int) -> None:
        if n_values > MOST_VALUES:
            raise self._error(
                f"{n_values} values in all responses, at most {MOST_VALUES} can be read",
                hint="use a set with fewer directions or taps",
            )

    def _rate_hz(self) -> int:
        rates = self._values("Data.SamplingRate").ravel()
        units = self._text(self._variable("Data.SamplingRate"), "Units").lower()
        if units not in ("", "hertz", "hz"):
            raise self._error(f"Data.SamplingRate is in {units!r}, not in hertz", hint=_OTHER)
        if not rates.size or not (rates == rates[0]).all() or not SLOWEST_HZ <= rates[0] <= FASTEST_HZ:
            raise self._error(
                f"Data.SamplingRate is {rates[:3].tolist()}, one from {SLOWEST_HZ} to {FASTEST_HZ} Hz can be read",
                hint="use a set at 44100, 48000 or 96000 Hz",
            )
        return round(float(rates[0]))

    def _delays(self, n: int) -> NDArray[np.float64]:
        """Delay of each response in frames: (n, 2)."""
        if "Data.Delay" not in self._file:
            return np.zeros((n, 2))
        return self._rows("Data.Delay", n, width=2)

    def _delayed(self, responses: NDArray[np.float64], delays: NDArray[np.float64]) -> NDArray[np.float64]:
        late = delays - np.floor(delays.min())
        if not late.any():
            return responses
        if late.max() > MOST_TAPS:
            raise self._error(f"Data.Delay spans {late.max():.0f} frames, at most {MOST_TAPS} can be read", hint=_OTHER)
        between = bool((late % 1.0).any())  # a value between frames rings a little before its time
        n_taps = responses.shape[2] + int(np.ceil(late.max())) + 2 * _GUARD * between
        self._check_amount(2 * len(responses) * n_taps)
        turns = -2j * np.pi * np.fft.rfftfreq(n_taps)
        out = np.empty((len(responses), 2, n_taps))
        for row, pair, frames in zip(out, responses, late + _GUARD * between, strict=True):
            row[:] = np.fft.irfft(np.fft.rfft(pair, n_taps) * np.exp(turns * frames[:, None]), n_taps)
        return out

    def _directions(self, n: int) -> Points:
        """Where sources are for the listener: (n, 3) unit vectors, x right, y ahead, z up."""
        points = self._points("SourcePosition", n)
        if "ListenerPosition" in self._file:
            points = points - self._points("ListenerPosition", n)
        if "ListenerView" in self._file and "ListenerUp" in self._file:
            kind = self._variable("ListenerView")
            ahead, up = self._points("ListenerView", n), self._points("ListenerUp", n, kind)
            right = np.cross(ahead, up)
            axes = (right, ahead, np.cross(right, ahead))
            lengths = [np.linalg.norm(axis, axis=1) for axis in axes]
            if not (np.min(lengths) > 0.0):
                raise self._error("ListenerView and ListenerUp point one way, or nowhere", hint=_OTHER)
            sums = [(points * axis).sum(axis=1) / length for axis, length in zip(axes, lengths, strict=True)]
            points = np.stack(sums, axis=1)
        distances = np.linalg.norm(points, axis=1, keepdims=True)
        if not (distances > 1e-6).all():
            raise self._error("SourcePosition has a source where the listener is", hint=_OTHER)
        return np.asarray(points / distances, np.float64)

    def _first_is_right(self, directions: Points, responses: NDArray[np.float64]) -> bool:
        receivers = self._points("ReceiverPosition", 2)
        energy = np.square(responses).sum(axis=2)
        both = (np.abs(directions[:, 0]) * energy.sum(axis=1)).sum()
        towards_right = (directions[:, 0] * (energy[:, 0] - energy[:, 1])).sum() / both if both > 0.0 else 0.0
        if abs(towards_right) > _CLEARLY:
            return bool(towards_right > 0.0)
        if receivers[0, 0] == receivers[1, 0]:
            raise self._error("ReceiverPosition does not say which ear is left, and both hear alike", hint=_OTHER)
        return bool(receivers[0, 0] > receivers[1, 0])

    def _points(self, name: str, n: int, kind: Any = None) -> Points:
        """A variable of places as (n, 3): x right, y ahead, z up."""
        kind = self._variable(name) if kind is None else kind
        first, second, third = self._rows(name, n, width=3).T
        system, units = (self._text(kind, key).lower() for key in ("Type", "Units"))
        if system in ("", "cartesian"):
            return np.stack([-second, first, third], axis=1)
        if system != "spherical" or not (units.startswith(("deg", "rad")) or not units):
            raise self._error(
                f"{name} is {system!r} in {units!r}, spherical degrees or cartesian metres can be read", hint=_OTHER
            )
        scale = 1.0 if units.startswith("rad") else np.pi / 180.0
        azimuth, elevation = first * scale, second * scale
        flat = third * np.cos(elevation)
        return np.stack([-flat * np.sin(azimuth), flat * np.cos(azimuth), third * np.sin(elevation)], axis=1)

    def _rows(self, name: str, n: int, width: int) -> NDArray[np.float64]:
        """A variable that is given once or for each of n: (n, width). Of places that move, the mean."""
        values = self._values(name)
        if values.ndim == 3:
            values = values.mean(axis=2)
        if values.ndim != 2 or values.shape[1] != width or values.shape[0] not in (1, n):
            raise self._error(f"{name} has the shape {values.shape}, not ({n}, {width})", hint=_OTHER)
        return np.broadcast_to(values, (n, width))

    def _values(self, name: str) -> NDArray[np.float64]:
        variable = self._variable(name)
        self._check_amount(variable.size)
        values = np.asarray(variable[...], np.float64)
        if not (np.abs(values) <= LOUDEST).all():  # so written, a NaN fails too
            raise self._error(f"{name} has values that are not finite, or above {LOUDEST:g}", hint=_WHOLE)
        return values

    def _variable(self, name: str) -> Any:
        """A variable of numbers that lies in this file, not behind a link to another."""
        if name not in self._file:
            raise self._error(f"{name} is missing", hint=_OTHER)
        found = self._file[name]
        is_whole = isinstance(found, self._dataset) and found.file == self._file
        if not is_whole or found.external or found.is_virtual or found.dtype.kind not in "fiu":
            raise self._error(f"{name} does not hold numbers in this file", hint=_OTHER)
        return found

    def _text(self, place: Any, name: str) -> str:
        """An attribute on one line; empty where there is none."""
        value = place.attrs.get(name, "")
        if isinstance(value, np.ndarray):
            value = value.flat[0] if value.size else ""
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogateescape")
        return " ".join(_decoded(value).split())[:200] if isinstance(value, bytes) else ""

    def _error(self, reason: str, *, hint: str) -> AudioError:
        return AudioError(f"{self._path}: {reason}", hint=hint)


def _decoded(text: bytes) -> str:
    """UTF-8, or Latin-1 where it is none: so older files were written."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")

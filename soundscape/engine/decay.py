"""How the delay lines of a room lose sound: a graphic equaliser for each, so that every octave fades in its own time.

A line of m frames must lose 60 m / (rate T) decibels on the way where the room fades in T seconds. Nothing here runs
for a sample; the filters are run by `soundscape.engine.kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.space.room import OCTAVES_HZ

Floats = NDArray[np.float64]

N_SECTIONS = len(OCTAVES_HZ)
"""A low shelf, a peak for each octave between, a high shelf."""

SHORTEST_S = 0.05
"""A band that is said to fade faster fades so."""

_PEAK_Q = np.sqrt(2.0)
_SHELF_Q = np.sqrt(0.5)
_DEEPEST_DB = 30.0
_STEEPNESS = 6
_NEPERS = np.log(1e6)
_ROUNDS = 30
_FREEDOM = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Filters of the lines.

    `gains` : (n_lines,). `sections` : (n_lines, N_SECTIONS, 4), each row b1, b2, a1, a2 of
    (1 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2).
    """

    gains: Floats
    sections: Floats

    def response(self, hz: Floats, rate_hz: int) -> NDArray[np.complex128]:
        """Complex gain of each line at `hz`, (n_lines, n)."""
        back = np.exp(-2j * np.pi * hz / rate_hz)
        b1, b2, a1, a2 = np.moveaxis(self.sections, -1, 0)[..., None]
        each = (1.0 + back * (b1 + back * b2)) / (1.0 + back * (a1 + back * a2))
        return np.asarray(self.gains[:, None] * each.prod(axis=1))


def losses_of(rt60_s: tuple[float, ...], lengths: NDArray[np.int64], rate_hz: int) -> Losses:
    """Filters with which the whole network fades as `rt60_s` says.

    What an octave filter measures is a mixture of all that fades in its band, and the slowest is heard longest;
    besides, a filter delays what it changes. So the times at the middles of the octaves are corrected until the times
    that would be measured, from -5 to -25 dB of the energy still to come, are those that were asked.

    Parameters
    ----------
    rt60_s : eight times in seconds, at `OCTAVES_HZ`
    lengths : (n_lines,) int64
        Frames from the entrance of each line to its exit.
    rate_hz : > 0

    Returns
    -------
    Losses
        Below 1 in each line at every frequency: the network cannot grow.

    References
    ----------
    Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991; Schlecht and Habets,
    "Accurate reverberation time control in feedback delay networks", DAFx 2017; Valimaki and Liski, "Accurate cascade
    graphic equalizer", IEEE SPL 24(2), 2017; ISO 3382-1 (from -5 to -25 dB).
    """
    asked_s = np.maximum(np.array(rt60_s), SHORTEST_S)
    frames = lengths.astype(np.float64)
    typical = frames.mean(keepdims=True)
    hz, weights = _bands(rate_hz)
    told_s, gains_db = asked_s, np.zeros((1, N_SECTIONS))
    for _ in range(_ROUNDS):
        gains_db = _matched_db(told_s, typical, gains_db, rate_hz)
        made = _filters(told_s, typical, gains_db, rate_hz)
        off = np.clip(_measured_s(made, typical, hz, weights, rate_hz) / asked_s, 0.7, 1.4)
        told_s = np.clip(told_s / off**0.7, asked_s / _FREEDOM, asked_s * _FREEDOM)
    gains_db = gains_db * frames[:, None] / typical
    for _ in range(5):
        gains_db = _matched_db(told_s, frames, gains_db, rate_hz)
    return _held(_filters(told_s, frames, gains_db, rate_hz), frames, rate_hz, _FREEDOM * float(asked_s.max()))


def _shared_db(told_s: Floats, lengths: Floats, rate_hz: int) -> Floats:
    """What a line loses in every octave alike, (n_lines,): the mean of all."""
    return np.asarray(-60.0 / rate_hz * np.mean(1.0 / told_s) * lengths)


def _matched_db(told_s: Floats, lengths: Floats, gains_db: Floats, rate_hz: int) -> Floats:
    """Gains of the sections that come nearer to what is wanted at the middle of each octave, (n_lines, N_SECTIONS)."""
    made_db = 20.0 * np.log10(np.abs(_filters(told_s, lengths, gains_db, rate_hz).response(_middles(rate_hz), rate_hz)))
    missing_db = -60.0 / rate_hz * lengths[:, None] / told_s - made_db
    return np.asarray(np.clip(gains_db + missing_db @ _interaction(rate_hz), -_DEEPEST_DB, _DEEPEST_DB))


def _interaction(rate_hz: int) -> Floats:
    """What each section must do for 1 dB at the middle of one octave and none at the others.

    At a low rate the highest octaves fall together at its edge, and their sections share what is to be done.
    """
    flat = np.ones(N_SECTIONS)
    each = _filters(flat, np.zeros(N_SECTIONS), np.eye(N_SECTIONS), rate_hz).response(_middles(rate_hz), rate_hz)
    return np.asarray(np.linalg.pinv(20.0 * np.log10(np.abs(each))), np.float64)


def _middles(rate_hz: int) -> Floats:
    return np.asarray(np.minimum(OCTAVES_HZ, 0.45 * rate_hz))


def _filters(told_s: Floats, lengths: Floats, gains_db: Floats, rate_hz: int) -> Losses:
    """Shelves and peaks of these gains on top of what all octaves lose.

    References
    ----------
    Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
    """
    hz = _middles(rate_hz)
    hz[[0, -1]] = hz[0] * np.sqrt(2.0), hz[-1] / np.sqrt(2.0)
    turn = 2.0 * np.pi * hz / rate_hz
    q = np.full(N_SECTIONS, _PEAK_Q)
    q[[0, -1]] = _SHELF_Q
    root, cos, alpha = 10.0 ** (gains_db / 40.0), np.cos(turn), np.sin(turn) / (2.0 * q)
    numerator = np.stack([1.0 + alpha * root, -2.0 * cos + 0.0 * root, 1.0 - alpha * root])
    denominator = np.stack([1.0 + alpha / root, -2.0 * cos + 0.0 * root, 1.0 - alpha / root])
    for at, side in ((0, 1.0), (N_SECTIONS - 1, -1.0)):
        numerator[..., at], denominator[..., at] = _shelf(root[:, at], side * cos[at], alpha[at], side)
    gains = 10.0 ** (_shared_db(told_s, lengths, rate_hz) / 20.0) * (numerator[0] / denominator[0]).prod(axis=1)
    rows = [numerator[1] / numerator[0], numerator[2] / numerator[0],
            denominator[1] / denominator[0], denominator[2] / denominator[0]]  # fmt: skip
    return Losses(gains, np.stack(rows, axis=-1))


def _shelf(root: Floats, cos: float, alpha: float, side: float) -> tuple[Floats, Floats]:
    """Numerator and denominator of a low (side 1) or high (side -1) shelf; `cos` with the sign of the side."""
    more, less, wide = root + 1.0, root - 1.0, 2.0 * np.sqrt(root) * alpha
    numerator = root * np.stack([more - less * cos + wide, side * 2.0 * (less - more * cos), more - less * cos - wide])
    denominator = np.stack([more + less * cos + wide, side * -2.0 * (less + more * cos), more + less * cos - wide])
    return numerator, denominator


def _bands(rate_hz: int) -> tuple[Floats, Floats]:
    """Frequencies, (8, n) about each octave, and how much an octave filter passes of the energy there."""
    middles = _middles(rate_hz)[:, None]
    ratio = 2.0 ** np.linspace(-1.0, 1.0, 49)
    hz = np.minimum(middles * ratio, 0.499 * rate_hz)
    off = (ratio - 1.0 / ratio) / (np.sqrt(2.0) - np.sqrt(0.5))
    return hz, np.broadcast_to(ratio / (1.0 + off ** (2 * _STEEPNESS)), hz.shape)


def _measured_s(made: Losses, lengths: Floats, hz: Floats, weights: Floats, rate_hz: int) -> Floats:
    """Times that octave filters would measure, (8,): from -5 to -25 dB of the energy that is still to come."""
    rates = _fading(made, lengths, hz.ravel(), rate_hz).reshape(hz.shape)
    left = weights / rates
    total = left.sum(axis=1)
    reached_s = []
    time_s = np.zeros(len(hz))
    for level in (10.0**-0.5, 10.0**-2.5):
        for _ in range(8):
            still = left * np.exp(-rates * time_s[:, None])
            now = still.sum(axis=1)
            time_s = time_s + np.log(now / (level * total)) * now / (still * rates).sum(axis=1)
        reached_s.append(time_s)
    return np.asarray(3.0 * (reached_s[1] - reached_s[0]))


def _fading(made: Losses, lengths: Floats, hz: Floats, rate_hz: int) -> Floats:
    """Rate at which the energy of the network fades, in nepers a second: what all lines lose by how long all take."""
    step_hz = 1e-3 * hz
    response, beside = made.response(hz, rate_hz), made.response(hz + step_hz, rate_hz)
    late_s = -np.angle(beside / response) / (2.0 * np.pi * step_hz)
    lost = -2.0 * np.log(np.abs(response)).sum(axis=0)
    return np.asarray(np.maximum(lost / (lengths.sum() / rate_hz + late_s.sum(axis=0)), 1e-3))


def _held(made: Losses, lengths: Floats, rate_hz: int, longest_s: float) -> Losses:
    """The same filters, each line a little weaker where at some frequency one would fade far too slowly, or grow."""
    around = np.outer(_middles(rate_hz), 2.0 ** np.linspace(-0.5, 0.5, 129)).ravel()
    hz = np.concatenate([[0.0], around[around < rate_hz / 2], [rate_hz / 2]])
    slowest = (2.0 * np.log(np.abs(made.response(hz, rate_hz))).max(axis=1) * rate_hz / lengths).max()
    excess = max(0.0, float(slowest) + _NEPERS / longest_s)
    return Losses(made.gains * np.exp(-0.5 * excess * lengths / rate_hz), made.sections)

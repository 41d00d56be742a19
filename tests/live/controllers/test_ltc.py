"""Timecode as a sound: against an encoder written from the definition, and against libltc where it is installed."""

from __future__ import annotations

import ctypes
import ctypes.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from soundscape.live.controllers.ltc import Heard, LinearTimecode
from soundscape.live.controllers.timecode import FRAMES_PER_S, Rate, Timecode
from soundscape.live.controls import Chase
from tests.live.controllers.ltc_encoder import run_of, sound_of

RATE_HZ = 48000
RATES: list[Rate] = ["24", "25", "29.97df", "30"]


def heard(sound: NDArray[np.float64], block: int = 128, rate: Rate | None = None) -> list[Heard]:
    decoder = LinearTimecode(RATE_HZ, rate)
    starts = range(0, len(sound), block)
    return [one for n in starts for one in decoder.feed(sound[n : n + block].astype(np.float32), n / RATE_HZ)]


def codes(found: list[Heard]) -> list[Timecode]:
    return [one.timecode for one in found]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("block", [1, 64, 1000, 48000])
def test_every_frame_is_read_when_it_ends(rate: Rate, block: int) -> None:
    run = run_of(Timecode(1, 59, 59, 20, rate), 12)
    found = heard(sound_of([*run, run[0]]), block)
    assert codes(found)[-11:] == run[1:]
    frame_s = 1 / float(FRAMES_PER_S[rate])
    for one in found:
        after = run.index(one.timecode) + 1
        assert one.time_s == pytest.approx(after * frame_s, abs=4e-5)
        assert one.at_s == pytest.approx(run[0].at_s + after * frame_s, abs=1e-6)


@pytest.mark.parametrize("speed", [0.25, 0.7, 1.0, 1.5, 4.0])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_tape_may_be_wound(speed: float, *, backwards: bool) -> None:
    run = run_of(Timecode(10, 0, 0, 5, "25"), 10)
    found = heard(sound_of(run, speed=speed, backwards=backwards), rate="25")
    assert len(found) >= 8
    assert {one.is_backwards for one in found} == {backwards}
    expected = run[::-1] if backwards else run
    assert codes(found) in (expected[-len(found) - 1 : -1], expected[-len(found) :])
    if backwards:
        assert found[0].at_s == pytest.approx(found[0].timecode.at_s)


@given(
    level_db=st.floats(-60.0, 0.0), offset=st.floats(-0.2, 0.2), upside=st.sampled_from([-1.0, 1.0]),
    seed=st.integers(0, 99), low_pass=st.integers(1, 5),
)  # fmt: skip
def test_level_polarity_offset_noise_and_a_dull_cable_do_not_matter(
    level_db: float, offset: float, upside: float, seed: int, low_pass: int
) -> None:
    run = run_of(Timecode(0, 0, 9, 0, "25"), 8)
    gain = 10 ** (level_db / 20)
    clean = np.convolve(sound_of(run), np.ones(low_pass) / low_pass, "same")
    noise = np.random.default_rng(seed).normal(0.0, 0.03, len(clean))
    found = codes(heard((upside * (clean + noise) + offset) * gain))
    assert found[-6:] in (run[1:-1], run[2:])


def test_after_a_drop_out_it_is_read_again() -> None:
    run = run_of(Timecode(0, 1, 0, 0, "30"), 20)
    sound = sound_of(run)
    sound[8000:12000] = 0.0
    found = codes(heard(sound))
    assert run[3] in found
    assert set(run[9:19]) <= set(found)
    assert set(found) <= set(run)


@given(st.integers(0, 10_000), st.floats(0.001, 1.0))
def test_noise_is_no_timecode(seed: int, level: float) -> None:
    noise = np.random.default_rng(seed).normal(0.0, level, 9600)
    assert heard(noise) == []


def test_what_is_no_number_stops_nothing() -> None:
    bad = np.tile([np.nan, np.inf, -np.inf, 1e30, 0.0], 100).astype(np.float32)
    decoder = LinearTimecode(RATE_HZ)
    assert decoder.feed(bad, 0.0) == []
    assert decoder.feed(np.zeros(0, np.float32), 0.0) == []
    run = run_of(Timecode(0, 1, 0, 0, "30"), 20)
    sound = sound_of(run)
    sound[8000:8004] = (np.nan, np.inf, -np.inf, np.nan)
    found = codes(LinearTimecode(RATE_HZ).feed(sound, 0.0))
    assert set(run[9:19]) <= set(found), "a few of them spoil no more than where they are"


def test_when_the_tape_stops_the_score_stands() -> None:
    run = run_of(Timecode(0, 0, 1, 0, "25"), 6)
    sound = np.concatenate([sound_of(run), np.zeros(RATE_HZ)]).astype(np.float32)
    decoder = LinearTimecode(RATE_HZ)
    said = [one for n in range(0, len(sound), 256) for one in decoder.read(sound[n : n + 256], n / RATE_HZ)]
    chases = [one for one in said if isinstance(one, Chase)]
    assert chases[-1] == Chase(chases[-2].at_s, is_running=False)
    assert [one.is_running for one in chases].count(False) == 1


class _Frame(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_ubyte * 10)]


class _FrameExt(ctypes.Structure):
    """LTCFrameExt, of which the last fields are only room: the library writes there as well."""

    _fields_ = [
        ("ltc", _Frame), ("off_start", ctypes.c_longlong), ("off_end", ctypes.c_longlong), ("reverse", ctypes.c_int),
        ("rest", ctypes.c_ubyte * 1024),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def libltc() -> ctypes.CDLL:
    name = ctypes.util.find_library("ltc")
    if name is None:
        pytest.skip("libltc is not installed (Debian: libltc11)")
    library = ctypes.CDLL(name)
    library.ltc_decoder_create.restype = library.ltc_encoder_create.restype = ctypes.c_void_p
    library.ltc_decoder_create.argtypes = [ctypes.c_int, ctypes.c_int]
    library.ltc_decoder_write_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_longlong]
    library.ltc_decoder_read.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.ltc_decoder_free.argtypes = library.ltc_encoder_free.argtypes = [ctypes.c_void_p]
    library.ltc_encoder_create.argtypes = [ctypes.c_double, ctypes.c_double, ctypes.c_int, ctypes.c_int]
    library.ltc_encoder_set_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.ltc_encoder_encode_frame.argtypes = library.ltc_encoder_inc_timecode.argtypes = [ctypes.c_void_p]
    library.ltc_encoder_copy_buffer.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    return library


def frame_bytes(code: Timecode) -> bytes:
    tens = code.frames // 10 | (4 if code.rate == "29.97df" else 0)
    fields = [code.frames % 10, tens, code.seconds % 10, code.seconds // 10, code.minutes % 10, code.minutes // 10,
              code.hours % 10, code.hours // 10]  # fmt: skip
    return bytes([*fields, 0xFC, 0xBF])


@pytest.mark.parametrize("rate", RATES)
def test_what_libltc_encodes_is_read(libltc: ctypes.CDLL, rate: Rate) -> None:
    run = run_of(Timecode(7, 9, 59, 15, rate), 20)
    encoder = libltc.ltc_encoder_create(float(RATE_HZ), float(FRAMES_PER_S[rate]), 1 if rate == "25" else 0, 0)
    parts = []
    for code in run:
        libltc.ltc_encoder_set_frame(encoder, ctypes.create_string_buffer(frame_bytes(code), 10))
        libltc.ltc_encoder_encode_frame(encoder)
        buffer = (ctypes.c_ubyte * 8192)()
        n = libltc.ltc_encoder_copy_buffer(encoder, buffer)
        parts.append(np.frombuffer(bytes(buffer[:n]), np.uint8).astype(np.float64) / 128.0 - 1.0)
    libltc.ltc_encoder_free(encoder)
    found = codes(heard(np.concatenate(parts)))
    assert found[-18:] in (run[1:19], run[2:20])


@pytest.mark.parametrize("rate", RATES)
def test_libltc_reads_the_same_frames(libltc: ctypes.CDLL, rate: Rate) -> None:
    run = run_of(Timecode(23, 59, 59, 10, rate), 30)
    sound = (sound_of(run) * 0.7).astype(np.float32)
    decoder = libltc.ltc_decoder_create(RATE_HZ // 25, 64)
    libltc.ltc_decoder_write_float(decoder, sound.ctypes.data, len(sound), 0)
    judged, frame = [], _FrameExt()
    while libltc.ltc_decoder_read(decoder, ctypes.byref(frame)):
        raw = frame.ltc.bytes
        digits = [raw[n] & 15 for n in range(8)]
        judged.append((digits[6] + 10 * (digits[7] & 3), digits[4] + 10 * (digits[5] & 7),
                       digits[2] + 10 * (digits[3] & 7), digits[0] + 10 * (digits[1] & 3)))  # fmt: skip
    libltc.ltc_decoder_free(decoder)
    mine = [(one.hours, one.minutes, one.seconds, one.frames) for one in codes(heard(sound.astype(np.float64)))]
    assert len(judged) > 20
    assert mine[: len(judged) - 1] == judged[1:]  # the first one begins before its first edge

"""Filter banks and measured rooms against convolution in float64, as a textbook writes it."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from soundscape.engine.answer import answer_of
from soundscape.engine.convolution import MOST_FRAMES, FilterBank
from soundscape.errors import AudioError
from soundscape.space.beds import ambix_from
from soundscape.space.layout import Layout, Speaker, layout_named
from soundscape.space.measured import MeasuredRoom, Response, read_response
from soundscape.space.renderer import Renderer, renderer_for

RATE_HZ = 48_000
BELOW_DB = -120.0
Floats = NDArray[np.float64]
Bits = NDArray[np.float32]


def decaying(n_out: int, n_in: int, n_taps: int, seed: int = 1) -> Floats:
    """Noise that fades as a room does, exact in float32."""
    rng = np.random.default_rng(seed)
    fading = 10.0 ** (-3.0 * np.arange(n_taps) / n_taps)
    return (rng.standard_normal((n_out, n_in, n_taps)) * fading).astype(np.float32).astype(np.float64)


def signal(n_quanta: int, n_channels: int, seed: int = 2) -> Bits:
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.5, 0.5, (n_quanta, n_channels, 64)).astype(np.float32)


def filtered(filters: Floats, bus: Bits, splits: tuple[int, ...] = (), first: int = 0) -> Bits:
    """What a bank makes of a bus that it gets in calls which end at `splits`."""
    bank = FilterBank(filters)
    out = np.zeros((len(bus), bank.n_out, 64), np.float32)
    ends = (*splits, len(bus))
    for begin, end in zip((0, *splits), ends, strict=True):
        bank.add(bus[begin:end], first, out[begin:end])
    return out


def frames_of(quanta: Bits) -> Floats:
    """(n_quanta, n, 64) -> (n, n_frames) float64."""
    return quanta.transpose(1, 0, 2).reshape(quanta.shape[1], -1).astype(np.float64)


def convolved(filters: Floats, heard: Floats) -> Floats:
    n_frames = heard.shape[1]
    return np.array([sum(fftconvolve(x, h)[:n_frames] for x, h in zip(heard, row, strict=True)) for row in filters])


def off_db(made: Bits, twin: Floats) -> float:
    return float(20.0 * np.log10(np.abs(frames_of(made) - twin).max() / np.abs(twin).max()))


@pytest.mark.parametrize("shape", [
    (1, 1, 1), (2, 36, 1), (3, 2, 63), (2, 1, 64), (1, 2, 65), (2, 9, 511), (1, 4, 512), (2, 2, 513), (5, 1, 4095),
    (1, 3, 4096), (2, 2, 4097), (2, 4, 9000), (4, 1, 3 * RATE_HZ),
])  # fmt: skip
def test_a_bank_is_its_twin_below_minus_120_db(shape: tuple[int, int, int]) -> None:
    filters = decaying(*shape)
    bus = signal(shape[2] // 64 + 150, shape[1])
    assert off_db(filtered(filters, bus), convolved(filters, frames_of(bus))) < BELOW_DB


@pytest.mark.parametrize("delay", [0, 63, 64, 511, 512, 575, 4095, 4096, 4607, 8191, 8192])
def test_one_tap_is_a_delay_wherever_the_partitions_meet(delay: int) -> None:
    filters = np.zeros((1, 1, delay + 1))
    filters[0, 0, delay] = 1.0
    bus = signal(delay // 64 + 70, 1)
    heard = frames_of(filtered(filters, bus))[0]
    np.testing.assert_allclose(heard[delay:], frames_of(bus)[0][: len(heard) - delay], atol=1e-6)
    assert np.abs(heard[:delay]).max(initial=0.0) < 1e-6


@settings(max_examples=15)
@given(st.sets(st.integers(1, 199), max_size=12), st.sampled_from([70, 600, 5000, 9000]))
def test_calls_do_not_change_the_bits(splits: set[int], n_taps: int) -> None:
    filters, bus = decaying(2, 3, n_taps), signal(200, 3)
    np.testing.assert_array_equal(filtered(filters, bus, tuple(sorted(splits))), filtered(filters, bus))


def test_a_bank_adds_to_what_is_there_and_reads_only_its_channels() -> None:
    filters, bus = decaying(2, 2, 700), signal(40, 5)
    bank = FilterBank(filters)
    out = np.ones((40, 2, 64), np.float32)
    bank.add(bus, 3, out)
    assert off_db(out - np.float32(1.0), convolved(filters, frames_of(bus[:, 3:]))) < -110.0


def test_what_goes_in_together_comes_out_together() -> None:
    filters = decaying(2, 2, 5000)
    one, other = signal(150, 2, seed=3), signal(150, 2, seed=4)
    apart = filtered(filters, one).astype(np.float64) - 0.5 * filtered(filters, other)
    together = filtered(filters, one - np.float32(0.5) * other)
    assert off_db(together, frames_of(apart)) < BELOW_DB


def test_silence_in_is_silence_out_and_before_the_first_sound_there_is_none() -> None:
    filters = decaying(2, 2, 9000)
    assert not filtered(filters, np.zeros((200, 2, 64), np.float32)).any()
    late = signal(200, 2)
    late[:100] = 0.0
    assert not filtered(filters, late)[:100].any()


def test_what_cannot_be_a_filter_is_refused() -> None:
    for taps in (np.zeros((1, 1, 0)), np.full((1, 1, 5), np.nan), np.full((1, 1, 5), np.inf)):
        with pytest.raises(ValueError, match="filters"):
            FilterBank(taps)
    with pytest.raises(ValueError, match="taps"):
        FilterBank(np.broadcast_to(0.0, (1, 1, MOST_FRAMES + 1)))


# Measured rooms


def response_of(samples: Floats, room: MeasuredRoom | None = None) -> Response:
    return Response(room or MeasuredRoom("made.wav"), samples / np.sqrt((samples**2).sum()), RATE_HZ)


def measured(n_channels: int, n_taps: int = 6000, seed: int = 5) -> Floats:
    return decaying(1, n_channels, n_taps, seed)[0].T


def answered(response: Response, renderer: Renderer) -> Floats:
    """Answer on the bus to one sample in the send: (n_bus, n_frames)."""
    answer = answer_of(response, renderer, RATE_HZ)
    assert answer is not None
    n_quanta = len(response.samples) // 64 + 2
    out = []
    for first in range(0, n_quanta, 64):
        bus = np.zeros((min(64, n_quanta - first), renderer.n_bus + response.n_sends, 64), np.float32)
        if not first:
            bus[0, renderer.n_bus, 0] = 1.0
        answer.add(bus)
        out.append(bus[:, : renderer.n_bus])
    return frames_of(np.concatenate(out))


def level_db(response: Response, where: str, panner: str = "") -> float:
    """Power that arrives of an answer, against that of a source at the reference distance, all round."""
    renderer = renderer_for(layout_named(where), panner)
    around = np.random.default_rng(6).standard_normal((500, 3))
    direct = renderer.panner.gains(around / np.linalg.norm(around, axis=1, keepdims=True))
    return 10.0 * np.log10(power(answered(response, renderer).T, renderer) / (power(direct, renderer) / len(direct)))


def power(bus: Floats, renderer: Renderer) -> float:
    """Of loudspeakers: what all play. Of a sound field: what a decoder with max-rE weights would play."""
    if renderer.panner.decoder is not None:
        return float(((bus @ renderer.panner.decoder.T) ** 2).sum())
    if renderer.is_dense:
        order = int(np.sqrt(renderer.n_bus)) - 1
        degree = np.floor(np.sqrt(np.arange(renderer.n_bus)))
        # Daniel's thesis, 2000: with max-rE weights degree n has P_n(cos 137.9 / (order + 1.51)).
        cosine = np.cos(np.radians(137.9 / (order + 1.51)))
        weights = np.array([np.polynomial.legendre.Legendre.basis(int(n))(cosine) for n in degree])
        return float((bus**2 * weights**2 * (2.0 * degree + 1.0)).sum())
    return float((bus**2).sum())


@pytest.mark.parametrize("n_channels", [1, 2, 4])
@pytest.mark.parametrize(("where", "panner"), [("stereo", ""), ("7.1.4", ""), ("7.1.4", "ambisonics-3"),
                                               ("ambix-1", ""), ("ambix-3", ""), ("headphones", "")])  # fmt: skip
def test_an_answer_is_as_loud_as_the_room_says(n_channels: int, where: str, panner: str) -> None:
    room = MeasuredRoom("made.wav", -9.0, "ambix" if n_channels == 4 else "")
    field = measured(n_channels)
    if n_channels == 4:
        field[:, 1:] /= 3**0.5
    assert level_db(response_of(field, room), where, panner) == pytest.approx(-9.0, abs=0.3)


def test_channels_that_are_alike_are_no_louder() -> None:
    """Most of a pair's energy is often its direct sound, which both microphones hear."""
    both = np.repeat(measured(1), 2, axis=1)
    assert level_db(response_of(both, MeasuredRoom("made.wav", -6.0)), "mono") == pytest.approx(-6.0, abs=0.05)


def test_a_pair_that_cancels_itself_is_quiet_and_not_infinite() -> None:
    samples = measured(1) * [1.0, -1.0]
    heard = answered(response_of(samples, MeasuredRoom("made.wav", -6.0)), renderer_for(layout_named("mono")))
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() < 1e-4


def test_every_zone_has_the_level() -> None:
    rig = Layout("two", tuple(Speaker(f"{zone} {n}", 45.0 + 90.0 * n, zone=zone) for zone in "ab" for n in range(4)))
    heard = (answered(response_of(measured(1), MeasuredRoom("made.wav", -6.0)), renderer_for(rig)) ** 2).sum(axis=1)
    np.testing.assert_allclose(10.0 * np.log10([heard[:4].sum(), heard[4:].sum()]), -6.0, atol=0.01)


def test_one_channel_answers_from_all_round() -> None:
    heard = (answered(response_of(measured(1)), renderer_for(layout_named("7.1.4"))) ** 2).sum(axis=1)
    assert heard[3] == 0.0
    assert np.delete(heard, 3).min() > 0.2 * heard.mean()


def test_the_louder_side_of_a_pair_stays_louder() -> None:
    pair = measured(2) * [1.0, 0.25]
    left, right = (answered(response_of(pair), renderer_for(layout_named("stereo"))) ** 2).sum(axis=1)
    assert 10.0 * np.log10(left / right) == pytest.approx(12.04, abs=0.5)
    around = (answered(response_of(pair), renderer_for(layout_named("7.1.4"))) ** 2).sum(axis=1)
    assert around[0] > 10.0 * around[1]


def test_as_many_channels_as_loudspeakers_go_each_to_its_own() -> None:
    for where in ("5.1", "quad", "7.1.4"):
        renderer = renderer_for(layout_named(where))
        response = response_of(measured(renderer.n_bus))
        heard = answered(response, renderer)[:, : len(response.samples)]
        shares = np.abs(heard @ response.samples)
        assert (shares.argmax(axis=1) == np.arange(renderer.n_bus)).all()
        assert np.corrcoef(heard[0], response.samples[:, 0])[0, 1] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kind", ["ambix", "fuma"])
def test_four_channels_are_a_sound_field_and_come_from_where_they_came(kind: str) -> None:
    """A wave from the left, written in either order of channels, comes from the left."""
    wave_from_left = np.array([1.0, 1.0, 0.0, 0.0])
    written = np.linalg.inv(ambix_from(kind, 4)) @ wave_from_left
    field = np.outer(measured(1)[:, 0], written)
    for where in ("7.1.4", "octagon"):
        layout = layout_named(where)
        heard = (answered(response_of(field, MeasuredRoom("made.wav", -9.0, kind)), renderer_for(layout)) ** 2).sum(1)
        aim = heard @ layout.points_m / np.linalg.norm(layout.points_m, axis=1).max()
        assert aim[0] < -0.3 * heard.sum()
        assert abs(aim[1]) < 0.15 * heard.sum()
    field_again = answered(
        response_of(field, MeasuredRoom("made.wav", -9.0, kind)), renderer_for(layout_named("ambix-2"))
    )
    np.testing.assert_allclose(field_again[0], field_again[1], atol=1e-6 * np.abs(field_again[0]).max())
    assert not field_again[2:].any()


def test_a_number_of_channels_that_fits_nothing_is_refused() -> None:
    with pytest.raises(AudioError, match="3 channels fits no"):
        answer_of(response_of(measured(3)), renderer_for(layout_named("5.1")), RATE_HZ)


@pytest.mark.shared
def test_a_room_that_was_measured_with_a_field_microphone_is_heard_all_round(shared: Path) -> None:
    """Its direct sound is in W above all; what follows is as loud from the left as from the right."""
    path = shared / "hrtf" / "room_1_bformat.wav"
    if not path.exists():
        pytest.skip(f"no {path}")
    room = MeasuredRoom(str(path), -10.0, "fuma")
    response = read_response(room, RATE_HZ)
    assert response.samples.shape[1] == 4
    assert float((response.samples**2).sum()) == pytest.approx(1.0)
    heard = answered(response, renderer_for(layout_named("octagon")))
    late = (heard[:, RATE_HZ // 5 :] ** 2).sum(axis=1)
    assert late.min() > 0.3 * late.mean()
    assert level_db(response, "octagon") == pytest.approx(-10.0, abs=0.3)
    assert level_db(response, "ambix-3") == pytest.approx(-10.0, abs=0.3)


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_a_response_comes_at_the_rate_of_the_mix(tmp_path: Path, rate_hz: int) -> None:
    """A wave of 1 kHz in the file is one of 1 kHz in the mix, and all its energy is 1."""
    times_s = np.arange(rate_hz) / rate_hz
    soundfile.write(tmp_path / "wave.wav", 0.5 * np.sin(2 * np.pi * 1000.0 * times_s) * np.exp(-5.0 * times_s), rate_hz)
    samples = read_response(MeasuredRoom(str(tmp_path / "wave.wav")), RATE_HZ).samples
    assert len(samples) == pytest.approx(RATE_HZ, abs=2)
    assert np.argmax(np.abs(np.fft.rfft(samples[:, 0], RATE_HZ))) == 1000
    assert float((samples**2).sum()) == pytest.approx(1.0)


def test_a_response_of_minutes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(b"")
    header = bytearray(path.read_bytes())
    header[4:8], header[40:44] = (36 + 20_000_000).to_bytes(4, "little"), (20_000_000).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(44 + 20_000_000)  # a hole: nothing is written
    with pytest.raises(AudioError, match="10000000 frames"):
        read_response(MeasuredRoom(str(path)), RATE_HZ)


@pytest.mark.parametrize(("samples", "words"), [(np.zeros((0, 1)), "0 frames"), (np.zeros((500, 2)), "silent")])
def test_a_response_in_which_nothing_is_is_refused(tmp_path: Path, samples: Floats, words: str) -> None:
    soundfile.write(tmp_path / "nothing.wav", samples, RATE_HZ, subtype="FLOAT")
    with pytest.raises(AudioError, match=words):
        read_response(MeasuredRoom(str(tmp_path / "nothing.wav")), RATE_HZ)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="none"):
        read_response(MeasuredRoom(str(tmp_path / "none.wav")), RATE_HZ)

"""Clocks from outside: MIDI ticks, MIDI timecode, show control."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers.clock import MidiClock, TickLine
from soundscape.live.controllers.messages import Stream
from soundscape.live.controllers.msc import COMMANDS, ShowControl
from soundscape.live.controllers.mtc import RATES, MidiTimecode
from soundscape.live.controllers.timecode import FRAMES_PER_S, Rate, Timecode
from soundscape.live.controls import Beat, Chase, Control, Go, Panic, Standby, Transport

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def ticked(clock: MidiClock, times_s: list[float]) -> list[tuple[float, Beat]]:
    return [(t, one) for t in times_s for one in clock.read(TICK, t) if isinstance(one, Beat)]


def late(n: int, tempo_bpm: float, most_late_s: float, seed: int = 1) -> list[float]:
    """Ticks of a steady clock as they arrive: late by anything up to so much, never early."""
    lateness = np.random.default_rng(seed).uniform(0.0, most_late_s, n)
    return [float(k * 60 / tempo_bpm / 24 + lateness[k]) for k in range(n)]


@pytest.mark.parametrize("tempo_bpm", [30.0, 120.0, 300.0])
def test_a_steady_clock_gives_its_tempo_and_whole_beats(tempo_bpm: float) -> None:
    beats = ticked(MidiClock(), late(24 * 8 + 1, tempo_bpm, 0.0))
    assert [round(beat.beat, 6) for _, beat in beats] == list(range(1, 9))
    assert all(beat.tempo_bpm == pytest.approx(tempo_bpm) for _, beat in beats)


def test_ticks_that_are_late_by_two_milliseconds_give_a_steady_tempo() -> None:
    beats = ticked(MidiClock(), late(24 * 60, 120.0, 0.002))[4:]
    assert max(abs(beat.tempo_bpm - 120.0) for _, beat in beats) < 0.5
    # where it says the clock is, against where the clock is: off by the mean lateness, and hardly any jitter
    off_s = np.array([(beat.beat - t * 2.0) * 0.5 for t, beat in beats])
    assert off_s.std() < 0.0005
    assert abs(off_s.mean() + 0.001) < 0.0003


def test_a_new_tempo_is_followed_within_two_beats() -> None:
    clock = MidiClock()
    slow = late(24 * 8, 90.0, 0.001)
    ticked(clock, slow)
    fast = [slow[-1] + (k + 1) * 60 / 150 / 24 for k in range(24 * 6)]
    assert all(abs(beat.tempo_bpm - 150.0) < 1.0 for _, beat in ticked(clock, fast)[2:])


def test_a_tempo_that_drifts_is_followed() -> None:
    tempi = np.linspace(100, 120, 24 * 40)
    times = np.cumsum(60 / tempi / 24)
    beats = ticked(MidiClock(), times.tolist())
    for t, beat in beats[4:]:
        assert abs(beat.tempo_bpm - np.interp(t, times, tempi)) < 1.0


def test_a_pause_or_ticks_at_one_time_stop_nothing() -> None:
    clock = MidiClock()
    ticked(clock, late(100, 120.0, 0.0))
    beats = ticked(clock, [50.0 + t for t in late(100, 80.0, 0.0)])
    assert beats[-1][1].tempo_bpm == pytest.approx(80.0)
    assert ticked(MidiClock(), [1.0] * 100) == []
    assert ticked(MidiClock(), [1.0 - k for k in range(100)]) == []


def said(reader: MidiClock | MidiTimecode | ShowControl, *messages: bytes, time_s: float = 0.0) -> list[Control]:
    return [one for message in messages for one in reader.read(message, time_s)]


def test_start_waits_for_the_tick_and_a_song_position_is_a_place() -> None:
    clock = MidiClock()
    assert said(clock, START) == [Transport("locate", to_beat=0.0)]
    assert said(clock, TICK, TICK) == [Transport("play")]
    assert said(clock, STOP, TICK) == [Transport("stop")]
    assert said(clock, bytes([0xF2, 6, 1])) == [Transport("locate", to_beat=(6 + 128) / 4)]
    assert said(clock, CONTINUE) == []
    assert said(clock, TICK) == [Transport("play")]
    assert said(clock, CONTINUE, STOP, TICK) == [Transport("stop")]


def test_beats_are_counted_from_where_the_song_is() -> None:
    clock = MidiClock()
    ticked(clock, late(30, 120.0, 0.0))
    clock.read(bytes([0xF2, 8, 0]), 0.7)
    beats = ticked(clock, [30 * 60 / 120 / 24 + t for t in late(49, 120.0, 0.0)])
    assert [round(beat.beat, 3) for _, beat in beats] == [2, 3, 4]


def test_the_line_of_few_ticks_is_their_regression() -> None:
    """See also tests/reference/test_ticks.py."""
    line = TickLine()
    times = late(12, 100.0, 0.003)
    for t in times:
        line.add(t)
    slope, start = np.polyfit(range(12), times, 1)
    assert line.period_s == pytest.approx(slope, rel=1e-9)
    assert line.at_s == pytest.approx(start + 11 * slope, abs=1e-12)


def quarters(code: Timecode) -> list[bytes]:
    numbers = (code.frames, code.seconds, code.minutes, code.hours | RATES.index(code.rate) << 5)
    nibbles = [half for number in numbers for half in (number & 15, number >> 4)]
    return [bytes([0xF1, piece << 4 | nibble]) for piece, nibble in enumerate(nibbles)]


def pairs(first: Timecode, n: int) -> list[Timecode]:
    return [Timecode.of_frame(first.n_frames + 2 * k, first.rate) for k in range(n)]


rates = st.sampled_from(RATES)


@given(rates, st.integers(0, 24 * 3600 * 24 - 1))
def test_numbers_of_frames_come_back(rate: Rate, n: int) -> None:
    assert Timecode.of_frame(n, rate).n_frames == n


def test_every_tenth_minute_drops_nothing() -> None:
    codes = [str(Timecode.of_frame(n, "29.97df")) for n in range(1799, 1802)]
    assert codes == ["00:00:59;29", "00:01:00;02", "00:01:00;03"]
    assert str(Timecode.of_frame(17982, "29.97df")) == "00:10:00;00"
    assert str(Timecode(23, 59, 59, 29, "29.97df")) == str(Timecode.of_frame(2589407, "29.97df"))
    assert Timecode(23, 59, 59, 29, "29.97df").at_s == pytest.approx(86400, abs=0.15)


@pytest.mark.parametrize("rate", RATES)
def test_quarter_frames_say_where_it_is_in_both_directions(rate: Rate) -> None:
    codes, frame_s = pairs(Timecode(3, 59, 58, 10, rate), 20), 1 / float(FRAMES_PER_S[rate])
    stream = [message for code in codes for message in quarters(code)]
    forwards = said(MidiTimecode(), *stream)
    assert [one.at_s for one in forwards if isinstance(one, Chase)] == pytest.approx(
        [code.at_s + 1.75 * frame_s for code in codes]
    )
    backwards = said(MidiTimecode(), *stream[::-1])
    assert [one.at_s for one in backwards if isinstance(one, Chase)] == pytest.approx(
        [code.at_s for code in codes[::-1]]
    )


def test_a_time_is_only_said_when_all_its_pieces_came_in_order() -> None:
    code, after = pairs(Timecode(1, 2, 3, 4, "25"), 2)
    reader = MidiTimecode()
    assert said(reader, *quarters(code)[3:]) == []
    assert len(said(reader, *quarters(code))) == 1
    assert said(reader, *[one for n, one in enumerate(quarters(after)) if n != 2]) == []
    assert said(reader, *[bytes([0xF1, piece << 4 | 15]) for piece in range(8)]) == []  # 15:255 is no time


def test_a_reverse_in_the_middle_of_a_time_says_no_wrong_one() -> None:
    codes = pairs(Timecode(1, 0, 0, 0, "25"), 4)
    stream = [message for code in codes for message in quarters(code)]
    turned = stream[:21] + stream[19::-1]
    times = [one.at_s for one in said(MidiTimecode(), *turned) if isinstance(one, Chase)]
    assert times == pytest.approx([codes[0].at_s + 0.07, codes[1].at_s + 0.07, codes[1].at_s, codes[0].at_s])


def test_it_stands_when_quarter_frames_stop_and_where_a_full_frame_puts_it() -> None:
    reader = MidiTimecode()
    (running,) = said(reader, *quarters(Timecode(1, 0, 0, 0, "30")), time_s=5.0)
    assert isinstance(running, Chase)
    assert reader.wait(5.05) == []
    assert reader.wait(5.2) == [Chase(running.at_s, is_running=False)]
    assert reader.wait(9.0) == []
    full = bytes([0xF0, 0x7F, 0x7F, 1, 1, 2 | 1 << 5, 3, 4, 5, 0xF7])
    assert said(reader, full) == [Chase(Timecode(2, 3, 4, 5, "25").at_s, is_running=False)]
    assert said(reader, full[:8] + b"\x7f\xf7", full[:-2] + b"\xf7", full.replace(b"\x01\x01", b"\x01\x02")) == []


def show(command: int, data: bytes = b"", device: int = 127, kind: int = 0x10) -> bytes:
    return bytes([0xF0, 0x7F, device, 2, kind, command, *data, 0xF7])


def test_show_control_lets_cues_go() -> None:
    desk = ShowControl(5)
    assert said(desk, show(1), show(1, b"12.5"), show(1, b"3\x001\x002", 5)) == [Go(), Go("12.5"), Go("3")]
    assert said(desk, show(2), show(3), show(8), show(5, b"4"), show(0x11), show(0x12), show(4, bytes(5) + b"9")) == [
        Transport("stop"), Transport("play"), Panic(), Standby("4"), Standby(by=1), Standby(by=-1), Go("9"),
    ]  # fmt: skip


def test_show_control_for_somebody_else_is_passed_over() -> None:
    assert (
        said(ShowControl(5), show(1, device=4), show(1, device=112), show(1, kind=1), show(0x7E), show(4, b"1")) == []
    )
    assert said(ShowControl(), show(1, device=4), show(1, kind=0x7F), show(1, device=112)) == [Go(), Go()]
    assert said(ShowControl(), show(1, b"12a"), show(5), bytes([0xF0, 0x7F, 127, 1, 0x10, 1, 0xF7])) == []


@given(st.lists(st.binary(max_size=12), max_size=20))
def test_no_bytes_stop_a_clock_and_garbage_asks_for_nothing(raw: list[bytes]) -> None:
    readers = (MidiClock(), MidiTimecode(), ShowControl())
    stream = Stream()
    for n, portion in enumerate([*raw, *(b"\xf0" + bytes(b & 127 for b in one) + b"\xf7" for one in raw)]):
        for message, reader in itertools.product(stream.feed(portion), readers):
            out = reader.read(message, n / 10)
            if message[0] == 0xF0 and message[1:2] != b"\x7f":
                assert out == []
    assert set(COMMANDS) <= set(range(128))

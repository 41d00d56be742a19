"""MIDI bytes to messages: what real cables do, and what random bytes do."""

from __future__ import annotations

import itertools
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.live.controllers.messages import MOST_SYSEX_BYTES, Stream

NOTE = bytes([0x90, 60, 100])
channel_messages = st.one_of(
    st.tuples(st.sampled_from([0x80, 0x93, 0xA1, 0xBF, 0xE5]), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xC0, 0xD7]), st.integers(0, 127)),
    st.tuples(st.just(0xF2), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xF1, 0xF3]), st.integers(0, 127)),
    st.sampled_from([(0xF6,), (0xF8,), (0xFA,), (0xFE,), (0xFF,)]),
    st.lists(st.integers(0, 127), max_size=20).map(lambda data: (0xF0, *data, 0xF7)),
).map(bytes)


def fed(*portions: bytes) -> list[bytes]:
    stream = Stream()
    return [message for portion in portions for message in stream.feed(portion)]


def without_repeats(messages: list[bytes]) -> bytes:
    """As a cable carries them: a channel's status only where it changes."""
    raw, running = bytearray(), 0
    for message in messages:
        raw += message[1:] if message[0] == running else message
        if message[0] < 0xF8:
            running = message[0] if message[0] < 0xF0 else 0
    return bytes(raw)


@given(st.lists(channel_messages, max_size=30), st.data())
def test_messages_come_out_as_they_went_in_whatever_the_portions(messages: list[bytes], data: st.DataObject) -> None:
    raw = without_repeats(messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=10)))
    edges = [0, *cuts, len(raw)]
    assert fed(*(raw[a:b] for a, b in itertools.pairwise(edges))) == messages


@given(st.lists(channel_messages, max_size=10), st.data())
def test_a_tick_may_stand_anywhere(messages: list[bytes], data: st.DataObject) -> None:
    raw = b"".join(messages)
    at = data.draw(st.integers(0, len(raw)))
    out = fed(raw[:at] + b"\xf8" + raw[at:])
    assert out.count(b"\xf8") == messages.count(b"\xf8") + 1
    assert [one for one in out if one != b"\xf8"] == [one for one in messages if one != b"\xf8"]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_random_bytes_give_only_whole_messages(portions: list[bytes]) -> None:
    for message in fed(*portions):
        mido.Message.from_bytes(message)  # raises at anything that is none


@given(st.binary(max_size=200), channel_messages)
def test_after_any_noise_the_next_whole_message_is_heard(noise: bytes, message: bytes) -> None:
    assert fed(noise, message)[-1] == message


def test_a_message_that_breaks_off_is_none() -> None:
    assert fed(bytes([0x90, 60]), bytes([0x80, 60, 0])) == [bytes([0x80, 60, 0])]
    assert fed(bytes([0xF0, 1, 2]), NOTE) == [NOTE]
    assert fed(bytes([60, 100]), bytes([0xF4, 60, 100])) == []
    assert fed(bytes([0x90, 60]), NOTE, bytes([61, 0])) == [NOTE, bytes([0x90, 61, 0])]


def test_a_sysex_without_end_is_dropped_and_told_once() -> None:
    said: list[str] = []
    stream = Stream(said.append)
    for _ in range(3):
        assert not stream.feed(b"\xf0")
        for _ in range(MOST_SYSEX_BYTES // 1000 + 1):
            assert not stream.feed(bytes(1000))
        assert not stream.feed(b"\xf7")
    assert said == ["a system exclusive message of more than 64 KiB was dropped"]
    assert stream.feed(NOTE) == (NOTE,)
    assert [len(one) for one in fed(b"\xf0" + bytes(MOST_SYSEX_BYTES) + b"\xf7")] == [MOST_SYSEX_BYTES + 2]


@pytest.mark.shared
def test_files_played_down_a_cable_are_the_messages_of_the_file(shared: Path) -> None:
    n_heard = 0
    for path in sorted((shared / "scores").glob("*.mid")):
        try:
            file = mido.MidiFile(path)
        except (OSError, EOFError, ValueError, KeyError, IndexError):
            continue  # broken on purpose
        messages = [message for track in file.tracks for message in track if not message.is_meta]
        out = fed(without_repeats([bytes(message.bytes()) for message in messages]))
        assert [mido.Message.from_bytes(one).bytes() for one in out] == [one.bytes() for one in messages], path.name
        n_heard += len(out)
    assert n_heard > 10_000

"""A stream made in a thread: the same items, the same errors, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.deliver.ahead import ahead


def makers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


@given(st.lists(st.integers(), max_size=50), st.integers(1, 5))
def test_items_come_in_order(items: list[int], depth: int) -> None:
    assert list(ahead(iter(items), depth)) == items
    assert not makers()


def test_an_error_arrives_after_what_was_made_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    stream = ahead(broken())
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(stream)
    assert not makers()


def test_who_stops_taking_stops_the_making() -> None:
    made = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            made.append(number)
            yield number
            number += 1

    stream = ahead(endless(), depth=3)
    assert next(stream) == 0
    stream.close()
    assert not makers()
    assert len(made) <= 6

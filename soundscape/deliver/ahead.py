"""Two cores for one stream: what makes blocks runs a few blocks ahead, in a thread, of what takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
DEPTH = 4


class _End(Generic[Item]):
    """The last thing in the queue: the stream is over, or broke."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterator[Item], depth: int = DEPTH) -> Iterator[Item]:
    """The same items in the same order, made up to `depth` ahead; an error arrives where it would have been raised.

    Whoever stops taking stops the making.

    Examples
    --------
    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    made: queue.Queue[Item | _End[Item]] = queue.Queue(depth)
    is_over = threading.Event()

    def put(item: Item | _End[Item]) -> None:
        while not is_over.is_set():
            try:
                return made.put(item, timeout=0.1)
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item)
                if is_over.is_set():
                    return
        except BaseException as error:  # raised again by whoever takes
            put(_End(error))
        else:
            put(_End(None))

    maker = threading.Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        is_over.set()
        maker.join()

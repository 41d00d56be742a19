"""Address patterns of Open Sound Control 1.0: `?`, `*`, `[a-c]`, `[!a]`, `{go,stop}`, none of which goes past a `/`.

Followed through all readings at once: a pattern that was made to be slow takes no longer than another of its length.
"""

from __future__ import annotations

from collections.abc import Callable

WILD = frozenset("?*[]{}")
MOST_CHARACTERS = 200


def is_pattern(address: str) -> bool:
    """Whether an address has any of the characters that stand for others."""
    return not WILD.isdisjoint(address)


def fits(pattern: str, address: str) -> bool:
    """Whether an address is one that the pattern stands for; a pattern that is not closed stands for none.

    Examples
    --------
    >>> fits("/mute/*", "/mute/Gate"), fits("/*", "/mute/Gate"), fits("/{go,stop}", "/stop"), fits("/[!a-f]o", "/go")
    (True, False, True, True)
    """
    if len(pattern) > MOST_CHARACTERS:
        return False
    places = {0}  # how far into the address the pattern may have come
    at = 0
    while at < len(pattern) and places:
        sign = pattern[at]
        if sign == "*":
            places = _any_number(address, places)
        elif sign == "?":
            places = _one(address, places, lambda letter: letter != "/")
        elif sign in "[{":
            end = pattern.find("]" if sign == "[" else "}", at)
            if end < 0:
                return False
            inner, at = pattern[at + 1 : end], end
            places = _one(address, places, _letters(inner)) if sign == "[" else _words(address, places, inner)
        else:
            places = {place + 1 for place in places if address[place : place + 1] == sign}
        at += 1
    return len(address) in places


def _one(address: str, places: set[int], has: Callable[[str], bool]) -> set[int]:
    return {place + 1 for place in places if place < len(address) and has(address[place])}


def _any_number(address: str, places: set[int]) -> set[int]:
    reached: set[int] = set()
    for place in places:
        end = address.find("/", place)
        reached.update(range(place, (len(address) if end < 0 else end) + 1))
    return reached


def _words(address: str, places: set[int], inner: str) -> set[int]:
    return {place + len(word) for word in inner.split(",") for place in places if address.startswith(word, place)}


def _letters(inner: str) -> Callable[[str], bool]:
    """Letters of a `[...]`: single ones and ranges; after a `!`, all others."""
    excludes, inner = inner.startswith("!"), inner.removeprefix("!")
    ranges, at = [], 0
    while at < len(inner):
        wide = inner[at + 1 : at + 2] == "-" and at + 2 < len(inner)
        ranges.append((inner[at], inner[at + 2] if wide else inner[at]))
        at += 3 if wide else 1
    return lambda letter: letter != "/" and excludes != any(low <= letter <= high for low, high in ranges)

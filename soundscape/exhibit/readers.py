"""Values of an exhibit's file: each reader gives what a key means, or says in a line what is wrong with it.

Every reader takes a value and `where` it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from soundscape.catalogue.query import Query, parse_query
from soundscape.errors import ExhibitError, QueryError
from soundscape.exhibit.exhibit import Span
from soundscape.space.tables import check_keys, nearest_name, number_in

Read = Callable[[Any, str], Any]
SLIDERS = ("lively", "near", "bright")


def values_of(table: Mapping[str, Any], keys: Mapping[str, Read], where: str) -> dict[str, Any]:
    """Every value of a table by its key; an unknown key is refused."""
    check_keys(table, tuple(keys), where=where, error=ExhibitError)
    return {key: keys[key](value, f"{where}: {key}") for key, value in table.items()}


def text(value: Any, where: str) -> str:
    """Text."""
    if not isinstance(value, str):
        raise ExhibitError(f"{where} must be text in quotes, got {value!r}", hint=f'write "{value}"')
    return value


def yes_or_no(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ExhibitError(f"{where} must be true or false, got {value!r}", hint="write true, without quotes")
    return value


def number(value: Any, where: str, low: float, high: float) -> float:
    """A number from `low` to `high`."""
    number = number_in(value, where=where, error=ExhibitError)
    if not low <= number <= high:
        raise ExhibitError(f"{where} is {number:g}; it goes from {low:g} to {high:g}", hint="choose a number within")
    return number


def within(low: float, high: float) -> Read:
    """Reader of a number from `low` to `high`."""
    return lambda value, where: number(value, where, low, high)


def whole(low: int, high: int) -> Read:
    """Reader of a whole number from `low` to `high`."""

    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ExhibitError(f"{where} is {value!r}; it is a whole number from {low} to {high}", hint="such as 7")
        return value

    return read


def span(low: float, high: float) -> Read:
    """One number, or the least and the greatest."""

    def read(value: Any, where: str) -> Span:
        both = value if isinstance(value, list) else [value, value]
        if len(both) != 2:
            raise ExhibitError(f"{where} must be a number, or [least, greatest], got {value!r}", hint="such as [2, 6]")
        first, last = (number(one, where, low, high) for one in both)
        if last < first:
            raise ExhibitError(
                f"{where}: the least, {first:g}, is above the greatest, {last:g}", hint="change them round"
            )
        return first, last

    return read


def counts(low: int, high: int) -> Read:
    """Reader of the least and the greatest of a count."""

    def read(value: Any, where: str) -> tuple[int, int]:
        first, last = span(low, high)(value, where)
        if first != int(first) or last != int(last):
            raise ExhibitError(f"{where} must be whole numbers, got {value!r}", hint="such as [0, 3]")
        return int(first), int(last)

    return read


def one_of(names: tuple[str, ...]) -> Read:
    """Reader of one of these names."""

    def read(value: Any, where: str) -> str:
        if value not in names:
            meant = nearest_name(str(value), names)
            raise ExhibitError(f"{where} is {value!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                               hint=f"one of: {', '.join(names)}")  # fmt: skip
        return str(value)

    return read


def query(value: Any, where: str) -> Query:
    """A query."""
    try:
        return parse_query(text(value, where))
    except QueryError as error:
        raise ExhibitError(f"{where}: {error}", hint=error.hint) from error


def names(value: Any, where: str) -> tuple[str, ...]:
    """A list of names."""
    if not isinstance(value, list):
        raise ExhibitError(f"{where} must be a list of names, got {value!r}", hint='such as ["near bells"]')
    return tuple(text(one, where) for one in value)


def steps(value: Any, where: str) -> dict[str, float]:
    """By how much sliders are moved."""
    if not isinstance(value, Mapping):
        raise ExhibitError(f"{where} must be a table, got {value!r}", hint="such as { lively = -0.2 }")
    check_keys(value, SLIDERS, where=where, error=ExhibitError)
    return {key: number(step, f"{where}: {key}", -1.0, 1.0) for key, step in value.items()}


def part(keys: Mapping[str, Read]) -> Read:
    """Reader of a table within a table."""

    def read(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ExhibitError(f"{where} must be a table, got {value!r}", hint=f"with {', '.join(keys)}")
        return values_of(value, keys, where)

    return read

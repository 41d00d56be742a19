"""Values in the tables of a mapping: each read and checked, with file, table, key and value in what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from soundscape.errors import ControllerError
from soundscape.space.tables import check_keys, nearest_name, number_in

Read = Callable[[Any, str], Any]


def read_values(table: Mapping[str, Any], keys: Mapping[str, Read], where: str) -> dict[str, Any]:
    """Values of a table by key, each as its reader gives it; a key that is not in `keys` is an error."""
    check_keys(table, tuple(keys), where=where, error=ControllerError)
    return {key: keys[key](value, f"{where}: {key}") for key, value in table.items()}


def text(value: Any, where: str) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ControllerError(f"{where} must be text, got {value!r}", hint='write it in quotes, such as "bell"')
    return value


def texts(value: Any, where: str) -> tuple[str, ...]:
    """List of texts."""
    if not isinstance(value, list):
        raise ControllerError(f"{where} must be a list of texts, got {value!r}", hint='such as ["nanoKONTROL2*"]')
    return tuple(text(one, where) for one in value)


def yes_or_no(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ControllerError(f"{where} must be true or false, got {value!r}", hint="write true or false")
    return value


def number(low: float, high: float) -> Read:
    """Reader of a number in a range."""

    def read(value: Any, where: str) -> float:
        found = number_in(value, where=where, error=ControllerError)
        if not low <= found <= high:
            raise ControllerError(f"{where} is {value}", hint=f"it goes from {low:g} to {high:g}")
        return found

    return read


def whole(low: int, high: int) -> Read:
    """Reader of a whole number in a range."""

    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ControllerError(f"{where} is {value!r}", hint=f"it is a whole number from {low} to {high}")
        return value

    return read


def span(low: int, high: int) -> Read:
    """Reader of [first, last], as whole numbers from `low` to `high`, as a range with both ends."""
    one = whole(low, high)

    def read(value: Any, where: str) -> range:
        if not isinstance(value, list) or len(value) != 2 or one(value[0], where) > one(value[1], where):
            raise ControllerError(f"{where} must be [first, last], got {value!r}", hint=f"such as [{low}, {high}]")
        return range(value[0], value[1] + 1)

    return read


def ends(low: float, high: float) -> Read:
    """Reader of [value at one end, value at the other]; the first may be the greater one."""
    one = number(low, high)

    def read(value: Any, where: str) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:
            raise ControllerError(f"{where} must be [from, to], got {value!r}", hint=f"such as [{low:g}, {high:g}]")
        return one(value[0], where), one(value[1], where)

    return read


def row_of(table: Iterable[str]) -> Read:
    """Reader of a name out of a table."""
    known = tuple(table)

    def read(value: Any, where: str) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise ControllerError(
            f"{where} is {value!r}" + meant(value, known), hint=f"one of: {', '.join(known) or 'none'}"
        )

    return read


def meant(value: Any, known: Iterable[str]) -> str:
    """What somebody probably meant, as the end of a message, or nothing."""
    name = nearest_name(value, known) if isinstance(value, str) else ""
    return f"; did you mean {name!r}?" if name else ""


def sysex(value: Any, where: str) -> tuple[bytes, ...]:
    """List of system exclusive messages, each in hexadecimal from F0 to F7."""
    messages = []
    for line in texts(value, where):
        try:
            message = bytes.fromhex(line)
        except ValueError:
            message = b""
        if len(message) < 3 or (message[0], message[-1]) != (0xF0, 0xF7) or max(message[1:-1]) > 0x7F:
            raise ControllerError(
                f"{where} has {line!r}", hint='write hexadecimal from F0 to F7, such as "F0 7E 7F 06 01 F7"'
            )
        messages.append(message)
    return tuple(messages)

"""Checked reading of TOML tables: which keys there may be, and numbers that are numbers.

Nothing here knows what a table is for: a doorway gives the keys and the kind of error.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence

from soundscape.errors import SoundscapeError


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Name among `known` that `name` was probably meant to be, or "".

    Examples
    --------
    >>> nearest_name("azimut_deg", ["azimuth_deg", "name"]), nearest_name("zzz", ["name"])
    ('azimuth_deg', '')
    """
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def check_keys(table: Mapping[str, object], known: Sequence[str], *, where: str, error: type[SoundscapeError]) -> None:
    """Raise `error` at the first key that is not in `known`, with the one that was probably meant."""
    for key in table:
        if key not in known:
            meant = nearest_name(key, known)
            raise error(
                f"{where}: unknown key {key!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                hint=f"keys: {', '.join(known)}",
            )


def number_in(value: object, *, where: str, error: type[SoundscapeError]) -> float:
    """`value` as a finite number, else `error`; `where` names the table and the key."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise error(f"{where} must be a number, got {value!r}", hint="write a number without quotes, such as 30.0")
    if not abs(value) <= sys.float_info.max:  # a whole number can be beyond it, and NaN is not within
        raise error(f"{where} must be finite, got {value}", hint="write a number such as 30.0")
    return float(value)

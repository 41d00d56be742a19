"""Strings and flutes: plucked silk with slides, the end-blown flute."""

from __future__ import annotations

from recordings.take import Take

TAKES: tuple[Take, ...] = ()

"""Gates: stick-slip creaks, hinges, bolts, knockers, slams."""

from __future__ import annotations

from recordings.take import Take

TAKES: tuple[Take, ...] = ()

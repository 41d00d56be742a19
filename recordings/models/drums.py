"""Struck skin and wood: the great drum, the wood block."""

from __future__ import annotations

from recordings.take import Take

TAKES: tuple[Take, ...] = ()

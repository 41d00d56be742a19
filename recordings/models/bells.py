"""Struck bronze and stone: bells with two strike tones, stone chimes, gongs that glide."""

from __future__ import annotations

from recordings.take import Take

TAKES: tuple[Take, ...] = ()

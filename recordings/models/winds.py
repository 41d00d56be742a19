"""Wind: gusts, under the eaves, through a crack, in trees."""

from __future__ import annotations

from recordings.take import Take

TAKES: tuple[Take, ...] = ()

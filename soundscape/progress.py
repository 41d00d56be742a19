"""How long work tells where it is, without knowing who listens.

A room that works for long takes `progress: Progress = quiet` and calls it often; only `apps` draws bars.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on; cheap enough to be called a hundred times a second."""

    def __call__(self, what: str, done: float, total: float) -> None:
        """Say that `done` of `total` units of `what` are done; `total` 0 means not known yet."""
        ...


def quiet(what: str, done: float, total: float) -> None:
    """Listen to nothing."""

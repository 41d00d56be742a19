"""Loudspeakers in one direction at several distances: for a panner one loudspeaker, shared by the source's distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.layout import SAME_DIRECTION_DEG, Layout
from soundscape.space.trajectory import Points


class Stacks:
    """The directions in which a layout has loudspeakers, and the channels that stand in each; an LFE is in none."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._units = layout.points_m / np.linalg.norm(layout.points_m, axis=1, keepdims=True)
        self._channels = self._by_direction()
        means = np.array([self._units[stack].mean(axis=0) for stack in self._channels])
        self.directions: Points = means / np.linalg.norm(means, axis=1, keepdims=True)
        """(n_stacks, 3) unit vectors, all different."""

    def __len__(self) -> int:
        return len(self._channels)

    def channels(self, amplitudes: NDArray[np.float64], distances_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gains of channels: (n, n_stacks) amplitudes of sources (n,) metres away -> (n, n_channels).

        Between the distances of two loudspeakers a source fades from one to the other with constant power.
        """
        out = np.zeros((len(amplitudes), self._layout.n_channels))
        for stack, amplitude in zip(self._channels, amplitudes.T, strict=True):
            if len(stack) == 1:
                out[:, stack[0]] = amplitude
                continue
            stations_m = [self._layout.speakers[channel].distance_m for channel in stack]
            for channel, station in zip(stack, np.eye(len(stack)), strict=True):
                out[:, channel] = amplitude * np.sin(np.pi / 2.0 * np.interp(distances_m, stations_m, station))
        return out

    def _by_direction(self) -> list[list[int]]:
        """Channels by direction, each list from near to far."""
        stacks: list[list[int]] = []
        for channel, speaker in enumerate(self._layout.speakers):
            if speaker.is_lfe:
                continue
            for stack in stacks:
                apart = np.linalg.norm(self._units[channel] - self._units[stack[0]])
                if 2.0 * np.degrees(np.arcsin(apart / 2.0)) < SAME_DIRECTION_DEG:
                    stack.append(channel)
                    break
            else:
                stacks.append([channel])
        return [sorted(stack, key=lambda channel: self._layout.speakers[channel].distance_m) for stack in stacks]

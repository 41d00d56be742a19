"""Knobs and faders: from the numbers they send to the values they set, without a jump where that is asked for."""

from __future__ import annotations

from collections import deque

from soundscape.live.controllers.mapping import Knob
from soundscape.live.controls import Control, Feedback, Level, Shape
from soundscape.live.faders import level_of

NEAR = 0.02
"""Part of its range within which a knob has met a value."""

ECHO_S = 0.3
"""For so long what a desk says may be the answer to an earlier place of a knob that has moved on."""

SAME = 0.01
"""Levels that are nearer to each other are one, in dB."""

PLACES = tuple(n / 128 if n <= 64 else 0.5 + (n - 64) / 126 for n in range(128))
"""How far a knob of 7 bits is turned: 0, 64 and 127 are one end, the middle and the other end."""


def place_14(number: int) -> float:
    """How far a knob of 14 bits is turned: 0, 8192 and 16383 are one end, the middle and the other end."""
    return number / 16384 if number <= 8192 else 0.5 + (number - 8192) / 16382


def number_14(place: float) -> int:
    """Number of 14 bits that stands for a place: the other way round."""
    return round(place * 16384 if place <= 0.5 else 8192 + (place - 0.5) * 16382)


def step_of(number: int, relative: str) -> int:
    """Steps that an endless knob went, up or down.

    Examples
    --------
    >>> step_of(65, "signed"), step_of(65, "offset"), step_of(127, "complement")
    (-1, 1, -1)
    """
    if relative == "signed":
        return -(number & 63) if number & 64 else number
    if relative == "offset":
        return number - 64
    return number - 128 if number & 64 else number


class Spot:
    """Where one value stands, as far as anybody has said."""

    __slots__ = ("sent", "value")

    def __init__(self) -> None:
        self.value: float | None = None
        self.sent: deque[tuple[float, float]] = deque(maxlen=256)
        """(when, value) of what knobs have set."""


class Known:
    """What all values stand at: shared by all knobs of a show."""

    def __init__(self) -> None:
        self._spots: dict[tuple[str, str], Spot] = {}

    def spot(self, what: str, role: str) -> Spot:
        """Where a row of `mapping.REACH` stands for a role."""
        return self._spots.setdefault((what, role), Spot())

    def hear(self, feedback: Feedback, time_s: float) -> None:
        """The desk says where a level stands: what it says of a place that a knob has just left is no news."""
        if feedback.what not in ("level", "master"):
            return
        spot, value = self.spot(feedback.what, feedback.of), level_of(feedback.value)
        if any(time_s - sent_s < ECHO_S and abs(value - sent) < SAME for sent_s, sent in spot.sent):
            return
        if spot.value is None or abs(value - spot.value) >= SAME:
            spot.value = value


class Dial:
    """One knob as it is turned."""

    def __init__(self, knob: Knob, known: Known) -> None:
        self._knob = knob
        self._spot = known.spot(knob.to, knob.role)
        self._is_careful = knob.takes_over == "when met"
        self._before: float | None = None  # the value its last place stood for
        self._own: float | None = None  # the value it set last
        self._turn = knob.start
        # a flood of controllers must cost next to nothing: what each of 128 places sets is made beforehand
        values = [] if knob.relative else [knob.value_at(place) for place in PLACES]
        self._at = [(value, self._control(value)) for value in values]

    def move(self, number: int, time_s: float) -> Control | None:
        """Value after a number of 7 bits, None where nothing changes."""
        if self._at:
            return self._set(*self._at[number], time_s)
        return self.step(step_of(number, self._knob.relative), time_s)

    def step(self, n_steps: int, time_s: float) -> Control | None:
        """Value after so many steps up or down from where it stands, of which there are 127 from end to end."""
        if self._spot.value is not None and self._spot.value != self._own:
            self._turn = self._knob.turn_at(self._spot.value)
        self._turn = min(max(self._turn + n_steps / 127, 0.0), 1.0)
        value = self._knob.value_at(self._turn)
        return self._put(value, self._control(value), time_s)

    def move_14(self, number: int, time_s: float) -> Control | None:
        """Value after a number of 14 bits."""
        self._turn = place_14(number)
        value = self._knob.value_at(self._turn)
        return self._set(value, self._control(value), time_s)

    def _set(self, value: float, control: Control, time_s: float) -> Control | None:
        if self._is_careful:
            before, self._before = self._before, value
            known = self._spot.value
            if known is not None and known != self._own and not self._has_met(known, before, value):
                return None
        return self._put(value, control, time_s)

    def _has_met(self, known: float, before: float | None, value: float) -> bool:
        low, high = self._knob.ends
        came_from = value if before is None else before
        return min(came_from, value) <= known <= max(came_from, value) or abs(value - known) <= NEAR * abs(high - low)

    def _put(self, value: float, control: Control, time_s: float) -> Control | None:
        spot = self._spot
        self._own = value
        if spot.value == value:
            return None
        spot.value = value
        spot.sent.append((time_s, value))
        return control

    def _control(self, value: float) -> Control:
        knob = self._knob
        if knob.to in ("level", "master"):
            return Level(value, knob.role)
        return Shape("level" if knob.to == "expression" else knob.to, value, role=knob.role)  # type: ignore[arg-type]

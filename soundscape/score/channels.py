"""What MIDI channels remember: programme, controllers, pedal, bend, and the keys that sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from soundscape.score.curve import Curve

Steps = list[tuple[float, float]]
DEFAULTS: Mapping[int, float] = {
    1: 0, 7: 100, 8: 64, 10: 64, 11: 127, 64: 0, 65: 0, 66: 0, 67: 0, **dict.fromkeys(range(70, 80), 64),
}  # fmt: skip
"""Controllers at power-on (General MIDI levels 1 and 2); the others hold their first value from the start."""
RESET: Mapping[int, float] = {1: 0, 11: 127, 64: 0, 65: 0, 66: 0, 67: 0}
"""What controller 121 sets back (MIDI recommended practice RP-015); volume, pan and programme stay."""
DATA, DATA_FINE, PEDAL, NRPN_FINE, NRPN, RPN_FINE, RPN = 6, 38, 64, 98, 99, 100, 101
SOUND_OFF, RESET_ALL, NOTES_OFF = 120, 121, 123
_NO_PARAMETER = 127


@dataclass
class Channel:
    """One channel, as its events go by."""

    program: int = 0
    pedal: bool = False
    controls: dict[int, Steps] = field(default_factory=dict)
    bends: Steps = field(default_factory=list)
    _bend: int = 0
    _range: list[int] = field(default_factory=lambda: [2, 0])
    """Semitones, cents."""
    _parameter: list[int] = field(default_factory=lambda: [_NO_PARAMETER, _NO_PARAMETER])
    """Coarse, fine: what data entry sets; 0, 0 is the range of bends."""

    def control(self, number: int, value: int, now_s: float) -> None:
        """A controller moves."""
        if number == RESET_ALL:
            self._reset(now_s)
        if number >= SOUND_OFF:
            return
        self.controls.setdefault(number, []).append((now_s, value))
        if number == PEDAL:
            self.pedal = value >= 64
        elif number in (NRPN, NRPN_FINE):
            self._parameter = [_NO_PARAMETER, _NO_PARAMETER]
        elif number in (RPN, RPN_FINE):
            self._parameter[number == RPN_FINE] = value
        elif number in (DATA, DATA_FINE) and self._parameter == [0, 0]:
            self._range[number == DATA_FINE] = value
            self._bent(now_s)

    def bend(self, pitch: int, now_s: float) -> None:
        """The bend moves: -8192 to 8191 is its whole range."""
        self._bend = pitch
        self._bent(now_s)

    def _bent(self, now_s: float) -> None:
        if self._bend or self.bends:
            semitones, cents = self._range
            self.bends.append((now_s, self._bend * (100 * semitones + cents) / 819_200))

    def _reset(self, now_s: float) -> None:
        for number in RESET.keys() & self.controls.keys():
            self.controls[number].append((now_s, RESET[number]))
        self._parameter, self.pedal = [_NO_PARAMETER, _NO_PARAMETER], False
        self.bend(0, now_s)

    def control_curves(self) -> tuple[tuple[int, Curve], ...]:
        """Every controller that moved, over the whole score."""
        moved = sorted(self.controls.items())
        return tuple((number, Curve.of_steps(_from_start(steps, DEFAULTS.get(number)))) for number, steps in moved)

    def bend_curve(self) -> Curve | None:
        """Bend in semitones, None where nothing bends."""
        return Curve.of_steps(_from_start(self.bends, 0.0)) if any(value for _, value in self.bends) else None


def _from_start(steps: Steps, default: float | None) -> Steps:
    return steps if default is None else [(0.0, default), *steps]

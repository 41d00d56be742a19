"""Étude: every feature of a role, one after another, each under a mark that names it."""

from __future__ import annotations

import mido

from scores.sheet import Sheet

SCENE = 6.0
"""Beats of each scene."""


def score() -> mido.MidiFile:
    """Fifteen scenes, six beats each, at two tempi."""
    sheet = Sheet("Étude of roles 角色练习")
    sheet.tempo(0.0, 90.0)
    sheet.tempo(8 * SCENE, 75.0)
    sheet.metre(0.0, 3, 4)
    names = ("best pitch", "round robin", "like", "random", "as it is", "nearest", "transposed", "following bends",
             "steering", "circle and spiral", "through and wander", "polyphony", "fades and loops", "rings or stops",
             "velocities")  # fmt: skip
    at: dict[str, float] = {}
    for scene, name in enumerate(names):
        at[name] = SCENE * scene
        sheet.mark(at[name], name)
        sheet.word(at[name], name)
    five = (62, 65, 67, 69, 74)

    for channel, (part, named) in enumerate((("Best", "best pitch"), ("Robin", "round robin"), ("Like", "like"),
                                             ("Random", "random"), ("Plain", "as it is"), ("Nearest", "nearest"),
                                             ("Transposed", "transposed"))):  # fmt: skip
        voice = sheet.part(part, channel)
        for step, pitch in enumerate(five):
            voice.note(at[named] + step, pitch, 0.9, 84)

    bent = sheet.part("Bent", 7)
    bent.bend_range(12)
    bent.note(at["following bends"], 62, 5.0, 90)
    for step in range(33):
        wheel = round(8191 * 7 / 12 * min(1.0, step / 16) * (1.0 if step <= 24 else (32 - step) / 8))
        bent.bend(at["following bends"] + 0.5 + step / 8, wheel)

    bent.ramp(1, (at["following bends"] + 1, 0), (at["following bends"] + 4, 80))

    steered = sheet.part("Steered", 8)
    begin = at["steering"]
    steered.ramp(20, (begin, 0), (begin + 6, 127), steps_per_beat=8)
    steered.ramp(21, (begin, 0), (begin + 3, 110), steps_per_beat=8)
    steered.ramp(21, (begin + 3, 110), (begin + 6, 0), steps_per_beat=8)
    steered.ramp(22, (begin, 16), (begin + 6, 80), steps_per_beat=8)
    steered.note(begin, 60, 5.5, 90)
    steered.control(64, 0.0, 127)
    steered.note(begin + 5.6, 60, 0.1, 60)
    steered.control(64, begin + 6.5, 0)

    panned = sheet.part("Panned", 15)
    panned.ramp(10, (begin, 127), (begin + 6, 0))
    panned.program(14)
    for step in range(6):
        panned.note(begin + step, 69, 0.5, 70)

    mover = sheet.part("Movers", 10)
    for named, first in (("circle and spiral", 60), ("through and wander", 62)):
        for step in range(2):
            mover.note(at[named] + 3 * step, first + step, 2.8, 84)

    many = sheet.part("Many", 11)
    for step in range(24):
        many.note(at["polyphony"] + step / 4, five[step % 5] - 12 * (step % 2), 3.0, 70 + step)

    bed = sheet.part("Bed", 12)
    bed.ramp(7, (at["fades and loops"], 60), (at["fades and loops"] + 5, 120))
    bed.note(at["fades and loops"], 60, 5.5, 90)

    for channel, (part, pitch) in ((13, ("Rings", 74)), (14, ("Stops", 74))):
        voice = sheet.part(part, channel)
        start = at["rings or stops"] + (0.0 if part == "Rings" else 3.0)
        voice.note(start, pitch, 0.5, 92)

    layers = sheet.part("Layers", 9)
    for step, velocity in enumerate((24, 48, 72, 96, 120, 127)):
        layers.note(at["velocities"] + step, 45, 0.9, velocity)
    return sheet.midi()

"""Quiet courtyard: for one exhibit, a bronze bell behind glass. Long pauses; nothing ever asks for attention twice."""

from __future__ import annotations

import mido

from scores.sheet import Sheet

LENGTH = 96.0
"""Beats, and seconds: the piece goes round without a seam, wind at both ends."""


def score() -> mido.MidiFile:
    """A minute and a half."""
    sheet = Sheet("Quiet courtyard 静院")
    sheet.tempo(0.0, 60.0)
    sheet.mark(0.0, "Wind 风")
    sheet.mark(30.0, "The bell 钟")
    sheet.mark(66.0, "Wind again 又风")
    wind = sheet.part("Wind", 0)
    for start, stop in (
        ((0.0, 20), (20.0, 96)),
        ((20.0, 96), (44.0, 56)),
        ((44.0, 56), (70.0, 100)),
        ((70.0, 100), (96.0, 20)),
    ):
        wind.ramp(11, start, stop, steps_per_beat=12)
    wind.note(0.0, 60, LENGTH, 70)
    bell = sheet.part("Bell", 1)
    for at, pitch, velocity in ((12.0, 62, 58), (30.0, 62, 74), (37.0, 69, 62), (46.0, 57, 70), (58.0, 65, 60),
                                (76.0, 62, 54)):  # fmt: skip
        bell.note(at, pitch, 6.0, velocity)
    qin = sheet.part("Qin", 2)
    qin.line(20.0, ((50, 2.0), (57, 4.0)), 58)
    qin.line(50.0, ((62, 1.0), (60, 1.0), (57, 3.0)), 56)
    qin.line(82.0, ((57, 2.0), (50, 5.0)), 52)
    gate = sheet.part("Gate", 3)
    gate.note(41.0, 36, 3.0, 50)
    gate.note(71.0, 38, 2.0, 46)
    return sheet.midi()

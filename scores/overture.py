"""The gates open: an overture for gates, wind and bronze.

Four scenes of one morning. Before dawn the wind is alone with a far bell; the gates are unbolted and swing open; bells,
stones and drums gather until the whole palace sounds; the gates close again and the wind stays.
"""

from __future__ import annotations

from itertools import pairwise

import mido

from scores.sheet import Sheet, Voice

CREAK, HINGE, BOLT, KNOCK, SLAM, CHAIN = 36, 38, 40, 42, 43, 45
"""Notes of the part Gates: what each plays is in the piece."""
OPENING, RISE, CLOSING, END = 36.0, 72.0, 142.0, 174.0
"""Beats where the scenes begin, and where the last one ends."""


def score() -> mido.MidiFile:
    """The whole overture: 36 s, 36 s, 50 s and 32 s."""
    sheet = Sheet("The gates open 开门")
    for at, bpm in ((0.0, 60.0), (RISE, 76.0), (RISE + 16.0, 84.0), (RISE + 48.0, 92.0), (CLOSING, 60.0)):
        sheet.tempo(at, bpm)
    sheet.metre(0.0, 4, 4)
    for at, name in ((0.0, "Before dawn 破晓之前"), (OPENING, "The gates open 开门"),
                     (RISE, "The palace wakes 宫城醒来"), (CLOSING, "The gates close 关门")):  # fmt: skip
        sheet.mark(at, name)
    winds(sheet)
    gates(sheet.part("Gates", 0))
    temple_bell(sheet.part("Temple bell", 1))
    bells(sheet.part("Bells", 2))
    stones(sheet.part("Stones", 3))
    drums(sheet.part("Great drum", 4))
    wood(sheet.part("Wood", 5))
    gongs(sheet.part("Gongs", 6))
    qin(sheet.part("Qin", 7))
    xiao(sheet.part("Xiao", 8))
    return sheet.midi()


def winds(sheet: Sheet) -> None:
    """Four winds; expression (11) makes them come and go."""
    trees = sheet.part("Trees", 10)
    swell(trees, ((0, 0), (8, 84), (30, 96), (48, 70), (72, 60), (120, 96), (138, 112), (150, 70), (166, 84), (174, 0)))
    trees.note(0.0, 60, 174.0, 84)
    eaves = sheet.part("Eaves", 11)
    swell(
        eaves, ((4, 0), (14, 90), (24, 60), (36, 100), (52, 40), (90, 50), (136, 118), (144, 84), (160, 96), (174, 0))
    )
    eaves.note(4.0, 60, 170.0, 84)
    crack = sheet.part("Crack", 12)
    swell(crack, ((12, 0), (20, 90), (34, 30), (35, 0)))
    crack.note(12.0, 60, 23.0, 76)
    swell(crack, ((150, 0), (158, 92), (168, 50), (174, 0)))
    crack.note(150.0, 60, 24.0, 76)
    storm = sheet.part("Storm", 13)
    swell(storm, ((96, 0), (118, 80), (136, 122), (141, 127), (143, 60), (152, 0)))
    storm.note(96.0, 60, 56.0, 96)


def swell(voice: Voice, points: tuple[tuple[int, int], ...]) -> None:
    """Expression through (beat, value) points."""
    for start, stop in pairwise(points):
        voice.ramp(11, start, stop, steps_per_beat=12)


def gates(voice: Voice) -> None:
    """Knocks, bolt, creaks, slams, in the order of a morning and of an evening; in the rise, a rhythm of their own."""
    for at, velocity in ((16.0, 70), (17.0, 76), (18.0, 84)):
        voice.note(at, KNOCK, 0.5, velocity)
    for at, what, velocity in ((24.0, CHAIN, 70), (28.0, BOLT, 88), (31.5, BOLT, 80), (34.0, CREAK, 92),
                               (37.0, HINGE, 80), (40.5, CREAK, 104), (46.0, CREAK, 96), (53.0, HINGE, 84),
                               (60.0, CREAK, 90), (68.0, SLAM, 78)):  # fmt: skip
        voice.note(at, what, 2.0, velocity)
    for bar in range(16):
        at = RISE + 4.0 * bar
        if bar % 4 == 3:
            voice.line(at + 2.0, ((KNOCK, 0.5), (KNOCK, 0.5), (KNOCK, 1.0)), 66 + 3 * bar)
        elif bar >= 4:
            voice.note(at + 1.5, KNOCK, 0.5, 60 + 3 * bar)
        if bar in (2, 6, 9, 12):
            voice.note(at + 3.0, HINGE if bar % 4 else CREAK, 1.0, 84 + 2 * bar)
    for at in (RISE + 32.0, RISE + 48.0, RISE + 56.0, CLOSING - 2.0):
        voice.note(at, SLAM, 2.0, round(80 + 0.5 * (at - RISE)))
    for at, what, velocity in ((148.0, CREAK, 88), (153.0, CREAK, 80), (159.0, SLAM, 92), (163.0, BOLT, 78),
                               (165.0, CHAIN, 60)):  # fmt: skip
        voice.note(at, what, 2.0, velocity)


def temple_bell(voice: Voice) -> None:
    """It counts the scenes."""
    for at, velocity in ((6.0, 66), (20.0, 74), (36.0, 92), (54.0, 84), (72.0, 96), (88.0, 92), (104.0, 100),
                         (120.0, 108), (136.0, 112), (142.0, 122), (155.0, 82), (168.0, 60)):  # fmt: skip
        voice.note(at, 38, 8.0, velocity)


CALL = ((69, 1.0), (74, 1.0), (72, 0.5), (69, 0.5), (67, 1.0), (69, 2.0))
ANSWER = ((62, 1.0), (65, 1.0), (67, 1.0), (62, 3.0))


def bells(voice: Voice) -> None:
    """A call and its answer, then both at once, then all of them at double speed."""
    voice.line(39.0, CALL, 76)
    voice.line(47.0, ANSWER, 78)
    voice.line(55.0, CALL, 84)
    voice.line(62.0, ((74, 0.5), (77, 0.5), (79, 1.0), (77, 0.5), (74, 0.5), (72, 2.0)), 82)
    for turn in range(8):
        at, louder = RISE + 8.0 * turn, 3 * turn
        voice.line(at, ANSWER, 82 + louder)
        if turn >= 1:
            voice.line(at + 1.0, CALL, 72 + louder)
        if turn >= 3:
            voice.line(at + 0.5, ((50, 2.0), (57, 2.0), (55, 2.0), (50, 1.5)), 80 + louder)
        if turn >= 5:
            tones = (74, 77, 79, 77, 74, 72, 69, 72) * 2
            voice.line(at, tuple((tone, 0.5) for tone in tones), 66 + louder, swell=1)
    voice.line(
        CLOSING - 6.0, tuple((tone, 0.5) for tone in (62, 65, 67, 69, 72, 74, 77, 79, 81, 79, 81, 84)), 92, swell=2
    )
    for pitch in (50, 57, 62, 69, 74):
        voice.note(CLOSING, pitch, 8.0, 112)
    voice.line(150.0, ((74, 2.0), (72, 2.0), (69, 3.0), (67, 2.0), (62, 4.0)), 70, swell=-3)
    voice.note(170.0, 74, 4.0, 50)


def stones(voice: Voice) -> None:
    """Stone chimes: drops of light above."""
    for at, pitch in ((43.5, 81), (45.0, 86), (51.0, 79), (58.5, 81), (59.5, 84), (66.0, 86), (67.0, 81)):
        voice.note(at, pitch, 1.0, 70)
    pattern = (74, 79, 81, 86, 84, 81, 79, 81)
    for bar in range(4, 17):
        at = RISE + 4.0 * bar
        for step, pitch in enumerate(pattern):
            if (step * 3 + bar) % 5 < 2 + bar // 6:
                voice.note(at + 0.5 * step, pitch, 0.5, 58 + 2 * bar)
    for at, pitch in ((151.5, 86), (157.0, 84), (162.0, 81), (171.5, 86)):
        voice.note(at, pitch, 1.0, 58)


def drums(voice: Voice) -> None:
    """A heart that beats faster until everything falls silent."""
    for at in (42.0, 50.0, 58.0, 64.0, 66.0, 70.0):
        voice.note(at, 40, 1.0, 70)
        voice.note(at + 0.6, 40, 1.0, 56)
    for bar in range(16):
        at, louder = RISE + 4.0 * bar, 2 * bar
        voice.note(at, 40, 1.0, 84 + louder)
        voice.note(at + 2.5, 40, 1.0, 70 + louder)
        if bar >= 4:
            voice.line(at + 3.0, ((40, 0.5), (43, 0.5)), 66 + louder)
        if bar >= 8:
            voice.line(at + 0.75, ((43, 0.75), (40, 0.5)), 70 + louder)
        if bar >= 12:
            voice.line(at + 1.5, ((43, 0.25),) * 4, 68 + louder, swell=2)
    voice.line(CLOSING - 6.0, ((40, 0.5),) * 4 + ((43, 0.25),) * 8 + ((40, 0.125),) * 14, 80, swell=1)
    voice.note(CLOSING, 40, 2.0, 126)
    for at, velocity in ((146.0, 76), (149.0, 66), (154.0, 56), (161.0, 48)):
        voice.note(at, 40, 2.0, velocity)


def wood(voice: Voice) -> None:
    """The watchman's clappers, then a pulse that never quite settles."""
    for at in (10.0, 10.5, 26.0, 26.5, 27.0):
        voice.note(at, 76, 0.25, 60)
    for bar in range(2, 16):
        for step in range(8):
            if (step * 5 + bar * 3) % 8 < 2 + bar // 4:
                voice.note(RISE + 4.0 * bar + 0.5 * step, 76 if step % 2 else 72, 0.25, 54 + 3 * bar + 4 * (step == 0))
    for at in (164.0, 164.5, 166.0):
        voice.note(at, 72, 0.25, 48)


def gongs(voice: Voice) -> None:
    """Great gong (48) at the turns; opera gongs (72) glide in the rise."""
    for at, velocity in ((35.5, 70), (RISE, 78), (RISE + 32.0, 90), (RISE + 64.0, 104), (CLOSING, 122), (158.0, 64)):
        voice.note(at, 48, 8.0, velocity)
    for bar in range(5, 16):
        if bar % 2 or bar > 11:
            voice.note(RISE + 4.0 * bar + 3.5, 72, 1.0, 62 + 2 * bar)
        if bar > 9:
            voice.note(RISE + 4.0 * bar + 1.75, 74, 0.5, 58 + 2 * bar)


def qin(voice: Voice) -> None:
    """Close to the listener: the one who remembers."""
    voice.line(22.0, ((38, 2.5), (45, 1.5), (50, 3.0)), 64)
    voice.line(44.0, ((50, 1.0), (53, 1.0), (57, 2.0), (55, 2.0), (50, 3.0)), 72)
    voice.line(61.0, ((57, 0.5), (60, 0.5), (62, 1.5), (60, 0.5), (57, 1.0), (55, 1.0), (50, 3.0)), 74)
    voice.line(147.0, ((62, 2.0), (60, 1.0), (57, 2.0), (55, 1.0), (53, 1.0), (50, 4.0)), 72, swell=-2)
    voice.line(163.0, ((45, 2.0), (38, 5.0)), 60)


def xiao(voice: Voice) -> None:
    """It sings once before the crowd comes and once when it has gone."""
    voice.line(49.0, ((69, 2.0), (72, 1.0), (74, 3.0), (72, 1.0), (69, 1.0), (67, 3.0)), 72)
    voice.line(63.0, ((74, 1.5), (77, 0.5), (74, 1.0), (72, 1.0), (69, 4.0)), 76)
    voice.line(152.0, ((74, 3.0), (72, 1.0), (69, 3.0), (67, 1.0), (65, 2.0), (62, 6.0)), 70)

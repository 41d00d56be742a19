"""When things sound: scores, notes, tempo, and the MIDI files they come from.

Nothing here knows about recordings or space; ticks become seconds in `clock` and nowhere else.
"""

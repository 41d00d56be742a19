"""From an arrangement to files: the mix, its master, its check, its pictures and its credits.

Nothing here decides what sounds; it pulls the engine as fast as it can.
"""

"""Who plays what, when and where: casts, events, and the arrangement they make.

Nothing here touches audio samples; everything is seconds, metres and decibels.
"""

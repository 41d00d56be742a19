"""Where sounds are: places, paths, loudspeaker layouts, rooms, and the panners between them.

Nothing here knows about recordings, beats or audio samples: a panner turns points into gains.
"""

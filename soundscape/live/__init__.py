"""To loudspeakers, now: the engine as the callback of a device, and the people who play it.

Nothing here arranges, pans or writes mixes; a performance can be written down as a journal and rendered again.
"""

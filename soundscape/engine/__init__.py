"""Sound, quantum by quantum: plans become voices, voices become samples.

Nothing here touches a device, a file, a clock or the network; numba lives only here.
"""

"""Sound as arrays and as files: reading, writing, resampling, loudness, and the pool of decoded takes.

Nothing here knows what a sound is of, where it stands or when it is played.
"""

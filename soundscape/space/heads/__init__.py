"""Heads: what two ears hear of a sound from each direction, and the filters that make headphones sound so.

A head is measured and comes from a SOFA file, or it is calculated. Nothing here plays; the engine convolves.
"""

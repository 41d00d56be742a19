"""How recordings come to be in the catalogue: hearing, cutting, tagging, measuring.

Nothing here plays or places a sound.
"""

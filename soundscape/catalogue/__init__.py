"""What we have: recordings, segments, their tags and features, and how to find them.

Nothing here listens to audio; `analysis` does, and hands over values that `store` keeps.
"""

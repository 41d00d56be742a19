"""A bell keeps its pitch, and a qin comes to its partials: a piece in the scale of what was recorded."""

from dataclasses import replace
from pathlib import Path

import soundscape as sc

PIECE = """
[piece]
title = "Courtyard, tuned to its bell"
score = "courtyard.mid"
room = "courtyard"
tune = "objects"

[[role]]
name = "bell"
part = "Bell"
wants = '"bell_temple"'
path = { at = [0, 10, 3] }

[[role]]
name = "qin"
part = "Qin"
wants = '"silk_qin" and not "slides"'
path = { at = [-60, 0, 3] }
"""

catalogue = sc.ingest([sc.shipped("recordings")], "tuned.catalogue").open()
Path("courtyard.mid").write_bytes((sc.shipped("scores") / "quiet_courtyard.mid").read_bytes())
Path("courtyard.toml").write_text(PIECE)
piece = sc.load_piece(Path("courtyard.toml"))
score = sc.read_score(piece.score)

tuned = sc.arrange(score, piece, catalogue)
for hz, whose in tuned.arrangement.tuning:
    print(f"{hz:8.1f} Hz: {whose}")
for choice in [choice for choice in tuned.choices if choice.role == "qin"][:4]:
    print(f"{choice.note.start_s:6.1f} s: {choice.treatment}")

stereo, pool = sc.load_layout("stereo"), sc.Pool(Path("cache"))
equal = sc.arrange(score, replace(piece, tune="equal"), catalogue)
for name, arranged in (("tuned", tuned), ("equal", equal)):
    mix = sc.render(arranged.arrangement, Path(f"{name}.wav"), layout=stereo, pool=pool)
    print(f"{mix.path}: {mix.loudness.integrated_lufs:.1f} LUFS")

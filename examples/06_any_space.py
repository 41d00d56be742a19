"""One piece in many spaces: loudspeakers, headphones, a sound field to turn later, and the museum's own hall."""

from dataclasses import replace
from pathlib import Path

import soundscape as sc

catalogue = sc.ingest([sc.shipped("recordings")], "space.catalogue").open()
piece = sc.load_piece(sc.shipped("scores") / "etude.toml")
arranged = sc.arrange(sc.read_score(piece.score), piece, catalogue, seed=piece.seed)
opening = arranged.arrangement.between(0.0, 6.0)
pool = sc.Pool(Path("cache"))

hall = sc.room_from_table({"base": "hall", "rt60_s": [3.0, 2.6, 1.4], "walls": [0.9, 0.9, 0.8, 0.8, 0.7, 0.9]})
in_the_hall = replace(opening, room=hall)
for name in ("5.1.4", "headphones", "ambix-3"):
    mix = sc.render(in_the_hall, Path(f"etude-{name}.wav"), layout=sc.load_layout(name), pool=pool)
    print(f"{mix.path}: {mix.layout.n_channels} channels at {mix.loudness.integrated_lufs:.1f} LUFS")

walking = sc.renderer_for(sc.load_layout("dome16"), "dbap")
print(sc.render(opening, Path("etude-walk.wav"), layout=walking, pool=pool).path)

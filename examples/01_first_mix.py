"""The shortest way from recordings and a score to a concert mix."""

from pathlib import Path

import soundscape as sc

catalogue = sc.ingest([sc.shipped("recordings")], "first.catalogue").open()
piece = sc.load_piece(sc.shipped("scores") / "overture.toml")
arranged = sc.arrange(sc.read_score(piece.score), piece, catalogue, seed=piece.seed)
opening = arranged.arrangement.between(0.0, 20.0)
mix = sc.render(opening, Path("first_mix.wav"), layout=sc.load_layout("stereo"), pool=sc.Pool(Path("cache")))
print(f"{mix.path}: {mix.duration_s:.1f} s at {mix.loudness.integrated_lufs:.1f} LUFS")
